/* canary-volume: a database as large as years of work, written directly. What stands in it is computed from a
 * number: order i of patient p, due on day d, is always the same, so that nothing has to be remembered
 * between the day it is planned and the day it is delivered. One thread computes rows, their sums and the
 * log; another writes them. See README.md. */
#ifndef CANARY_TOOLS_VOLUME_H
#define CANARY_TOOLS_VOLUME_H

#include "base/ctx.h"
#include "base/shape.h"
#include "base/text.h"
#include "db/driver.h"
#include "domain/commitment.h"
#include "domain/delivery.h"
#include "domain/discrepancy.h"
#include "domain/merkle.h"
#include "domain/order.h"
#include "domain/run.h"
#include "store/audit_block.h"
#include <sqlite3.h>

enum {
    CYCLE_DAYS = 30,
    LINES = 6,
    PRODUCTS = 25,
    CUSTOMERS = 200,
    DEPOT_PATIENTS = 4000, /* of a depot, at most */
    ZONES = 4,             /* of a depot */
    STOPS = 30,            /* of a run */
    WINDOWS = 2,           /* of a day: 8 to 12, 12 to 16 */
    PLAN_AHEAD = 35,       /* days before the due date: the order is opened … */
    CALL_AHEAD = 6,        /* … and the patient is called, and the delivery booked */
    COLUMNS = 64,          /* of a table, at most */
    AUDIT_WORDS = 256      /* numbers of audit_word, at most */
};

_Noreturn __attribute__((format(printf, 1, 2))) void volume_fail(const char *fmt, ...);
/* Ends the program with the fault when err is not OK. */
void volume_must(struct ctx *c, enum err err, const char *what);

/* ---- volume_world.c: places and people, through the use cases ---- */

struct volume_options {
    const char *db;
    int64_t deliveries, patients, seed, until; /* until: instant at which the history ends */
    bool late_indexes;
};

struct volume {
    struct volume_options options;
    int64_t day_orders;       /* due each day */
    int64_t days;             /* with deliveries */
    int64_t skipped;          /* orders of the first day that there are not, so that the number is exact */
    int64_t first_due, today; /* dates */
    int64_t patients, depots, drivers; /* drivers: of each depot */
    int64_t call_step, call_back;      /* calls go through a day's orders in another sequence: call_step and
                                          its inverse modulo day_orders */
    struct id *patient, *depot, *zone, *rep, *dispatcher, *driver;
    struct id customer[CUSTOMERS], product[PRODUCTS];
    int64_t events;                       /* of the log that the use cases left, … */
    struct merkle_fold fold;              /* … its leaves, … */
    struct list tail;                     /* … struct audit_row: those that no block has yet */
    struct commitment *unbooked, *booked; /* by date, and by date and window: what a fresh one looks like */
};

extern const char *const volume_timezone;

void volume_size(struct volume *v);
/* Makes the file with its schema, places and people. The history is written by volume_writer.c. */
void volume_world(struct ctx *c, struct volume *v);

/* ---- volume_sums.c: what is known only when all of it is written ---- */

void volume_sums(struct ctx *c, const struct volume *v);

/* ---- volume_table.c: rows of the schema from records of the stores ---- */

enum table {
    T_ORDER,
    T_ORDER_LINE,
    T_CONTACT,
    T_COUNT,
    T_DELIVERY,
    T_PROMISE,
    T_RUN,
    T_RUN_STOP,
    T_EVENT,
    T_EVENT_LINE,
    T_EVENT_EVIDENCE,
    T_AWAITED,
    T_EVIDENCE,
    T_PERSONAL,
    T_COMMITMENT,
    T_DISCREPANCY,
    T_DISCREPANCY_STATE,
    T_PLAN_RECEIPT,
    T_SLOT_USE,
    T_DAY_USE,
    T_AUDIT,
    T_BLOCK,
    T_PLACE,
    T_NOUN,
    T_NODE,
    TABLES
};

/* Records of tables that no store has a record for. */
struct driver_stop_row {
    struct id delivery_id, run_id, driver_id;
};
struct awaited {
    struct id event_id;
    int64_t since;
};
struct personal {
    struct id owner;
    const char *field, *value;
    struct blob salt;
};
struct found {
    struct discrepancy row;
    struct blob salt; /* beside a reason */
};
struct found_state {
    struct id discrepancy_id;
    int64_t version, at, state;
};
struct slot_use {
    struct id zone_id;
    int64_t date, from_min, to_min, stops;
};
struct day_use {
    struct id zone_id;
    int64_t date, weight_g;
};
struct audit_entry {
    int64_t seq, at, role, action, entity, entity_version; /* words by their numbers in audit_word */
    struct id actor_id, entity_id, request_id;
    const char *change;
    struct blob rows, leaf_hash;
};
struct block {
    int64_t number;
    struct blob packed;
};
struct block_place {
    struct id entity_id;
    int64_t block;
};
struct block_noun {
    int64_t entity, block; /* entity: of audit_word */
};
struct node {
    int64_t level, number;
    struct blob hash;
};

