/* The database as everything above sees it: named statements, records in and out, units of work.
 * Nothing here tells which database it is. */
#ifndef CANARY_DB_DB_H
#define CANARY_DB_DB_H

#include "base/ctx.h"
#include "base/id.h"
#include "base/shape.h"

/* One statement of a store's statement table. Text that SQLite and PostgreSQL both read, $1…$n.
 * The address of this struct is the key of each connection's cache of prepared statements: keep
 * them static. */
struct db_stmt {
    const char *name; /* "order.get": the same in logs and metrics */
    const char *sql;
    const char *params; /* member names for $1…$n, space-separated, when bound from a record */
};

struct db_arg {
    enum { DB_ARG_INT, DB_ARG_TEXT, DB_ARG_BLOB, DB_ARG_REAL, DB_ARG_ID } type;
    int64_t integer; /* NONE: NULL */
    double real;
    const void *at;            /* NULL: NULL */
    size_t n;                  /* bytes of a blob */
    uint8_t id[ID_SHORT_SIZE]; /* DB_ARG_ID: an id in its short form */
};

struct db_arg db_int(int64_t value);      /* K_INT, K_BOOL, K_DATE, K_INSTANT, K_TIME, K_MILLI, K_DEG */
struct db_arg db_text(const char *text);  /* NULL: NULL. Borrowed until the call returns */
struct db_arg db_id(const struct id *id); /* no id: NULL. In its short form, or whole and borrowed */
/* The place of an id in their order, where a page goes on: no id is before all others. */
struct db_arg db_place(const struct id *id);
struct db_arg db_blob(const void *at, size_t n);
struct db_arg db_real(double value);                             /* K_REAL. NAN: NULL */
struct db_arg db_word(const struct names *names, int64_t value); /* K_ENUM */

/* db_exec(c, &S[ORDER_CLOSE], ARGS(db_id(&id), db_int(now)), &changed) */
#define ARGS(...) \
    (const struct db_arg[]){__VA_ARGS__}, sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg)
#define NO_ARGS NULL, (size_t)0

/* All of these run on c->db and allocate in c->arena. Errors of each: BUSY, FULL, UNCERTAIN,
 * CORRUPT (a value that the member's kind forbids, named with statement and column), INTERNAL
 * (a column without a member, a wrong statement), and ERR_CONFLICT with slug "db.constraint" when a CHECK,
 * UNIQUE, foreign key or trigger refused it (expected duplicates are ON CONFLICT DO NOTHING + changed). */

/* Runs a statement. changed_out (may be NULL): rows inserted, updated or deleted. Inside a unit and without
 * it, what a server refuses may be told by a later call of the unit, at the latest by db_rows_take,
 * db_release or db_commit. */
MUST enum err db_exec(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                      int64_t *changed_out);
/* The same with $1…$n bound from the members of `record` that s->params names. */
MUST enum err db_exec_row(struct ctx *c, const struct db_stmt *s, const struct shape *shape,
                          const void *record, int64_t *changed_out);
/* The first row, each column into the member of its name; members without a column are cleared.
 * No row: ERR_NOT_FOUND without a fault (the caller knows the words). */
MUST enum err db_one(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                     const struct shape *shape, void *record_out);
/* All rows as records of `shape`. */
MUST enum err db_all(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                     const struct shape *shape, struct list *records_out);
/* Each row in turn through one record whose texts live until the next row; memory does not grow.
 * The callback must not run statements of the same name. Its error ends the walk. */
MUST enum err db_each(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                      const struct shape *shape, void *record,
                      enum err (*row)(struct ctx *c, void *record, void *user), void *user);
/* First column of the first row; NONE for SQL NULL; ERR_NOT_FOUND without a row. */
MUST enum err db_value(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
                       int64_t *value_out);

/* ---- connections ---- */

enum db_mode {
    DB_READ,  /* SQLite: SQLITE_OPEN_READONLY; any number, any process */
    DB_WRITE, /* a file: the one writer, which takes the lock file or fails with BUSY, slug "db.locked"; a
                 server: one of several, whose units follow each other */
    DB_HOLD, /* only reads, and nobody writes until db_close: a file is taken as by DB_WRITE; on a server, the
                units of others end with BUSY after 20 s, and so does this while one of them lasts */
    DB_CREATE, /* as DB_WRITE, and the file must not exist, the server's database be empty of ours */
    DB_BULK    /* as DB_CREATE, for a file without fsync until db_close: only for a new one nobody waits on */
};

