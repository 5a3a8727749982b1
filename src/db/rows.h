/* How a driver makes the image of a row, cell by cell. */
#ifndef CANARY_DB_ROWS_IMAGE_H
#define CANARY_DB_ROWS_IMAGE_H

#include "db/db_rows.h"
#include "db/driver.h"

struct rows_image {
    struct sha256 hash;
    uint8_t buffer[1024]; /* small pieces are gathered: the hash works on 64 bytes at a time */
    size_t n;
};

void rows_image_begin(struct rows_image *image, const char *table);
void rows_image_cell(struct rows_image *image, const struct db_cell *cell);
void rows_image_end(struct rows_image *image, uint8_t hash_out[SHA256_SIZE]);

#endif
