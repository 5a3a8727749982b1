#include "world.h"
#include "app/app_audit.h"
#include "app/app_verify.h"
#include "base/crypto.h"
#include "base/date.h"
#include "base/id.h"
#include "base/text.h"
#include "db/driver.h"
#include "db/rows.h"
#include "store/store_personal.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct world the_world;

/* postgresql://USER@HOST/postgres: where databases are made; NULL: worlds are SQLite's. */
static const char *server(void) {
    return getenv("CANARY_TEST_DB");
}

bool world_is_on_server(void) {
    return server() != NULL;
}

/* Tests say bytes in SQLite's words. */
static const char *in_its_words(struct ctx *c, const char *sql) {
    static const struct {
        const char *from, *to;
    } WORDS[] = {{"x'", "'\\x"},
                 {"randomblob(16)", "uuid_send(gen_random_uuid())"},
                 {"zeroblob(32)", "decode(repeat('00', 32), 'hex')"}};
    static const char DROP[] = "DROP TRIGGER ";
    struct text out = text_in(c->arena);
    if (strncmp(sql, DROP, sizeof DROP - 1) == 0) { /* table_no_update: there it is named with its table */
        const char *name = sql + sizeof DROP - 1, *end = strstr(name, "_no_");
        return arena_printf(c->arena, "%s ON %.*s", sql, (int)(end - name), name);
    }
    for (const char *begin = sql; *sql;) {
        size_t i = sql > begin && sql[-1] == '\'' ? COUNT(WORDS) : 0;
        while (i < COUNT(WORDS) && strncmp(sql, WORDS[i].from, strlen(WORDS[i].from)) != 0)
            i++;
        if (i < COUNT(WORDS))
            text_str(&out, WORDS[i].to);
        else
            text_char(&out, *sql);
        sql += i < COUNT(WORDS) ? strlen(WORDS[i].from) : 1;
    }
    return out.at;
}

/* Statements made at run time: the cache is keyed by address, so each lives as long as the test's arena. */
const struct db_stmt *world_statement(struct ctx *c, const char *sql) {
    struct db_stmt *s = arena_alloc(c->arena, sizeof *s);
    *s = (struct db_stmt){"test.statement", server() ? in_its_words(c, sql) : arena_strdup(c->arena, sql),
                          NULL};
    return s;
}

static void insert(struct ctx *c, const char *sql, const struct db_arg *args, size_t n) {
    CHECK_OK(c, db_exec(c, world_statement(c, sql), args, n, NULL));
}

void world_run(struct world *w, const char *sql) {
    insert(w->c, sql, NULL, 0);
}

void world_settle(struct world *w) {
    struct db *db = w->c->db;
    if (db_in_unit(db) || db_rows_is_zero(&db->driver->pending(db)->rows)) return;
    CHECK_OK(w->c, app_audit(w->c, &(struct audit){.action = "log.fill",
                                                   .entity = "audit_log",
                                                   .id = id_new(w->c->now),
                                                   .version = 1}));
}

void world_tamper(struct world *w, const char *sql) {
    struct db_rows behind;
    world_settle(w);
    w->tampered = true;
    insert(w->c, sql, NULL, 0);
    CHECK_OK(w->c, db_rows_take(w->c, &behind));
}

/* ---- what holds after every test ---- */

static void tell(void *user, const char *sentence) {
    (void)user;
    printf("    %s\n", sentence);
}

/* The log tells of every row that the test has left. Figures are another matter: tests force facts. */
static enum err verify_rows(struct ctx *c, void *result) {
    return app_verify_as(c, &(struct verify_wish){.tell = tell, .rows_only = true}, result);
}

static void verify(void) {
    struct world *w = &the_world;
    struct verify_result result;
    if (!w->c->db || w->tampered || db_in_unit(w->c->db)) return;
    ctx_fault_clear(w->c);
    world_settle(w);
    CHECK_OK(w->c, db_snapshot(w->c, verify_rows, &result));
    CHECK_INT(result.findings, 0);
}

int64_t world_count(struct world *w, const char *sql) {
    int64_t value = NONE;
    CHECK_OK(w->c, db_value(w->c, world_statement(w->c, sql), NULL, 0, &value));
    return value;
}

void world_at(struct world *w, const char *instant) {
    w->c->now = instant_parse(instant);
    CHECK(w->c->now != NONE);
}

void world_act(struct world *w, enum role role, struct id user_id) {
    w->c->actor = (struct actor){.user_id = user_id, .role = role};
    if (role != ROLE_CUSTOMER) return;
    for (int i = 0; i < 2; i++)
        if (id_equal(user_id, w->staff[i])) w->c->actor.customer_id = w->customer[i];
}

static struct id next_id(struct ctx *c) {
    return id_new(c->now);
}