/* Once, before the first db_open of a process: the memory of the library for all connections. Without it
 * everything works, more slowly. */
void db_process_begin(void);
/* Opens a file path, ":memory:" (tests), or postgresql://…. Logs the library's version. The fault in c says
 * why not. */
MUST enum err db_open(struct ctx *c, const char *url, enum db_mode mode, struct db **db_out);
void db_close(struct db **db);
/* false: a server's. */
bool db_is_file(const char *url);
/* The URL without user and password, in the arena; NULL: memory was out. */
const char *db_shown(struct arena *arena, const char *url);
/* A read (a statement, or a whole db_snapshot) that takes longer is interrupted with ERR_LIMIT, slug
 * "read.too-long": long readers stop the checkpoint and the WAL grows. 0 = no limit, as opened. */
void db_set_read_limit_ms(struct db *db, int64_t ms);
/* For a connection beside another process that writes: from now on each of its snapshots is on the disk
 * before anything is read in it, so that a power cut takes back nothing that is told of it. A disk that
 * refuses: the snapshot is ERR_UNCERTAIN, slug "db.io". */
void db_keep_seen(struct db *db);
/* Wraps `inner` so that the `nth` database call from now on (1 = the next; begin, commit, run and
 * step count, rollback never) fails with `err`; 0 never fails and counts. Owns inner. */
struct db *db_failing(struct db *inner, int64_t nth, enum err err);
/* Arms it anew, counted from now; nth 0 lets everything through: for a test that looks at what is left. */
void db_failing_set(struct db *failing, int64_t nth, enum err err);
int64_t db_failing_calls(const struct db *failing); /* calls counted since it was made */

/* Schema: applies the embedded files of schema/ (NNNN_name.sql, forward only) that are missing, all in the
 * unit that is open, or each in one of its own. What they do to rows is not in the log: see app_migrate.
 * db_schema_version: number of the newest applied, 0 for an empty file. */
MUST enum err db_migrate(struct ctx *c, int64_t *applied_out);
MUST enum err db_schema_version(struct ctx *c, int64_t *version_out);
int64_t db_schema_latest(void); /* the newest embedded one */

/* After a database with the newest schema was opened to write to it, or its schema made: ids that this
 * process makes, and that of its request, which is made anew, are later than all that were written to it,
 * also when the clock was set back (base/id.h). From now on each unit of c->db that writes keeps how far they
 * went. May be called inside a unit. */
MUST enum err db_ids_begin(struct ctx *c);

/* ---- copies ---- */

struct progress;

/* Copies what one moment of c->db holds into the empty file `path`: alone, not yet synced. Other
 * processes go on reading and writing, but nothing they write can leave the WAL meanwhile. ERR_FULL when the
 * disk of `path` is full. */
MUST enum err db_backup(struct ctx *c, const char *path, const struct progress *progress);
/* Looks through every page, index, constraint and foreign key. ERR_CORRUPT with the first thing that is
 * wrong. */
MUST enum err db_check(struct ctx *c);
/* The file that the connection has open, by its one real name; NULL: in memory, or on a server. */
const char *db_file(const struct db *db);
/* Takes the place that a database is at, or is to be at, as its writer would: ERR_BUSY, slug "db.locked",
 * while one has it. file_out: the real name, in the arena. Until db_let_go. */
MUST enum err db_hold(struct ctx *c, const char *url, const char **file_out, int *hold_out);
void db_let_go(int *hold);

/* ---- units of work ---- */

/* Runs `work` in one transaction on c->db: commit on OK, rollback on any error. BUSY is retried
 * (bounded, jittered, the whole unit); an error of COMMIT becomes UNCERTAIN. Command line, tests. */
MUST enum err db_unit(struct ctx *c, enum err (*work)(struct ctx *c, void *user), void *user);
/* The same for a consistent read (deferred snapshot, rolled back at the end). */
MUST enum err db_snapshot(struct ctx *c, enum err (*work)(struct ctx *c, void *user), void *user);
/* true while a transaction is open: the dispatcher asserts it is not, after each request. */
bool db_in_unit(const struct db *db);

