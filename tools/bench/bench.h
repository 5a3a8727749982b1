/* The bench: a database of scheduled deliveries, the real server under 64 drivers, and two programs that
 * write to SQLite directly to compare it with. */
#ifndef CANARY_TOOLS_BENCH_H
#define CANARY_TOOLS_BENCH_H

#include "base/ctx.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BENCH_DRIVERS = 64,
    BENCH_CONNECTIONS = 1000, /* at most: each a session of one of the drivers */
    BENCH_OPEN = 512,         /* connections of the open loop: more than ever wait at once */
    BENCH_MANAGER = -1,       /* whose token it is, instead of a driver's */
    BENCH_ROUNDS_MAX = 32,
    BENCH_LINES = 6,   /* of a delivery */
    BENCH_STOPS = 30,  /* of a run: what a real van makes in a day */
    BENCH_ORDERS = 10, /* of a patient */
    BENCH_GROUP = 64,  /* deliveries in one commit of the programs without a server */
    BENCH_PATH = 256
};

/* ---- bench_world.c: the database before the first drop ---- */

/* Makes `path` with n deliveries, each a stop of a dispatched run of one of `drivers` (coprime with 1001),
 * their window open now for hours. */
MUST enum err bench_world(struct ctx *c, const char *path, int64_t n, int64_t drivers);
/* The bearer token of a device, of driver `device` modulo their number, or the manager's: text holds 32
 * bytes. */
const char *bench_token(int device, char *text);

/* ---- bench_plan.c: what the drivers do, read from that database ---- */

struct bench_line {
    struct id product_id;
    int64_t units;
};
struct bench_stop {
    struct id delivery_id;
    int64_t lat, lon;
    struct bench_line line[BENCH_LINES];
};
struct bench_plan {
    struct bench_stop *stop; /* driver by driver, each run by run, stop by stop */
    size_t *first, *end;     /* of each driver */
    size_t n, drivers;
};
void bench_plan_read(const char *path, size_t drivers, struct bench_plan *plan_out);
void bench_plan_free(struct bench_plan *plan);

/* ---- bench_server.c: the real program ---- */

struct bench_server {
    int pid, port;
};
/* Starts `program serve` on the database, its log in a file; returns when it listens. */
void bench_server_start(const char *program, const char *db, const char *log, struct bench_server *out);
/* SIGTERM, and waits: it must end well. */
void bench_server_stop(struct bench_server *server);

/* ---- bench_load.c: keep-alive connections, each a driver ---- */

struct bench_load;
struct bench_load *bench_load_open(const struct bench_plan *plan, int port);
/* Drives on the first so many connections for `seconds`, or until nothing is left; every answer must be 201.
 * Returns the seconds it took, from the first request to the last answer; *drops_out: how many. */
double bench_load_run(struct bench_load *load, int connections, double seconds, size_t *drops_out);
/* Each connected device sends its last drop again and again for `seconds`; every answer must be 200, and
 * nothing is written. As bench_load_run, of copies. */
double bench_load_again(struct bench_load *load, double seconds, size_t *copies_out);
/* Stops that no device has taken yet. */
size_t bench_load_left(const struct bench_load *load);
/* The latencies of all runs since the last call, in µs, sorted; valid until the next run. */
const uint32_t *bench_load_latencies(struct bench_load *load, size_t *n_out);
void bench_load_close(struct bench_load *load);

/* The last digit of the lot of a product: a depot hands out a product from one lot at a time. */
int bench_lot(struct id product_id);

/* ---- bench_open.c: drops that begin at a fixed rate ---- */

/* `rate` a second for `seconds`; their latencies count from the instant at which each was to begin. Returns
 * how many there were. */
size_t bench_open_run(struct bench_load *load, double rate, double seconds);

/* ---- bench_sql.c: SQLite as the server opens it ---- */