static void make_depots(struct world *w) {
    static const char *const CODE[] = {"SYD", "PER"}, *const ZONE[] = {"Australia/Sydney", "Australia/Perth"};
    static const int64_t LAT[] = {-338688000, -319505000}, LON[] = {1512093000, 1158605000};
    for (int i = 0; i < WORLD_DEPOTS; i++) {
        w->depot[i] = next_id(w->c);
        w->zone[i] = next_id(w->c);
        insert(w->c,
               "INSERT INTO depot (id, code, name, timezone, address, lat, lon, version) "
               "VALUES ($1, $2, $2, $3, NULL, $4, $5, 1)",
               ARGS(db_id(&w->depot[i]), db_text(CODE[i]), db_text(ZONE[i]), db_int(LAT[i]), db_int(LON[i])));
        insert(w->c,
               "INSERT INTO zone (id, depot_id, code, name, weekdays, weight_max_g, version) "
               "VALUES ($1, $2, $3, $3, 31, 2000000, 1)",
               ARGS(db_id(&w->zone[i]), db_id(&w->depot[i]), db_text(CODE[i])));
        for (int64_t from = 480; from <= 720; from += 240)
            insert(w->c,
                   "INSERT INTO zone_window (zone_id, from_min, to_min, stops_max) VALUES ($1, $2, $3, 4)",
                   ARGS(db_id(&w->zone[i]), db_int(from), db_int(from + 240)));
    }
}

static void make_products(struct world *w) {
    static const struct {
        const char *code, *gtin, *unit;
        int64_t box, weight, lot, critical, shelf;
    } P[] = {
        {"BAG2000", "09312345000012", "bag", 5, 12000, 1, 1, 90},
        {"BAG2500", "09312345000029", "bag", 4, 11000, 1, 0, 0},
        {"CAP", "09312345000036", "cap", 60, 500, 0, 0, 0},
        {"SET", NULL, "set", 30, 4000, 0, 0, 0},
    };
    for (int i = 0; i < WORLD_PRODUCTS; i++) {
        w->product[i] = next_id(w->c);
        insert(
            w->c,
            "INSERT INTO product (id, code, gtin, name, base_unit, units_per_box, box_weight_g, lot_tracked, "
            "critical, shelf_life_min_days, active, version) VALUES ($1, $2, $3, $2, $4, $5, $6, $7, $8, $9, "
            "1, 1)",
            ARGS(db_id(&w->product[i]), db_text(P[i].code), db_text(P[i].gtin), db_text(P[i].unit),
                 db_int(P[i].box), db_int(P[i].weight), db_int(P[i].lot), db_int(P[i].critical),
                 db_int(P[i].shelf)));
    }
}

static void make_prescription(struct world *w, struct id patient) {
    static const int64_t USE[] = {4000, 1500, 5000};
    struct id id = next_id(w->c);
    insert(w->c,
           "INSERT INTO prescription (id, patient_id, effective_from, recorded_at) VALUES ($1, $2, $3, $4)",
           ARGS(db_id(&id), db_id(&patient), db_int(date_parse("2026-01-01")), db_int(w->c->now)));
    for (size_t i = 0; i < COUNT(USE); i++)
        insert(w->c,
               "INSERT INTO prescription_line (prescription_id, product_id, use_per_day) VALUES ($1, $2, $3)",
               ARGS(db_id(&id), db_id(&w->product[i]), db_int(USE[i])));
}

static void make_patients(struct world *w) {
    static const struct {
        int customer, depot;
        const char *code;
    } P[] = {{0, SYDNEY, "P-0"}, {0, SYDNEY, "P-1"}, {1, SYDNEY, "P-2"}, {0, PERTH, "P-3"}};
    for (int i = 0; i < WORLD_PATIENTS; i++) {
        int64_t lat = P[i].depot == SYDNEY ? -338731000 : -319600000,
                lon = P[i].depot == SYDNEY ? 1512065000 : 1158700000;
        w->patient[i] = next_id(w->c);
        insert(w->c,
               "INSERT INTO patient (id, code, customer_id, zone_id, name, phone, address, lat, lon, "
               "cycle_every, "
               "cycle_unit, cycle_anchor, safety_days, status, status_from, status_recorded_at, active_from, "
               "version) "
               "VALUES ($1, $2, $3, $4, 'Zoë Marker ' || $2, '0400 000 00' || $9, '1 Marker Street', $5, $6, "
               "1, 'month', "
               "$7, 14, 'active', $7, $8, $7, 1)",
               ARGS(db_id(&w->patient[i]), db_text(P[i].code), db_id(&w->customer[P[i].customer]),
                    db_id(&w->zone[P[i].depot]), db_int(lat), db_int(lon), db_int(date_parse("2026-03-16")),
                    db_int(w->c->now), db_text(P[i].code + 2)));
        insert(w->c,
               "INSERT INTO patient_receiver (patient_id, position, name, relation) VALUES ($1, 0, 'Renée "
               "Marker', 'partner')",
               ARGS(db_id(&w->patient[i])));
        CHECK_OK(w->c, store_personal_salt(w->c, PERSONAL_PATIENT, w->patient[i]));
        CHECK_OK(w->c, store_personal_salt(w->c, PERSONAL_RECEIVER, w->patient[i]));
        make_prescription(w, w->patient[i]);
    }
}

