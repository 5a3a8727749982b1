/* The seam between the database floor and the databases: what a driver must be able to do. SQL
 * primitives, not business queries, so that a second database is one more file. */
#ifndef CANARY_DB_DRIVER_H
#define CANARY_DB_DRIVER_H

#include "base/file.h"
#include "db/db.h"
#include "db/db_rows.h"

/* One value of a row. Text and bytes are the driver's, until the next step or reset. */
struct db_cell {
    enum db_cell_type { CELL_NULL, CELL_INT, CELL_REAL, CELL_TEXT, CELL_BLOB } type;
    int64_t integer;
    double real;
    const void *at; /* text: NUL-terminated */
    size_t n;       /* bytes, without that NUL. NULL with n > 0: memory was out */
};

struct db_prepared {
    void *handle;
    int params;
    int columns;
    bool writes;
    bool walks;  /* set before its first step: its rows are many, and others run between them */
    bool once;   /* it is finalized long before its connection */
    bool queues; /* nobody asks for its rows, nor how many it changed: what it failed with may be told by a
                    later call of its transaction, at the latest by gather */
};

enum db_control {
    CONTROL_BEGIN_WRITE,
    CONTROL_BEGIN_READ,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_SAVEPOINT,
    CONTROL_RELEASE,
    CONTROL_ROLLBACK_TO, /* and release */
    CONTROLS
};

/* What was written to audited rows since an event took it. */
struct db_pending {
    struct db_rows rows;
    char table[64]; /* the one written last */
    bool failed;    /* memory was out: the sum is not right */
};

/* Functions with a context record the fault they answer. A step answers OK for a row and
 * ERR_NOT_FOUND, without a fault, after the last one. */
struct db_driver {
    void (*close)(struct db *db); /* frees db */
    enum err (*prepare)(struct ctx *c, struct db *db, const struct db_stmt *s, struct db_prepared *out);
    void (*finalize)(struct db *db, struct db_prepared *p);
    const char *(*column_name)(struct db *db, const struct db_prepared *p, int column);
    enum err (*bind)(struct ctx *c, struct db *db, struct db_prepared *p, int param, /* 1 … params */
                     const struct db_arg *arg);
    enum err (*step)(struct ctx *c, struct db *db, const struct db_stmt *s, struct db_prepared *p);
    void (*column)(struct db *db, struct db_prepared *p, int column, struct db_cell *cell_out);
    void (*reset)(struct db *db, struct db_prepared *p);
    int64_t (*changes)(struct db *db); /* rows changed by the last statement that writes */
    enum err (*control)(struct ctx *c, struct db *db, enum db_control what);
    /* What was committed, or copied by settle, while `syncs_later` is on the disk; a failure, of this or of
     * another sync, ends the process before it answers. From any thread, one at a time, beside all other
     * calls but close. NULL: a COMMIT is always on the disk when it answers. */
    void (*sync)(struct db *db);
    /* What the database says, which may have given up a transaction by itself. */
    bool (*in_transaction)(struct db *db);
    /* Several statements in the words of schema/, which are SQLite's: another database translates them. */
    enum err (*script)(struct ctx *c, struct db *db, const char *name, const char *sql);
    enum err (*has_table)(struct ctx *c, struct db *db, const char *table); /* or ERR_NOT_FOUND */
    void (*set_deadline)(struct db *db, int64_t monotonic_us);              /* 0: none */
    /* Housekeeping between transactions; `idle` when nobody waits for the connection: then false
     * says that somebody was in the way and it should be called again later. */
    bool (*settle)(struct db *db, bool idle);
    /* Writes the file anew, outside a transaction; the log of changes is settle's. most_bytes: a larger file
     * is left alone; 0: none is. */
    enum err (*rewrite)(struct ctx *c, struct db *db, int64_t most_bytes);
    /* Waits for what was queued, and answers what it failed with. */
    enum err (*gather)(struct ctx *c, struct db *db);
    /* The driver adds every row of an audited table that comes or goes, by whatever way; all of them after
     * gather. */
    struct db_pending *(*pending)(struct db *db);
    /* The names of all tables of ours, ascending: a list of const char *, in the arena. */
    enum err (*tables)(struct ctx *c, struct db *db, struct list *names_out);
    /* As db_backup and db_check say. A database that is not a file of ours has tools of its own for both: its
     * driver answers FAIL(c, ERR_INVALID, "db.no-file", …) and names them. */
    enum err (*backup)(struct ctx *c, struct db *db, const char *path, const struct progress *progress);
    enum err (*check)(struct ctx *c, struct db *db);
    const char *(*file)(struct db *db); /* as db_file says */
};

