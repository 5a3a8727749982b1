/* The server: the socket's thread sorts requests by route; readers, hashers and the writer run them; every
 * one is answered once, only after all that it tells of is on the disk. */
#include "api_server.h"
#include "api_batch.h"
#include "api_metrics.h"
#include "api_pool.h"
#include "app/app_installation.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/db.h"
#include <stdlib.h>
#include <string.h>

struct api_server {
    struct api_server_config config;
    struct http_server *http;
    struct db_writer *writer;
    struct api_pool *readers, *hashers;
    struct api_ticker *ticker;
    struct api_throttle *throttle;
    struct api_metrics *metrics;
};

/* A request on its way; in its own arena. */
struct work {
    struct db_job job;
    struct ctx c;
    struct api_call call;
    struct http_request *request;
    struct api_server *server;
    enum err err; /* what the writer's run said; then what became of it */
};

static void finish(struct work *work, enum err err) {
    work->err = err;
    http_done(work->server->http, work->request);
}

/* On the socket's thread: the writer has better to do than to write answers. */
static void on_finish(void *user, struct http_request *request) {
    struct api_server *server = user;
    struct work *work = request->state;
    if (!work) return;
    if (work->call.batch && work->err == OK) api_batch_answer(&work->c, &work->call);
    api_call_end(&work->c, &work->call, request, work->err);
    api_metrics_count(server->metrics, work->call.route, work->call.status,
                      clock_monotonic_us() - request->started_us);
}

static void finish_busy(struct work *work) {
    ctx_fault_clear(&work->c);
    finish(work, FAIL(&work->c, ERR_BUSY, "busy", "Too many requests wait: repeat it with the same id."));
}

/* ---- the writer ---- */

static struct work *work_of(struct db_job *job) {
    return (struct work *)job;
}

static enum err run_write(struct db_job *job, struct db *db) {
    struct work *work = work_of(job);
    work->c.db = db;
    api_call_begin(&work->c, &work->call, work->request);
    work->err = api_call_run(&work->c, &work->call);
    return work->err;
}

/* An error that is not the run's own is the commit's: whatever was found out inside the group is void. */
static void write_done(struct db_job *job, enum err err) {
    struct work *work = work_of(job);
    if (err != work->err) {
        ctx_fault_clear(&work->c);
        (void)FAIL(&work->c, err, api_problem_slug(err), "Nothing is confirmed: repeat it with the same id.");
    }
    finish(work, err);
}

static void submit_write(struct work *work) {
    work->job = (struct db_job){.run = run_write,
                                .done = write_done,
                                .is_plain = work->call.route->flags & API_EVENT,
                                .weight = work->request->body_size};
    if (!db_writer_submit(work->server->writer, &work->job)) finish_busy(work);
}

/* ---- a batch: each item a job of the writer ---- */

static void item_ends(struct api_batch *batch) {
    if (atomic_fetch_sub(&batch->left, 1) == 1) finish(batch->user, OK);
}

static enum err run_item(struct db_job *job, struct db *db) {
    return api_batch_run((struct api_batch_item *)job, db);
}

static void item_done(struct db_job *job, enum err err) {
    struct api_batch_item *item = (struct api_batch_item *)job;
    item->end = err;
    item_ends(item->batch);
}

/* One more than the items is left until all are handed over: the batch cannot end before. What the writer has
 * no room for is marked when it is this thread's again. false: nothing was handed over, and nobody ends it.
 */
static bool submit_batch(struct work *work) {
    struct api_batch *batch = work->call.batch;
    struct db_writer *writer = work->server->writer;
    size_t n = batch->n, submitted = 0;
    batch->user = work;
    atomic_init(&batch->left, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct api_batch_item *item = &batch->item[batch->order[i]];
        bool read = item->result != NULL;
        item->job = (struct db_job){.run = run_item, .done = item_done, .is_plain = true};
        if (!read && db_writer_submit(writer, &item->job)) {
            submitted++;
            continue;
        }
        if (!read) item->end = ERR_BUSY;
        atomic_fetch_sub(&batch->left, 1); /* never the last: the one more is this thread's */
    }
    if (submitted > 0) item_ends(batch);
    return submitted > 0;
}

/* ---- readers and hashers ---- */

static enum err run_snapshot(struct ctx *c, void *user) {
    struct work *work = user;
    api_call_begin(c, &work->call, work->request);
    return api_call_run(c, &work->call);
}

static void read_done(struct db_job *job, enum err err) {
    struct work *work = work_of(job);
    (void)err; /* always OK; the read's own stands already */
    finish(work, work->err);
}

/* It may have seen what was committed a moment ago and is not on the disk yet. */
static void finish_read(struct work *work, enum err err) {
    work->err = err;
    work->job = (struct db_job){.done = read_done};
    db_writer_after(work->server->writer, &work->job);
}