static struct id make_user(struct world *w, const char *role, int i, struct id customer) {
    struct id id = next_id(w->c);
    const char *email = arena_printf(w->c->arena, "%s-%d@example.org", role, i);
    const char *token = arena_printf(w->c->arena, "token-%s-%d", role, i);
    uint8_t hash[SHA256_SIZE];
    insert(w->c,
           "INSERT INTO user_account (id, email, email_folded, name, role, customer_id, active, "
           "password_hash, version) "
           "VALUES ($1, $2, $2, $2, $3, $4, 1, '!', 1)",
           ARGS(db_id(&id), db_text(email), db_text(role), db_id(&customer)));
    CHECK_OK(w->c, store_personal_salt(w->c, PERSONAL_USER, id));
    sha256(token, strlen(token), hash);
    insert(w->c, "INSERT INTO session (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
           ARGS(db_blob(hash, sizeof hash), db_id(&id), db_int(w->c->now), db_int(w->c->now + 365 * DAY_MS)));
    return id;
}

static void make_people(struct world *w) {
    static const uint8_t SIGNATURE[] = {0x9f, 0x86, 0xd0, 0x81, 0x88, 0x4c, 0x7d, 0x65, 0x9a, 0x2f, 0xea,
                                        0xa0, 0xc5, 0x5a, 0xd0, 0x15, 0xa3, 0xbf, 0x4f, 0x1b, 0x2b, 0x0b,
                                        0x82, 0x2c, 0xd1, 0x5d, 0x6c, 0x15, 0xb0, 0xf0, 0x0a, 0x08};
    const struct id none = {{0}};
    for (int i = 0; i < 2; i++) {
        const char *code = arena_printf(w->c->arena, "C-%d", i);
        w->customer[i] = next_id(w->c);
        insert(w->c, "INSERT INTO customer (id, code, name, version) VALUES ($1, $2, 'Clinic ' || $2, 1)",
               ARGS(db_id(&w->customer[i]), db_text(code)));
        w->staff[i] = make_user(w, "customer", i, w->customer[i]);
        w->driver[i] = make_user(w, "driver", i, none);
    }
    w->admin = make_user(w, "admin", 0, none);
    w->manager = make_user(w, "manager", 0, none);
    /* the signature that every drop of world_drop names is here */
    insert(w->c,
           "INSERT INTO evidence (sha256, id, type, bytes, received_at, by_id) "
           "VALUES ($2, $1, 'image/png', 1, 0, $1)",
           ARGS(db_id(&w->manager), db_blob(SIGNATURE, sizeof SIGNATURE)));
    w->rep = make_user(w, "rep", 0, none);
    w->dispatcher = make_user(w, "dispatcher", 0, none);
}

static struct db *the_db;
static struct db_writer *the_writer;
static char the_url[300];

/* ---- worlds on a server: each a database of its own, a copy of one that is migrated ---- */

static void database_url(const char *name, char url_out[300]) {
    const char *slash = strrchr(server(), '/');
    snprintf(url_out, 300, "%.*s/%s", (int)(slash - server()), server(), name);
}

/* One connection, and its statements, for the whole run. */
static void tell_server(const char *sql) {
    static struct ctx admin;
    if (!admin.db) {
        admin = (struct ctx){.arena = arena_create((size_t)1 << 20), .rules = &rules_default};
        CHECK_OK(&admin, db_open(&admin, server(), DB_WRITE, &admin.db));
    }
    CHECK_OK(&admin, db_exec(&admin, world_statement(&admin, sql), NULL, 0, NULL));
}

static void fill(struct world *w) {
    int64_t applied;
    CHECK_OK(w->c, db_migrate(w->c, &applied));
    make_depots(w);
    make_products(w);
    make_people(w);
    make_patients(w);
}

/* Filled once for all worlds of this run: each is a copy, and so are the ids and what no event tells of yet.
 */
static struct {
    bool is_made;
    char name[40];
    struct world world;
    struct db_rows pending;
} first;

static void make_first(struct world *w) {
    char url[300];
    snprintf(first.name, sizeof first.name, "world_%d", (int)getpid());
    tell_server(arena_printf(w->c->arena, "CREATE DATABASE %s", first.name));
    database_url(first.name, url);
    CHECK_OK(w->c, db_open(w->c, url, DB_CREATE, &w->c->db));
    fill(w);
    first.pending = w->c->db->driver->pending(w->c->db)->rows;
    first.world = *w;
    first.is_made = true;
    db_close(&w->c->db);
}