struct volume_table {
    const char *name;
    const struct shape *shape;
    uint8_t key[DB_ROWS_KEY];            /* as sums of rows have it */
    const char *column_name[COLUMNS];    /* in the schema's order */
    const struct field *column[COLUMNS]; /* NULL: a column that stays null */
    size_t columns;
};
extern struct volume_table volume_table[TABLES];

/* Reads the columns of every table. */
void volume_tables_read(sqlite3 *db);
/* The cells borrow from the record, and ids in their short form stand in `id`. */
struct volume_row {
    struct db_cell cell[COLUMNS];
    uint8_t id[COLUMNS][ID_SHORT_SIZE];
};
void volume_cells(enum table table, const void *record, struct volume_row *row_out);
void volume_hash(enum table table, const struct db_cell *cells, uint8_t hash_out[SHA256_SIZE]);

/* ---- volume_batch.c: rows on their way from one thread to the other ---- */

#define VOLUME_NO_ROW UINT32_MAX
struct volume_batch {
    uint8_t *at;
    size_t n, cap;
    uint32_t first[TABLES], last[TABLES]; /* where the rows of each begin */
};
struct volume_queue;
struct volume_queue *volume_queue_new(void);
/* Packs a row into the batch that is being filled; hands it over when it is full. */
void volume_queue_row(struct volume_queue *queue, enum table table, const struct db_cell *cells);
/* No more rows will come. */
void volume_queue_end(struct volume_queue *queue);
/* The next full batch, NULL at the end. The one given before is free again. */
const struct volume_batch *volume_queue_next(struct volume_queue *queue);
/* The row of a table at *row, which becomes the next one of it; first[table] is the first. false: *row is
 * VOLUME_NO_ROW. Texts and bytes stand in the batch. */
bool volume_batch_row(const struct volume_batch *batch, enum table table, uint32_t *row,
                      struct db_cell cells_out[COLUMNS]);
void volume_queue_free(struct volume_queue **queue);

/* ---- volume_writer.c: the thread that writes ---- */

struct volume_writer;
struct volume_writer *volume_writer_start(const struct volume_options *o, struct volume_queue *queue);
/* Waits until everything is on disk. */
void volume_writer_end(struct volume_writer **writer);

/* ---- volume_index.c: indexes that are made at the end ---- */

struct volume_indexes;
struct volume_indexes *volume_indexes_drop(sqlite3 *db);
void volume_indexes_make(sqlite3 *db, struct volume_indexes **indexes);

/* ---- volume_log.c: units of work and their audit events ---- */

struct volume_log {
    const struct volume *v;
    struct volume_queue *queue;
    struct arena *arena; /* of one unit */
    struct ctx c;        /* for changes as JSON: arena and nothing else */
    struct db_rows rows; /* of the unit so far */
    struct text canonical;
    struct arena *canonical_arena;
    struct merkle_fold fold;
    int64_t seq;
    struct volume_block *block;
    const char *word[AUDIT_WORDS]; /* by their numbers; NULL: no word has it */
};

/* Takes up the log where the use cases left it; db: to read the words from. */
void volume_log_begin(struct volume_log *log, const struct volume *v, struct volume_queue *queue,
                      sqlite3 *db);
/* Queues the last events. */
void volume_log_end(struct volume_log *log);
void volume_log_free(struct volume_log *log);
/* An event as a row of its own. */
void volume_log_row(struct volume_log *log, const struct audit_row *row);
/* Its number in audit_word; one that is none ends the program. */
int64_t volume_word(const struct volume_log *log, const char *word);
/* A row as it ends up in the file … */
void volume_write(struct volume_log *log, enum table table, const void *record);
/* … as a unit has left it, … */
void volume_now(struct volume_log *log, enum table table, const void *record);
/* … as it has found it, … */
void volume_was(struct volume_log *log, enum table table, const void *record);
/* … and one that is never changed afterwards: volume_write and volume_now. */
void volume_put(struct volume_log *log, enum table table, const void *record);