static void run_read(void *user, struct db *db, struct http_request *request) {
    struct work *work = request->state;
    (void)user;
    work->c.db = db;
    enum err err = db_snapshot(&work->c, run_snapshot, work);
    REQUIRE(!db_in_unit(db));
    if (err != OK || !work->call.batch || !submit_batch(work)) finish_read(work, err);
}

/* What a request needs before its unit: passwords on the hashers, images on the readers. */
static void run_prepare(void *user, struct db *db, struct http_request *request) {
    struct work *work = request->state;
    work->c.db = db;
    enum err err = api_call_prepare(&work->c, &work->call);
    REQUIRE(!db_in_unit(db));
    if (err != OK)
        finish_read(work, err);
    else if (work->call.route->mode == API_WRITE)
        submit_write(work);
    else
        run_read(user, db, request);
}

static void run_reader(void *user, struct db *db, struct http_request *request) {
    const struct work *work = request->state;
    const struct api_route *route = work->call.route;
    (route && route->prepare ? run_prepare : run_read)(user, db, request);
}

/* ---- the socket's thread ---- */

/* A picture is looked at in less than a millisecond: it does not wait behind passwords. */
static struct api_pool *pool_of(const struct api_server *server, const struct api_route *route) {
    return route && route->prepare && !(route->flags & API_IMAGE_IN) ? server->hashers : server->readers;
}

/* Refused without a look into the database, or answered without one. */
static bool needs_no_database(const struct api_call *call) {
    if (api_needs_token(call)) return !api_bearer_token(call->request);
    return !call->route || call->route->flags & API_INLINE;
}

static void read_and_write(struct work *work) {
    api_call_read_ahead(&work->c, &work->call);
    submit_write(work);
}

static void dispatch(struct work *work) {
    struct api_server *server = work->server;
    const struct api_route *route = work->call.route;
    if (needs_no_database(&work->call))
        finish(work, api_call_run(&work->c, &work->call));
    else if (route && !route->prepare && route->mode == API_WRITE && !(route->flags & API_BATCH))
        read_and_write(work);
    else if (!api_pool_submit(pool_of(server, route), work->request))
        finish_busy(work);
}

static struct ctx context(const struct api_server *server, struct arena *arena) {
    int64_t now = clock_now(server->config.clock);
    return (struct ctx){.arena = arena,
                        .rules = server->config.rules,
                        .now = now,
                        .actor = {.role = NONE},
                        .request_id = id_new(now)};
}

static void on_request(void *user, struct http_request *request) {
    struct api_server *server = user;
    struct work *work = arena_alloc(request->arena, sizeof *work);
    if (!work) {
        request->response = (struct http_response){.status = 503, .close = true};
        http_done(server->http, request);
        return;
    }
    work->c = context(server, request->arena);
    work->request = request;
    work->server = server;
    work->call.server = server;
    request->state = work;
    api_call_begin(&work->c, &work->call, request);
    dispatch(work);
}

static size_t on_body_limit(void *user, const char *method, const char *path) {
    (void)user;
    return api_body_limit(method, path);
}

static bool on_body_hashed(void *user, const char *method, const char *path) {
    (void)user;
    return api_body_hashed(method, path);
}

/* A body too large of somebody who did not even try to sign in is a 401, as everywhere. */
static void on_refuse(void *user, struct http_request *request, int status, const char *slug,
                      const char *detail) {
    struct api_server *server = user;
    struct ctx c = context(server, request->arena);
    struct api_call call = {.server = server};
    if (!request->path) request->method = request->path = request->query = ""; /* the first line was none */
    api_call_begin(&c, &call, request);
    if (!call.allow) call.allow = "GET, HEAD, POST, PUT, PATCH, DELETE";
    enum err err = ERR_INVALID;
    if (status == 413 && api_needs_token(&call) && !api_bearer_token(request))
        err = api_call_run(&c, &call);
    else
        err = FAIL(&c, err, slug, "%s", detail);
    api_call_end(&c, &call, request, err);
    api_metrics_count(server->metrics, call.route, call.status, clock_monotonic_us() - request->started_us);
}

/* ---- start and end ---- */

static enum err begin_epoch(struct ctx *c, void *user) {
    (void)user;
    return app_installation_begin(c);
}

/* A database that was migrated and never served has no epoch yet. */
static enum err check_writer(struct ctx *c) {
    int64_t version = 0;
    TRY(db_schema_version(c, &version));
    if (version == db_schema_latest()) {
        TRY(db_ids_begin(c));
        return db_unit(c, begin_epoch, NULL);
    }
    return FAIL(c, ERR_STATE, "schema.other", "The database has schema %lld, this program %lld%s.",
                (long long)version, (long long)db_schema_latest(),
                version == 0                   ? ": it is not one of Canary's; canary init makes one"
                : version < db_schema_latest() ? ": start it with --migrate"
                                               : ": take a newer program");
}

static enum err open_writer(struct ctx *c, struct api_server *server) {
    struct db *db;
    TRY(db_open(c, server->config.db_url, DB_WRITE, &db));
    struct db *outer = c->db;
    c->db = db;
    enum err err = check_writer(c);
    c->db = outer;
    if (err == OK) err = db_writer_start(c, db, &server->writer);
    if (err != OK && !server->writer) db_close(&db);
    return err;
}