struct db_map;

/* A statement of one connection. */
struct db_cached {
    const struct db_stmt *stmt;
    const char *sql;
    struct db_prepared prepared;
    struct db_map *columns, *params;
    bool walking; /* db_each is between two of its rows */
};

/* The members that a statement's columns or parameters stand for, in one shape. */
struct db_map {
    struct db_map *next;
    const struct shape *shape;
    void *blank; /* a cleared record: copying it is faster than clearing one per row */
    const struct field *field[];
};

struct db_cache {
    struct db_cached **slot; /* open addressing, by the statement's address */
    size_t cap, n;
};

/* db_ids.c: what the database keeps of the ids that are made to be written to it. */
struct db_ids {
    bool on;       /* db_ids_begin */
    int64_t until; /* kept: no id that was written is later */
    int64_t told;  /* id_writer_told() when that was read */
};

/* What every driver's connection begins with. */
struct db {
    const struct db_driver *driver;
    struct db_cache cache;
    bool in_unit, in_savepoint;
    bool syncs_later; /* a COMMIT need not be on the disk before `sync`: the writer tells nobody until then */
    bool wants_sync;  /* settle has left something to `sync` */
    bool keeps_seen;  /* db_keep_seen */
    int settle_pages; /* of changes, which settle copies beside work; set by the driver */
    int64_t writes, writes_at_begin; /* statements run that can write, since it was opened */
    struct db_ids ids;
    enum err broken; /* what a statement of this unit failed with: nothing but a rollback may follow */
    enum db_rewrite rewrite; /* asked for, or done */
    bool is_rewritten;       /* but the log of changes is not empty yet */
    int64_t read_limit_ms;
    int64_t deadline_us;                             /* of the read that runs; 0: none */
    int walks;                                       /* db_each calls that are between two of their rows */
    struct db_rows rows_at_begin, rows_at_savepoint; /* pending then: what a rollback goes back to */
};

/* db_cache.c: prepares at the first use, then finds by address. */
MUST enum err db_cache_get(struct ctx *c, const struct db_stmt *s, struct db_cached **cached_out);
MUST enum err db_cache_columns(struct ctx *c, struct db_cached *cached, const struct shape *shape,
                               const struct db_map **map_out);
MUST enum err db_cache_params(struct ctx *c, struct db_cached *cached, const struct shape *shape,
                              const struct db_map **map_out);
void db_cache_clear(struct db *db);

/* db_value.c: members to parameters, columns to members. */
bool db_value_stored(enum kind kind); /* false for objects and lists */
struct db_arg db_value_arg(const struct field *field, const void *record);
/* `keep`: texts and bytes are copied into the arena; otherwise they are the driver's. */
MUST enum err db_value_fill(struct ctx *c, const struct db_stmt *s, const struct field *field,
                            const struct db_cell *cell, bool keep, void *record);

/* db_rewrite.c: settle, and the rewrite that was asked for; true: nothing is left to do. */
bool db_settle_idle(struct ctx *c);

/* db_unit.c */
void db_set_deadline(struct db *db, bool on); /* by the read limit, from now */
/* Marks the open unit as broken when a driver's call failed; passes the error on. */
enum err db_broke(struct db *db, enum err err);

/* db_ids.c, at the begin of a unit that writes, and before its commit. */
MUST enum err db_ids_follow(struct ctx *c); /* reads `until` again when this process got another number */
/* Writes another `until` where ids went past it; it holds once it is committed. */
MUST enum err db_ids_keep(struct ctx *c, int64_t *until);

/* db_scan.c: every row of a table, in no order; `row` reads its cells with the driver's column(), in the
 * schema's order, whichever they are. */
typedef enum err (*db_scan_row)(struct ctx *c, struct db_prepared *p, void *user);
MUST enum err db_scan_table(struct ctx *c, const char *table, db_scan_row row, void *user);

/* Opens SQLite (db_sqlite.c), PostgreSQL (db_pg.c). */
MUST enum err db_sqlite_open(struct ctx *c, const char *path, enum db_mode mode, struct db **db_out);
MUST enum err db_pg_open(struct ctx *c, const char *url, enum db_mode mode, struct db **db_out);

#endif