/* The primitives under these, for the writer's groups. */
MUST enum err db_begin(struct ctx *c);  /* BEGIN IMMEDIATE */
MUST enum err db_commit(struct ctx *c); /* UNCERTAIN when it fails, after a rollback; FULL for a full disk */
void db_rollback(struct ctx *c);
MUST enum err db_savepoint(struct ctx *c); /* one level */
MUST enum err db_release(struct ctx *c);
/* Ends a part of the unit that has no savepoint: INTERNAL, as of db_release, when a statement of it failed or
 * what it wrote is in no audit event. Then nothing but db_rollback may follow. */
MUST enum err db_part(struct ctx *c);
void db_rollback_to(struct ctx *c); /* undoes and releases it */

/* ---- deleted for good ---- */

/* Deleting is not enough: a page that was split keeps, between its cells, pieces of rows that stand elsewhere
 * now, and wiping what is deleted does not find them. Writing the file anew, and emptying the log of changes,
 * does. */
enum db_rewrite { DB_REWRITE_NOT_ASKED, DB_REWRITE_WANTED, DB_REWRITE_DONE, DB_REWRITE_TOO_LARGE };
/* The writer does it between units, as soon as no job waits. Everybody waits meanwhile (1 GB: 8 s), and the
 * disk needs room for a copy and the log of it. Where it fails the state is NOT_ASKED again, and TOO_LARGE
 * for a file above LIMIT_REWRITE_BYTES. Asked for inside the unit that deletes: DONE means that it happened
 * after that unit. */
void db_ask_rewrite(struct db *db);
enum db_rewrite db_rewrite_state(const struct db *db);
/* Now, whatever its size, outside a unit. BUSY: a reader is in the way; FULL, UNCERTAIN. */
MUST enum err db_rewrite(struct ctx *c);

/* ---- the writer: groups of units, and an fsync before anybody hears of them ---- */

struct db_writer;

/* One unit of work waiting for its group. Owned by the caller until done() is called. */
struct db_job {
    enum err (*run)(struct db_job *job, struct db *db); /* writer thread, inside a unit: an error undoes
                                                           this job alone */
    void (*done)(struct db_job *job, enum err err);     /* syncer thread, once it is on the disk: `err`
                                                           of run, or of the commit for all */
    bool is_plain; /* fails before its first write, if at all: a group of such jobs needs no savepoints. Where
                      one fails later all the same, all of its group are undone and run again, so run() must
                      be able to run twice */
    size_t weight; /* bytes it will write, where they are many: over LIMIT_BODY it waits in another queue, and
                      between two groups of such jobs the light ones that wait have one of theirs */
    int64_t
        committed_us; /* of the monotonic clock: when its group had ended on the writer thread, well or not */
    struct db_job *next; /* the queue's */
    int64_t after;       /* the queue's */
};

/* Starts the writer thread on a DB_WRITE connection, which it owns from now on, and the syncer thread. The
 * writer takes what waits (at most LIMIT_GROUP) and commits once; while it goes on with the next group, the
 * syncer brings the one before to the disk and then calls every done(), group by group. After an fsync error
 * or a failed rollback the process ends (log + abort): restart recovers. A server whose connection is lost:
 * the group hears BUSY, or UNCERTAIN when it was lost at the commit, and the next group has another
 * connection.
 */
MUST enum err db_writer_start(struct ctx *c, struct db *db, struct db_writer **writer_out);
/* false when LIMIT_QUEUE jobs wait or the writer stops: answer 503. Any thread. */
bool db_writer_submit(struct db_writer *writer, struct db_job *job);
/* Calls done(job, OK) once all is on the disk that a read that ended before this call may have seen: at once,
 * or on the syncer thread. run() is not called. Any thread. */
void db_writer_after(struct db_writer *writer, struct db_job *job);
/* Waits until every submitted job is done, then closes the connection. */
void db_writer_stop(struct db_writer **writer);
size_t db_writer_waiting(const struct db_writer *writer);

struct db_writer_stats {
    int64_t groups, jobs;
    int64_t group_us_sum; /* of the writer thread: from the first statement to the end of the COMMIT */
    int64_t sync_us_sum;  /* of the syncer thread: the disk */
};
void db_writer_stats(const struct db_writer *writer, struct db_writer_stats *stats_out);

#endif