sqlite3 *sql_open_writer(const char *path);
sqlite3 *sql_open_reader(const char *path);
void sql_run(sqlite3 *db, const char *text);
sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text);
/* One whole number. */
int64_t sql_value(sqlite3 *db, const char *text);
/* Runs a statement that gives no rows, to be run again. */
void sql_step(sqlite3 *db, sqlite3_stmt *stmt);
/* Ids as the database keeps them: short where Canary made them (base/id.h). */
struct id sql_id(sqlite3_stmt *stmt, int column);
void sql_bind_id(sqlite3_stmt *stmt, int param, const struct id *id);
void sql_close(sqlite3 *db);

/* ---- bench_raw.c: the rows that the server wrote, written by nobody but SQLite ---- */

struct bench_raw;
/* `copy`: the database as it was before the first drop; written to. */
struct bench_raw *bench_raw_open(const char *copy);
/* Reads what the server wrote into `live` since the last call. */
void bench_raw_read(struct bench_raw *raw, const char *live);
/* Writes it in groups. Returns the seconds it took; *deliveries_out: how many. */
double bench_raw_write(struct bench_raw *raw, size_t *deliveries_out);
/* µs: the median of the whole groups of the last write; 0: there was none. */
uint32_t bench_raw_group_us(const struct bench_raw *raw);
void bench_raw_close(struct bench_raw *raw);

/* ---- bench_yardstick.c: the same amount in tables that no schema of ours can change ---- */

struct bench_yardstick;
struct bench_yardstick *bench_yardstick_open(const char *path);
double bench_yardstick_write(struct bench_yardstick *yardstick, size_t deliveries);
void bench_yardstick_close(struct bench_yardstick *yardstick);

/* ---- bench_connections.c ---- */

struct bench_connections {
    struct bench_load *load;
    double rate, seconds; /* what is to be expected at most; of each number of connections in each round */
    size_t rounds;        /* fewer when too few deliveries are left */
};
/* The rate by the number of connections; printed. Returns the drops. */
size_t bench_connections(const struct bench_connections *of);

/* ---- bench_beside.c: a process beside the drops ---- */

enum bench_beside_what { BESIDE_NOTHING, BESIDE_READER, BESIDE_LOOP };
struct bench_beside;
/* `last_day`: of the twelve months that the reader asks for. */
struct bench_beside *bench_beside_start(enum bench_beside_what what, int port, int64_t last_day);
struct bench_reads {
    atomic_size_t whole, cut; /* cut: it would have taken longer than a read may */
};
/* Adds how many reports were read. */
void bench_beside_stop(struct bench_beside *beside, struct bench_reads *sum);

/* ---- bench_latency.c ---- */

struct bench_latency {
    struct bench_load *load;
    struct bench_raw *raw;
    const char *live;
    int port;
    int64_t last_day;
    double rate, seconds; /* what is to be expected at most; of each variant in each round */
    size_t rounds;        /* fewer when too few deliveries are left */
};
/* Prints; returns the drops. */
size_t bench_latency(const struct bench_latency *of);

/* ---- bench_against.c: two programs in one run ---- */

struct bench_against {
    const struct bench_plan *plan;
    const char *program[2], *db[2]; /* a database of its own for each */
    const char *log;
    double seconds; /* of each program in each round */
    size_t rounds;
};
void bench_against(const struct bench_against *of);

/* ---- bench_disk.c: bytes of a delivery ---- */

/* `before` and `after` the run, which confirmed `drops` of `deliveries`. */
void bench_disk_print(const char *before, const char *after, size_t deliveries, size_t drops);

/* ---- bench_report.c: the twelve-month report ---- */

/* On the demo database, if there is one. */
void bench_report_print(const char *program, const char *demo);

/* ---- bench_figures.c ---- */

double bench_seconds(void);          /* of a clock that only goes forward */
double bench_cpu_seconds(int pid);   /* that a process has used, 0: this one */
double bench_bytes_written(int pid); /* to files, by calls of the process; into the page cache */
double bench_median(const double *values, size_t n);
uint32_t bench_percentile(const uint32_t *sorted, size_t n, double share);
_Noreturn __attribute__((format(printf, 1, 2))) void bench_fail(const char *fmt, ...);

#endif
