#include "db/db_rows.h"
#include "base/log.h"
#include "db/driver.h"
#include "db/rows.h"
#include <endian.h>
#include <string.h>

/* ---- numbers of 256 bits ---- */

static void add_256(uint64_t sum[4], const uint64_t more[4]) {
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t part = sum[i] + carry;
        carry = part < carry;
        sum[i] = part + more[i];
        carry += sum[i] < part;
    }
}

/* -x is not(x) + 1. */
static void negate_256(uint64_t of[4]) {
    static const uint64_t ONE[4] = {1, 0, 0, 0};
    for (int i = 0; i < 4; i++)
        of[i] = ~of[i];
    add_256(of, ONE);
}

static uint64_t read_64(const uint8_t bytes[8]) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return le64toh(value);
}

static void write_64(uint64_t value, uint8_t bytes_out[8]) {
    value = htole64(value);
    memcpy(bytes_out, &value, sizeof value);
}

#define SHORT_FORM 1

/* ---- sums ---- */

static uint16_t *table_of(struct db_rows *rows, const uint8_t key[DB_ROWS_KEY]) {
    size_t at = 0;
    while (at < rows->tables && memcmp(rows->table[at].key, key, DB_ROWS_KEY) < 0)
        at++;
    if (at < rows->tables && memcmp(rows->table[at].key, key, DB_ROWS_KEY) == 0) return &rows->table[at].sum;
    REQUIRE(rows->tables < DB_ROWS_TABLES);
    memmove(&rows->table[at + 1], &rows->table[at], (rows->tables - at) * sizeof rows->table[0]);
    rows->tables++;
    memcpy(rows->table[at].key, key, DB_ROWS_KEY);
    rows->table[at].sum = 0;
    return &rows->table[at].sum;
}

/* The lowest bits of a sum are the sum of the lowest bits. */
static void add_table(struct db_rows *rows, const uint8_t key[DB_ROWS_KEY], uint64_t number) {
    uint16_t *sum = table_of(rows, key);
    *sum = (uint16_t)(*sum + number);
}

void db_rows_key(const char *table, uint8_t key_out[DB_ROWS_KEY]) {
    uint8_t hash[SHA256_SIZE];
    sha256(table, strlen(table), hash);
    memcpy(key_out, hash, DB_ROWS_KEY);
}

void db_rows_add_row(struct db_rows *sum, const uint8_t key[DB_ROWS_KEY], const uint8_t hash[SHA256_SIZE],
                     bool gone) {
    uint64_t number[4];
    for (int i = 0; i < 4; i++)
        number[i] = read_64(hash + 8 * i);
    if (gone) negate_256(number);
    add_256(sum->total, number);
    add_table(sum, key, number[0]);
}

void db_rows_add(struct db_rows *sum, const struct db_rows *more) {
    add_256(sum->total, more->total);
    for (size_t i = 0; i < more->tables; i++)
        add_table(sum, more->table[i].key, more->table[i].sum);
}

void db_rows_subtract(struct db_rows *sum, const struct db_rows *less) {
    struct db_rows negative = *less;
    negate_256(negative.total);
    for (size_t i = 0; i < negative.tables; i++)
        negative.table[i].sum = (uint16_t)-negative.table[i].sum;
    db_rows_add(sum, &negative);
}

bool db_rows_is_zero(const struct db_rows *rows) {
    uint64_t any = rows->total[0] | rows->total[1] | rows->total[2] | rows->total[3];
    for (size_t i = 0; i < rows->tables; i++)
        any |= rows->table[i].sum;
    return any == 0;
}

bool db_rows_equal(const struct db_rows *a, const struct db_rows *b) {
    struct db_rows difference = *a;
    db_rows_subtract(&difference, b);
    return db_rows_is_zero(&difference);
}

/* ---- as the log keeps them ---- */