static void open_copy(struct world *w) {
    static int n;
    struct ctx *c = w->c;
    if (!first.is_made) make_first(w);
    const char *copy = arena_printf(c->arena, "%s_%d", first.name, ++n);
    tell_server(
        arena_printf(c->arena, "CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY", copy, first.name));
    database_url(copy, the_url);
    *w = first.world;
    w->c = c;
    CHECK_OK(c, db_open(c, the_url, DB_WRITE, &c->db));
    c->db->driver->pending(c->db)->rows = first.pending;
}

const char *world_url(void) {
    return the_url;
}

static void drop_database(void) {
    char sql[340];
    if (!server() || !*the_url) return;
    snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", strrchr(the_url, '/') + 1);
    *the_url = 0;
    tell_server(sql);
}

static void close_world(void) {
    if (the_writer) db_writer_stop(&the_writer);
    if (the_db) db_close(&the_db);
    drop_database();
}

static struct world *make_world(const char *url, enum db_mode mode) {
    struct world *w = &the_world;
    close_world(); /* a test may make several worlds, one after the other */
    *w = (struct world){.c = check_ctx()};
    check_at_end(close_world);
    check_after(verify);
    if (server()) {
        open_copy(w);
    } else {
        snprintf(the_url, sizeof the_url, "%s", url);
        CHECK_OK(w->c, db_open(w->c, url, mode, &w->c->db));
    }
    w->c->db = the_db = db_failing(w->c->db, 0, ERR_INTERNAL);
    if (!server()) fill(w);
    world_act(w, ROLE_MANAGER, w->manager);
    return w;
}

struct world *world_make(void) {
    return make_world(":memory:", DB_WRITE);
}

/* ---- a world on disk, written by the writer's thread ---- */

static const char *world_file(char path[80]) {
    snprintf(path, 80, "%s/world.db", check_dir());
    return path;
}

struct world *world_make_file(void) {
    char path[80];
    return make_world(world_file(path), DB_CREATE);
}

struct db_writer *world_start_writer(struct world *w) {
    world_settle(w);
    CHECK_OK(w->c, db_writer_start(w->c, w->c->db, &the_writer));
    w->c->db = the_db = NULL;
    CHECK_OK(w->c, db_open(w->c, the_url, DB_READ, &the_db));
    w->c->db = the_db;
    return the_writer;
}

/* ---- the failing driver over a whole use case ---- */

struct digest {
    const char *table;
    struct db_rows sum;
};

/* As the sums of rows are made, of every table: in whatever order the rows come. */
static enum err add_to_digest(struct ctx *c, struct db_prepared *p, void *user) {
    static const uint8_t KEY[4];
    struct digest *digest = user;
    uint8_t hash[SHA256_SIZE];
    TRY(rows_image_hash(c, digest->table, p, hash));
    db_rows_add_row(&digest->sum, KEY, hash, false);
    return OK;
}

/* Every table's rows, hashed: what a failed unit may not move. */
const char *world_digest(struct world *w) {
    struct arena *keep = w->c->arena, *scratch = arena_create((size_t)64 << 20);
    struct digest digest = {0};
    struct list tables;
    w->c->arena = scratch;
    enum err err = w->c->db->driver->tables(w->c, w->c->db, &tables);
    for (size_t i = 0; err == OK && i < tables.n; i++) {
        digest.table = ((const char *const *)tables.at)[i];
        err = db_scan_table(w->c, digest.table, add_to_digest, &digest);
    }
    w->c->arena = keep;
    arena_destroy(&scratch);
    CHECK(err == OK);
    return text_hex(w->c->arena, digest.sum.total, sizeof digest.sum.total);
}

void world_fails_at_every_call(struct world *w, enum err (*work)(struct ctx *c, void *user), void *user) {
    const char *before = world_digest(w);
    for (int64_t nth = 1; nth < 2000; nth++) {
        ctx_fault_clear(w->c);
        db_failing_set(w->c->db, nth, ERR_INTERNAL);
        enum err err = db_unit(w->c, work, user);
        db_failing_set(w->c->db, 0, ERR_INTERNAL);
        if (err == OK) {
            CHECK(nth > 2); /* begin, at least one statement, commit: it did write something */
            CHECK(strcmp(before, world_digest(w)) != 0);
            return;
        }
        if (strcmp(before, world_digest(w)) != 0)
            check_fail(__FILE__, __LINE__, "something was written though database call %lld failed",
                       (long long)nth);
    }
    check_fail(__FILE__, __LINE__, "the use case never succeeded: %s",
               w->c->fault.detail ? w->c->fault.detail : "-");
}
