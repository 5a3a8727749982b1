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
/* Of the row that a statement of c->db stands at, all its columns. ERR_LIMIT: memory was out. */
MUST enum err rows_image_hash(struct ctx *c, const char *table, struct db_prepared *p,
                              uint8_t hash_out[SHA256_SIZE]);

#endif