size_t db_rows_write(const struct db_rows *rows, uint8_t bytes_out[DB_ROWS_BYTES]) {
    uint8_t *at = bytes_out;
    for (int i = 0; i < 4; i++, at += 8)
        write_64(rows->total[i], at);
    *at++ = SHORT_FORM;
    for (size_t i = 0; i < rows->tables; i++) {
        if (rows->table[i].sum == 0) continue;
        memcpy(at, rows->table[i].key, DB_ROWS_KEY);
        at[DB_ROWS_KEY] = (uint8_t)rows->table[i].sum;
        at[DB_ROWS_KEY + 1] = (uint8_t)(rows->table[i].sum >> 8);
        at += DB_ROWS_PER_TABLE;
    }
    return (size_t)(at - bytes_out);
}

/* Of both forms: where the tables begin, how long each is, and where its sum begins. The older one has a
 * length that 4 divides, the other has not. */
struct form {
    size_t begin, per_table, sum_at;
};

bool db_rows_read(struct blob bytes, struct db_rows *rows_out) {
    bool is_short = bytes.n % DB_ROWS_PER_TABLE == 1;
    struct form form = is_short ? (struct form){DB_ROWS_TOTAL + 1, DB_ROWS_PER_TABLE, DB_ROWS_KEY}
                                : (struct form){DB_ROWS_TOTAL, 12, 4};
    *rows_out = (struct db_rows){0};
    if (bytes.n < form.begin || bytes.n > form.begin + DB_ROWS_TABLES * form.per_table) return false;
    if ((bytes.n - form.begin) % form.per_table != 0) return false;
    if (is_short && bytes.at[DB_ROWS_TOTAL] != SHORT_FORM) return false;
    for (int i = 0; i < 4; i++)
        rows_out->total[i] = read_64(bytes.at + 8 * i);
    for (size_t at = form.begin; at < bytes.n; at += form.per_table)
        add_table(rows_out, bytes.at + at,
                  bytes.at[at + form.sum_at] | (uint64_t)bytes.at[at + form.sum_at + 1] << 8);
    return true;
}

/* ---- images ---- */

static void flush(struct rows_image *image) {
    sha256_add(&image->hash, image->buffer, image->n);
    image->n = 0;
}

static void put(struct rows_image *image, const void *bytes, size_t n) {
    if (image->n + n > sizeof image->buffer) flush(image);
    if (n > sizeof image->buffer) {
        sha256_add(&image->hash, bytes, n);
        return;
    }
    memcpy(image->buffer + image->n, bytes, n);
    image->n += n;
}

/* A tag of one byte, the length or the number in eight, the lowest first. */
static void put_number(struct rows_image *image, char tag, uint64_t number) {
    if (sizeof image->buffer - image->n < 9) flush(image);
    image->buffer[image->n] = (uint8_t)tag;
    write_64(number, image->buffer + image->n + 1);
    image->n += 9;
}

static void put_bytes(struct rows_image *image, char tag, const void *bytes, size_t n) {
    put_number(image, tag, n);
    if (n > 0) put(image, bytes, n);
}

void rows_image_begin(struct rows_image *image, const char *table) {
    image->n = 0;
    sha256_begin(&image->hash);
    put_bytes(image, 'R', table, strlen(table));
}

void rows_image_cell(struct rows_image *image, const struct db_cell *cell) {
    uint64_t bits;
    switch (cell->type) {
    case CELL_NULL:
        put(image, "N", 1);
        return;
    case CELL_INT:
        put_number(image, 'I', (uint64_t)cell->integer);
        return;
    case CELL_REAL:
        memcpy(&bits, &cell->real, sizeof bits);
        put_number(image, 'D', bits);
        return;
    case CELL_TEXT:
        put_bytes(image, 'T', cell->at, cell->n);
        return;
    case CELL_BLOB:
        put_bytes(image, 'B', cell->at, cell->n);
        return;
    }
}

void rows_image_end(struct rows_image *image, uint8_t hash_out[SHA256_SIZE]) {
    flush(image);
    sha256_end(&image->hash, hash_out);
}