static enum err open_http(struct ctx *c, struct api_server *server) {
    const struct http_config http = {.listen = server->config.listen,
                                     .request = on_request,
                                     .finish = on_finish,
                                     .body_limit = on_body_limit,
                                     .body_hashed = on_body_hashed,
                                     .refuse = on_refuse,
                                     .user = server,
                                     .discard_max = LIMIT_DISCARD,
                                     .bodies_max = LIMIT_BODIES,
                                     .arena_cap = LIMIT_ARENA_IMPORT,
                                     .request_ms = LIMIT_REQUEST_MS,
                                     .idle_ms = LIMIT_IDLE_MS,
                                     .connections_max = LIMIT_CONNECTIONS};
    return http_start(c, &http, &server->http);
}

static enum err open_all(struct ctx *c, struct api_server *server) {
    const char *url = server->config.db_url;
    server->throttle = api_throttle_create();
    server->metrics = api_metrics_create();
    if (!server->throttle || !server->metrics)
        return FAIL(c, ERR_INTERNAL, "internal", "no memory for the server");
    TRY(open_writer(c, server));
    TRY(api_pool_start(
        c, &(struct api_pool_config){url, LIMIT_READERS, LIMIT_QUEUE, LIMIT_READ_MS, run_reader, server},
        &server->readers));
    TRY(api_pool_start(
        c, &(struct api_pool_config){url, LIMIT_HASHERS, LIMIT_LOGIN_QUEUE, 0, run_prepare, server},
        &server->hashers));
    TRY(open_http(c, server));
    const struct api_ticker_config ticker = {server->writer, server->config.rules, server->config.clock,
                                             server->config.sweep_every_ms};
    return api_ticker_start(c, &ticker, &server->ticker);
}

enum err api_server_start(struct ctx *c, const struct api_server_config *config,
                          struct api_server **server_out) {
    struct api_server *server = calloc(1, sizeof *server);
    if (!server) return FAIL(c, ERR_INTERNAL, "internal", "no memory for the server");
    server->config = *config;
    enum err err = open_all(c, server);
    if (err == OK)
        *server_out = server;
    else
        api_server_destroy(&server);
    return err;
}

int api_server_port(const struct api_server *server) {
    return http_port(server->http);
}

void api_server_run(struct api_server *server) {
    http_run(server->http);
}

void api_server_stop(struct api_server *server) {
    http_stop(server->http);
}

/* Whoever hands on to others goes first. */
void api_server_destroy(struct api_server **server) {
    struct api_server *gone = *server;
    if (!gone) return;
    api_ticker_stop(&gone->ticker);
    api_pool_stop(&gone->hashers);
    api_pool_stop(&gone->readers);
    if (gone->writer) db_writer_stop(&gone->writer);
    http_destroy(&gone->http);
    api_metrics_destroy(&gone->metrics);
    api_throttle_destroy(&gone->throttle);
    free(gone);
    *server = NULL;
}

/* ---- for handlers ---- */

struct api_throttle *api_server_throttle(const struct api_server *server) {
    return server->throttle;
}

const char *api_server_key_path(const struct api_server *server) {
    return server->config.key_path;
}

static void write_value(struct text *out, const char *name, const char *kind, double value) {
    text_printf(out, "# TYPE %s %s\n%s %.15g\n", name, kind, name, value);
}

static void write_queues(struct api_server *server, struct text *out) {
    text_printf(out,
                "# TYPE canary_queue_length gauge\n"
                "canary_queue_length{queue=\"writer\"} %zu\n"
                "canary_queue_length{queue=\"readers\"} %zu\n"
                "canary_queue_length{queue=\"hashers\"} %zu\n",
                db_writer_waiting(server->writer), api_pool_waiting(server->readers),
                api_pool_waiting(server->hashers));
}

void api_server_metrics(struct api_server *server, struct text *out) {
    struct db_writer_stats writer;
    struct http_stats http;
    db_writer_stats(server->writer, &writer);
    http_stats(server->http, &http);
    api_metrics_write(server->metrics, out);
    write_queues(server, out);
    write_value(out, "canary_writer_groups_total", "counter", (double)writer.groups);
    write_value(out, "canary_writer_jobs_total", "counter", (double)writer.jobs);
    write_value(out, "canary_writer_seconds_total", "counter", (double)writer.group_us_sum / 1e6);
    write_value(out, "canary_writer_sync_seconds_total", "counter", (double)writer.sync_us_sum / 1e6);
    write_value(out, "canary_connections", "gauge", (double)http.connections);
    write_value(out, "canary_http_requests_total", "counter", (double)http.requests);
    write_value(out, "canary_http_refused_total", "counter", (double)http.refused);
    write_value(out, "canary_http_dripped_total", "counter", (double)http.dripped);
}