struct volume_event {
    int64_t at, role; /* enum role */
    struct id actor;
    const char *action, *entity;
    struct id id;
    int64_t version;
    const char *change;
};
/* Ends the unit. */
void volume_audit(struct volume_log *log, const struct volume_event *event);

/* ---- volume_block.c: events that are old when the history ends go into blocks, as app_log_pack makes them
 * ---- */

struct volume_block *volume_block_begin(const struct volume *v);
/* The next event; a copy is kept until its block is full. */
void volume_block_add(struct volume_log *log, const struct audit_row *row);
/* Writes what is left as rows. */
void volume_block_end(struct volume_log *log);
void volume_block_free(struct volume_block **block);

/* ---- volume_facts.c: what is so of order i ---- */

enum fault_kind { FAULT_NONE, FAULT_LATE, FAULT_MISSED, FAULT_SHORT, FAULT_DAMAGED, FAULT_NO_PROOF };

struct stock_kept;
/* volume_stock.c: what is counted of a line's product each month; thousandths of it that are used a day. */
int64_t volume_counted(int line);
int64_t volume_use(int line);
/* What is kept of a patient's stock when the history ends. */
void volume_stock(struct arena *arena, const struct volume *v, int64_t patient, struct stock_kept *kept_out);

/* What has happened to an order last. */
enum moment { PLANNED, CONTACTED, CONFIRMED, BOOKED, ON_RUN, DISPATCHED, FOUND_LATE, FOUND_MISSED, DROPPED };

struct facts {
    int64_t i, day, place;                  /* day: of its due date, 0 the first; place: among that day's */
    int64_t patient, depot, zone, customer; /* numbers */
    int64_t due, window;                    /* window: 0, 1 */
    int64_t from_min, to_min, starts_at, ends_at;
    enum fault_kind fault;
    int64_t run, stop; /* run: of its depot and day */
    int64_t planned_at, called_at, counted_at, confirmed_at, booked_at, late_at, missed_at, dropped_at,
        received_at, image_at;
    struct id order, delivery, event, own_event, run_id, driver;
    enum moment last; /* that there is when the history ends */
};

uint64_t volume_random(const struct volume *v, int64_t i, int64_t tag);
void volume_random_bytes(const struct volume *v, int64_t i, int64_t tag, uint8_t *bytes_out, size_t n);
/* A version 7 id of that instant; `number` tells apart, and orders, those of one millisecond. */
/* As Canary makes one: two of a table differ in the instant or in the last 8 bits of the number. */
struct id volume_id(int64_t at, int64_t number);
/* As a device makes one. */
struct id volume_device_id(const struct volume *v, int64_t at, int64_t number, int64_t tag);

int64_t volume_units(int line);
int64_t volume_accepted(const struct facts *f, int line);
struct id volume_product(const struct volume *v, int64_t patient, int line);
/* Order i exists when it is not of the first day's skipped ones. */
void volume_facts(const struct volume *v, int64_t i, struct facts *f);
/* The order that is called about as number `call` of a day. */
int64_t volume_called(const struct volume *v, int64_t call);
struct id volume_run_id(int64_t due, int64_t depot, int64_t run);
struct id volume_run_driver(const struct volume *v, int64_t due, int64_t depot, int64_t run);
const char *volume_lot(struct arena *arena, const struct facts *f, int line);

/* ---- volume_rows.c: the rows of order i after a moment ---- */

void volume_order(const struct volume *v, const struct facts *f, enum moment moment, struct order_row *row);
void volume_order_line(const struct volume *v, const struct facts *f, enum moment moment, int line,
                       struct order_line_row *row);
void volume_delivery(const struct volume *v, const struct facts *f, enum moment moment,
                     struct delivery_row *row);
void volume_commitment(const struct volume *v, const struct facts *f, enum moment moment,
                       struct commitment *row);
void volume_run(const struct volume *v, int64_t due, int64_t depot, int64_t run, int64_t version,
                struct run_row *row);

/* ---- volume_day.c and volume_drop.c: what happens ---- */

void volume_history(struct volume_log *log, void (*progress)(void *user, int64_t deliveries), void *user);
/* The drop of an order, with what the sweep found before, where it was late. */
void volume_drop(struct volume_log *log, const struct facts *f);
/* A late one becomes a missed one, and is brought at last. */
void volume_miss(struct volume_log *log, const struct facts *f);
/* Somebody looks at what was found. */
void volume_review(struct volume_log *log, const struct facts *f);

#endif
