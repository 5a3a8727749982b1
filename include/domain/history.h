/* Past deliveries from a spreadsheet: the mapping file that says which column is what, and a line read by it.
 * A line is its own order, delivery and commitment; what it does not state stays unknown. */
#ifndef CANARY_DOMAIN_HISTORY_H
#define CANARY_DOMAIN_HISTORY_H

#include "base/ctx.h"
#include "domain/commitment.h"

/* The columns of a line, in the order of the members of struct history_columns. */
enum history_column {
    HISTORY_REF,
    HISTORY_ORDER_REF,
    HISTORY_CUSTOMER,
    HISTORY_ITEM,
    HISTORY_QUANTITY,
    HISTORY_PROMISED,
    HISTORY_DELIVERED,
    HISTORY_RECORDED,
    HISTORY_WINDOW_FROM,
    HISTORY_WINDOW_TO,
    HISTORY_DELIVERED_TIME,
    HISTORY_COLUMNS
};

/* Names of the file's header. */
struct history_columns {
    const char *ref, *order_ref, *customer, *item, *quantity, *promised, *delivered, *recorded;
    const char *window_from, *window_to, *delivered_time;
};

struct history_depot {
    const char *code, *name, *timezone; /* name: the code unless told; made when the code is not known */
};

struct history_map {
    const char *source; /* one spreadsheet: a line's id is taken once in it */
    const struct history_depot *depot;
    const struct history_columns *columns;
    const char *date_format; /* date_parse_as; %Y-%m-%d unless told */
};
extern const struct shape history_map_shape;

/* The header name of a column; NULL when the file has none for it. */
const char *history_column_name(const struct history_map *map, enum history_column column);
/* Fills defaults; a fault item for each thing that decoding cannot see: unknown time zone, a date format
 * that does not name day, month and year, one column for two things. */
void history_map_judge(struct ctx *c, struct history_map *map);

/* A line as it was read. Dates are day numbers. */
struct history_row {
    struct id order_id;
    const char *source, *ref, *order_ref, *item;
    int64_t quantity;
    int64_t recorded_on;
    const char *customer;
    int64_t promised_on, from_min, to_min; /* 00:00–24:00 when the file has no windows */
    int64_t delivered_on;                  /* NONE: not delivered */
    int64_t completed_at;                  /* a date without a time is 12:00; not after the import */
};
extern const struct shape history_row_shape;

/* Reads a line from its cells (NULL: no such column; "": not stated). ERR_INVALID with a fault item for each
 * cell that cannot be read or does not belong to the past at c->now, its pointer the header name. */
MUST enum err history_read(struct ctx *c, const struct history_map *map,
                           const char *const cell[HISTORY_COLUMNS], struct history_row *row_out);

/* Why the line cannot be true, as a sentence with its dates; NULL when it can. `today`: at the depot. */
const char *history_impossible(struct arena *arena, const struct history_row *row, int64_t today);

/* The columns in which a line differs from what was brought in before, as bits (1 << column). stored: its
 * customer is the code. */
unsigned history_difference(struct arena *arena, const struct history_row *row,
                            const struct history_row *stored, const char *timezone);

/* Fills the commitment: one promise, by us, of the line's window; stated 0; completed or failed. The caller
 * fills ids. received_at: the day it was recorded, `now` when that is not stated. */
void history_commit(struct commitment *row, const struct rules *rules, const char *timezone,
                    const struct history_row *line, int64_t now);

/* A code from a name: "Côte d'Ivoire" → "COTE-D-IVOIRE"; the n-th choice (from 2 on) ends in "-n". At most
 * LIMIT_CODE bytes. NULL when the arena is full or the name is no UTF-8. */
const char *history_customer_code(struct arena *arena, const char *name, int choice);
/* The same name, case, accents and spaces aside. */
bool history_same_name(struct arena *arena, const char *a, const char *b);

#endif
