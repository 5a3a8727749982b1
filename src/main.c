#include "cli/cli.h"
#include "db/db.h"
#include <malloc.h>
#include <unistd.h>

#define KEPT (16 << 20)  /* bytes that are free, for each thread */
#define MAPPED (2 << 20) /* a block of as many goes back at once: larger than an arena's largest */

/* What a request gives back is the next one's. By default the C library hands it to the kernel and asks for
 * it anew, page by page: 3 % of the time of a drop. */
static void keep_memory(void) {
    mallopt(M_TRIM_THRESHOLD, KEPT);
    mallopt(M_MMAP_THRESHOLD, MAPPED);
}

int main(int argc, char **argv) {
    keep_memory();
    db_process_begin();
    return cli_main(argc, argv, environ);
}
