#include "db/pg_rows.h"
#include "db/rows.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

uint64_t pg_read(const uint8_t *bytes, int n) {
    uint64_t value = 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

void pg_write(uint64_t value, int n, uint8_t *bytes_out) {
    for (int i = n - 1; i >= 0; i--, value >>= 8)
        bytes_out[i] = (uint8_t)value;
}

/* Digits of 10,000, the highest first; `weight` is the power of the first. Sums of whole numbers come so. */
static bool numeric_cell(const uint8_t *bytes, size_t n, struct db_cell *cell_out) {
    if (n < 8) return false;
    int digits = (int16_t)pg_read(bytes, 2), weight = (int16_t)pg_read(bytes + 2, 2);
    bool is_negative = pg_read(bytes + 4, 2) == 0x4000, fits = digits <= weight + 1;
    if (n < 8 + 2 * (size_t)digits || (pg_read(bytes + 4, 2) & 0x8000)) return false; /* NaN, infinities */
    int64_t whole = 0;
    double real = 0;
    for (int i = 0; i < digits || (fits && i <= weight); i++) {
        int64_t digit = i < digits ? (int64_t)pg_read(bytes + 8 + 2 * i, 2) : 0;
        real += (double)digit * pow(10000, weight - i);
        fits = fits && !__builtin_mul_overflow(whole, 10000, &whole) &&
               !__builtin_sub_overflow(whole, digit, &whole); /* below zero: there is one number more */
    }
    fits = fits && (is_negative || whole != INT64_MIN);
    *cell_out = fits ? (struct db_cell){.type = CELL_INT, .integer = is_negative ? whole : -whole}
                     : (struct db_cell){.type = CELL_REAL, .real = is_negative ? -real : real};
    return true;
}

static void real_cell(const uint8_t *bytes, struct db_cell *cell_out) {
    uint64_t bits = pg_read(bytes, 8);
    cell_out->type = CELL_REAL;
    memcpy(&cell_out->real, &bits, sizeof bits);
}

static bool whole_cell(const uint8_t *bytes, int n, struct db_cell *cell_out) {
    int unused = 64 - 8 * n;
    cell_out->type = CELL_INT;
    cell_out->integer = (int64_t)(pg_read(bytes, n) << unused) >> unused; /* with its sign */
    return true;
}

bool pg_cell(uint32_t type, const void *bytes, size_t n, struct db_cell *cell_out) {
    *cell_out = (struct db_cell){.type = CELL_NULL};
    switch (type) {
    case PG_BOOL:
        cell_out->type = CELL_INT;
        cell_out->integer = *(const uint8_t *)bytes;
        return true;
    case PG_INT2:
    case PG_INT4:
    case PG_INT8:
        return whole_cell(bytes, (int)n, cell_out);
    case PG_FLOAT8:
        real_cell(bytes, cell_out);
        return true;
    case PG_NUMERIC:
        return numeric_cell(bytes, n, cell_out);
    case PG_BYTEA:
    case PG_NAME:
    case PG_TEXT:
    case PG_UNKNOWN:
    case PG_VARCHAR:
        *cell_out = (struct db_cell){.type = type == PG_BYTEA ? CELL_BLOB : CELL_TEXT, .at = bytes, .n = n};
        return true;
    default:
        return false;
    }
}

/* ---- rows ---- */

/* record_send: the number of columns, then of each its type, its length (all ones: null) and its bytes. */
static bool hash_record(const char *table, const uint8_t *at, size_t n, uint8_t hash_out[SHA256_SIZE]) {
    const uint8_t *end = at + n;
    struct rows_image image;
    rows_image_begin(&image, table);
    if (n < 4) return false;
    uint64_t columns = pg_read(at, 4);
    at += 4;
    for (; columns > 0; columns--) {
        struct db_cell cell = {.type = CELL_NULL};
        if (end - at < 8) return false;
        uint64_t type = pg_read(at, 4), length = pg_read(at + 4, 4);
        bool is_null = length == UINT32_MAX;
        at += 8;
        if (!is_null && length > (size_t)(end - at)) return false;
        if (!is_null && !pg_cell((uint32_t)type, at, length, &cell)) return false;
        rows_image_cell(&image, &cell);
        at += is_null ? 0 : length;
    }
    rows_image_end(&image, hash_out);
    return at == end;
}

static int digit(char letter) {
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : letter - '0';
}

static void unhex(const char *hex, size_t n, uint8_t *bytes_out) {
    for (size_t i = 0; i < n; i++)
        bytes_out[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

static bool add_record(struct db_pending *pending, const char *hex, size_t n, bool gone) {
    uint8_t key[DB_ROWS_KEY], hash[SHA256_SIZE];
    if (n == 0) return true;
    uint8_t *record = malloc(n / 2 + 1);
    if (record) unhex(hex, n / 2, record);
    bool ok = record && hash_record(pending->table, record, n / 2, hash);
    free(record);
    if (!ok) return false;
    db_rows_key(pending->table, key);
    db_rows_add_row(&pending->rows, key, hash, gone);
    return true;
}

void pg_rows_told(struct db_pending *pending, const char *message) {
    size_t name = strcspn(message, " ");
    const char *before = message + name + (message[name] != 0);
    size_t n = strcspn(before, " ");
    const char *after = before + n + (before[n] != 0);
    snprintf(pending->table, sizeof pending->table, "%.*s", (int)name, message);
    if (!add_record(pending, before, n, true) || !add_record(pending, after, strlen(after), false))
        pending->failed = true;
}