enum err rows_image_hash(struct ctx *c, const char *table, struct db_prepared *p,
                         uint8_t hash_out[SHA256_SIZE]) {
    struct rows_image image;
    rows_image_begin(&image, table);
    for (int i = 0; i < p->columns; i++) {
        struct db_cell cell;
        c->db->driver->column(c->db, p, i, &cell);
        if (cell.n > 0 && !cell.at) return FAIL(c, ERR_LIMIT, "db.memory", "the machine has no memory left");
        rows_image_cell(&image, &cell);
    }
    rows_image_end(&image, hash_out);
    return OK;
}

/* ---- of a connection ---- */

enum err db_rows_take(struct ctx *c, struct db_rows *rows_out) {
    struct db_pending *pending = c->db->driver->pending(c->db);
    TRY(db_broke(c->db, c->db->driver->gather(c, c->db)));
    *rows_out = pending->rows;
    pending->rows = (struct db_rows){0};
    return OK;
}

/* ---- of all rows that stand ---- */

#define SCAN_PROGRESS 10000 /* rows between two calls */

struct scan {
    const struct db_rows_watch *watch;
    const char *table;
    uint8_t key[DB_ROWS_KEY];
    struct db_rows sum; /* of the table */
    int64_t table_rows, rows;
};

static enum err scan_row(struct ctx *c, struct db_prepared *p, void *user) {
    struct scan *scan = user;
    uint8_t hash[SHA256_SIZE];
    TRY(rows_image_hash(c, scan->table, p, hash));
    db_rows_add_row(&scan->sum, scan->key, hash, false);
    scan->table_rows++;
    if (++scan->rows % SCAN_PROGRESS == 0 && scan->watch->progress)
        scan->watch->progress(scan->watch->user, scan->rows);
    return OK;
}

static enum err scan_table(struct ctx *c, const char *table, struct scan *scan, struct db_rows *sum_out) {
    scan->table = table;
    scan->sum = (struct db_rows){0};
    scan->table_rows = 0;
    db_rows_key(table, scan->key);
    TRY(db_scan_table(c, table, scan_row, scan));
    if (scan->watch->table) scan->watch->table(scan->watch->user, table, &scan->sum, scan->table_rows);
    db_rows_add(sum_out, &scan->sum);
    return OK;
}

/* A log whose events hold sums. */
static enum err check_log(struct ctx *c, bool *has_sums_out) {
    const struct db_stmt s = {"rows.log", "SELECT * FROM audit_event", NULL};
    const struct db_driver *driver = c->db->driver;
    struct db_prepared p;
    *has_sums_out = false;
    enum err err = driver->has_table(c, c->db, "audit_event");
    if (err != OK) return err == ERR_NOT_FOUND ? OK : err;
    TRY(driver->prepare(c, c->db, &s, &p));
    p.once = true;
    for (int i = 0; i < p.columns; i++)
        if (strcmp(driver->column_name(c->db, &p, i), "rows") == 0) *has_sums_out = true;
    driver->finalize(c->db, &p);
    return OK;
}

static enum err scan_tables(struct ctx *c, struct scan *scan, struct db_rows *sum_out) {
    struct list tables;
    bool has_sums;
    TRY(check_log(c, &has_sums));
    TRY(c->db->driver->tables(c, c->db, &tables));
    for (size_t i = 0; has_sums && i < tables.n; i++) {
        const char *table = ((const char *const *)tables.at)[i];
        if (db_rows_is_audited(table)) TRY(scan_table(c, table, scan, sum_out));
    }
    return OK;
}

enum err db_rows_scan(struct ctx *c, const struct db_rows_watch *watch, struct db_rows *sum_out) {
    static const struct db_rows_watch NOBODY;
    struct scan scan = {.watch = watch ? watch : &NOBODY};
    *sum_out = (struct db_rows){0};
    return db_broke(c->db, scan_tables(c, &scan, sum_out));
}
