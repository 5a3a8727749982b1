#include "cli/cli.h"
#include "db/db.h"
#include <unistd.h>

int main(int argc, char **argv) {
    db_process_begin();
    return cli_main(argc, argv, environ);
}
