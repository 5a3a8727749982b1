/* Runs a target over the files named: its corpus, or what a run of the fuzzer left behind. For builds without
 * the fuzzer's library. */
#include "fuzz.h"

static void run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc((size_t)1 << 20);
    HOLDS(file && bytes, "cannot read %s", path);
    size_t n = fread(bytes, 1, (size_t)1 << 20, file);
    fclose(file);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("%d inputs\n", argc - 1);
    return 0;
}
