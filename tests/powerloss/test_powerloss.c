/* Power cuts, one after the other: whole requests in groups of the writer, on a disk whose power goes at some
 * write; then what the driver finds when it opens the file again. Every acknowledged request must be there,
 * whole and once; the log without a gap; the pass that trusts nobody silent.
 *
 * From the environment: CUTS (2,000), SEED, VERBOSE=1 (tell every finding instead of the first ones).
 * Each run is tried against settings that are known to be bad, which must be caught. */
#include "month.h"
#include "power_vfs.h"
#include "api/api_work.h"
#include "app/app_verify.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "db/driver.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    GROUP = 4,         /* requests at once */
    MONTHS = 6,        /* at once */
    GROUPS = 5,        /* between two cuts, at most */
    CUTS_A_WORLD = 40, /* then from the beginning: a small database is a fast one */
    ACKS_MAX = CUTS_A_WORLD * GROUP * GROUPS,
    RECHECKED = 24, /* acknowledged requests looked for after each cut, the newest */
    ARENA = 32 << 20,
    SYNC_US = 300, /* at most: as long as some requests take */
    BAD_CUTS = 400 /* within which a bad setting is caught */
};

/* Random bytes of ids and salts by the seed too: a run can be repeated. */
void random_fill(void *bytes_out, size_t n) {
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)bytes_out)[i] = (unsigned char)power_chance(256);
}

static const struct setting {
    const char *name;
    bool is_normal;
    const char *ignored; /* power_ignore_syncs_of */
} GOOD = {"full", false, NULL};
static const struct setting BAD[] = {{"synchronous = NORMAL", true, NULL},
                                     {"a commit that does not sync", false, "-wal"},
                                     {"a checkpoint that does not sync", false, ".db"}};

struct ack {
    struct id request;
    int stage;
};

struct figures {
    int64_t acknowledged, uncertain, lost, doubled, gaps, findings, damaged, other_answers, refused,
        opens_failed;
};

struct job {
    struct db_job job;
    struct ctx c;
    struct http_request request;
    struct api_call call;
    struct month *month; /* NULL: a sweep */
    struct sent sent;
    enum err err;
    bool is_acknowledged;
};

static struct {
    const struct setting *setting;
    struct world *world;
    char base[200], path[200];
    struct ctx c; /* of the checks */
    struct arena *job_arena[GROUP];
    struct job job[GROUP];
    size_t jobs;
    bool is_plain; /* every second group does without savepoints */
    struct month month[MONTHS];
    bool is_uncertain[MONTHS];
    char *answer[MONTHS];  /* to the request before */
    int months, cuts_here; /* begun in this world */
    struct ack ack[ACKS_MAX];
    size_t acks;
    atomic_size_t done;
    struct figures figures;
    int told;
} run;

/* A finding: the first of each run in words. */
__attribute__((format(printf, 2, 3))) static void found(int64_t *figure, const char *fmt, ...) {
    va_list args;
    (*figure)++;
    if (run.setting != &GOOD || (run.told++ > 10 && !getenv("VERBOSE"))) return;
    va_start(args, fmt);
    printf("    cut %lld: ", (long long)power_figures().cuts);
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
}

static bool is_broken(void) {
    const struct figures *f = &run.figures;
    return f->lost || f->doubled || f->gaps || f->findings || f->damaged || f->other_answers || f->refused ||
           f->opens_failed;
}

/* What a bad setting must lead to: other findings may come first, and are not enough. */
static bool is_lost(void) {
    return run.figures.lost > 0 || run.figures.damaged > 0;
}

/* ---- the database ---- */

static bool open_database(void) {
    static const struct db_stmt NORMAL = {"test.normal", "PRAGMA synchronous = NORMAL", NULL};
    ctx_fault_clear(&run.c);
    if (db_open(&run.c, run.path, DB_WRITE, &run.c.db) != OK) {
        found(&run.figures.opens_failed, "it does not open: %s", run.c.fault.detail);
        return false;
    }
    if (db_ids_begin(&run.c) != OK) {
        found(&run.figures.opens_failed, "it does not begin: %s", run.c.fault.detail);
        db_close(&run.c.db);
        return false;
    }
    if (run.setting->is_normal) CHECK_OK(&run.c, db_exec(&run.c, &NORMAL, NO_ARGS, NULL));
    return true;
}

/* A world of its own before the first order, kept as a file from which each row of cuts begins. */
static void make_base(void) {
    struct world *w = run.world = world_make_file();
    snprintf(run.base, sizeof run.base, "%s/world.db", check_dir());
    snprintf(run.path, sizeof run.path, "%s/power.db", check_dir());
    world_run(w, "UPDATE zone_window SET stops_max = 10000");
    world_run(w, "UPDATE zone SET weight_max_g = 1000000000");
    world_settle(w);
    w->c->db->driver->settle(w->c->db, true);
    FILE *placeholder = fopen(run.path, "w"); /* the driver asks the system whether the file is there */
    CHECK(placeholder && fclose(placeholder) == 0);
}

static void keep_answer(size_t i, const char *body, size_t n) {
    free(run.answer[i]);
    run.answer[i] = body ? strndup(body, n) : NULL;
}

static void begin_world(void) {
    run.acks = 0;
    run.months = 0;
    for (size_t i = 0; i < MONTHS; i++) {
        run.month[i] = (struct month){.number = run.months++};
        keep_answer(i, NULL, 0);
    }
    memset(run.is_uncertain, 0, sizeof run.is_uncertain);
    power_copy(run.base, run.path);
}

/* ---- requests ---- */

static void fill_request(struct ctx *c, struct http_request *request, const struct sent *sent) {
    *request = (struct http_request){.arena = c->arena,
                                     .method = sent->method,
                                     .path = sent->target,
                                     .query = "",
                                     .body = sent->body ? sent->body : "",
                                     .body_size = sent->body ? strlen(sent->body) : 0,
                                     .content_type = sent->body ? "application/json" : NULL,
                                     .if_match = sent->if_match,
                                     .idempotency_key = sent->key,
                                     .authorization = arena_printf(c->arena, "Bearer %s", sent->token)};
}

static enum err run_job(struct db_job *db_job, struct db *db) {
    struct job *job = (struct job *)db_job;
    job->c.db = db;
    api_call_begin(&job->c, &job->call, &job->request);
    return job->err = api_call_run(&job->c, &job->call);
}

/* The answer goes out now: from here on it is a promise. */
static void job_done(struct db_job *db_job, enum err err) {
    struct job *job = (struct job *)db_job;
    job->is_acknowledged = err == OK && !power_is_off();
    job->err = err;
    api_call_end(&job->c, &job->call, &job->request, err);
    atomic_fetch_add(&run.done, 1);
}

static void make_job(size_t i, struct month *month) {
    struct job *job = &run.job[i];
    arena_reset(run.job_arena[i]);
    *job = (struct job){.job = {.run = run_job, .done = job_done, .is_plain = run.is_plain}, .month = month};
    job->c = (struct ctx){.arena = run.job_arena[i], .rules = &rules_default, .now = run.world->c->now};
    if (month) {
        job->sent = month_request(&job->c, run.world, month);
    } else {
        job->sent = (struct sent){.method = "POST", .target = "/v1/sweep", .token = "token-manager-0"};
        job->c.now = instant_parse(power_chance(2) ? "2026-03-12T02:00:00Z" : "2026-03-14T02:00:00Z");
    }
    job->c.request_id = id_new(job->c.now);
    fill_request(&job->c, &job->request, &job->sent);
}

/* Some of the months, each at most once, and now and then the sweep. */
static void make_jobs(void) {
    int first = (int)power_chance(MONTHS);
    size_t n = (size_t)power_chance(GROUP) + 1;
    run.is_plain = !run.is_plain;
    for (run.jobs = 0; run.jobs < n; run.jobs++) {
        struct month *month = &run.month[((size_t)first + run.jobs) % MONTHS];
        if (month->stage == MONTH_STAGES) *month = (struct month){.number = run.months++};
        make_job(run.jobs, power_chance(12) ? month : NULL);
    }
}

static void keep_ack(const struct job *job, int stage) {
    REQUIRE(run.acks < ACKS_MAX);
    run.ack[run.acks++] = (struct ack){job->c.request_id, stage};
    run.figures.acknowledged++;
}

/* Not confirmed: unknown when the power went; otherwise only what a request before it has done explains it.
 */
static bool is_explained(const struct job *job) {
    size_t i = job->month ? (size_t)(job->month - run.month) : 0;
    if (power_is_off()) {
        run.figures.uncertain++;
        if (job->month) run.is_uncertain[i] = true;
        return false;
    }
    if (job->month && run.is_uncertain[i] && month_was_done(job->month, job->call.status)) return true;
    found(&run.figures.refused, "%s %s: %d %s", job->sent.method, job->sent.target, job->call.status,
          job->call.body ? job->call.body : "");
    return false;
}

/* A repeat may have found its first answer, a sweep nothing to do: then there is no event of their own. */
static bool wrote(const struct job *job) {
    if (job->month) return !run.is_uncertain[job->month - run.month];
    return !strstr(job->call.body, "\"late\":0,\"missed\":0,\"runs_closed\":0");
}

/* What the client knows now. */
static void take_answer(const struct job *job) {
    struct month *month = job->month;
    if (!job->is_acknowledged && !is_explained(job)) return;
    size_t i = month ? (size_t)(month - run.month) : 0;
    if (job->is_acknowledged && wrote(job)) keep_ack(job, month ? month->stage : MONTH_STAGES);
    if (!month) return;
    keep_answer(i, job->call.body, job->call.body_size);
    month_answered(month, job->call.body);
    run.is_uncertain[i] = false;
}

/* ---- the two ways in which the writer's connection is used ---- */

/* In one group, or in several, each of which is written while the one before is synced. */
static void group_by_writer(struct db_writer *writer) {
    bool is_apart = power_chance(2);
    atomic_store(&run.done, 0);
    for (size_t i = 0; i < run.jobs; i++) {
        CHECK(db_writer_submit(writer, &run.job[i].job));
        if (is_apart) usleep(200);
    }
    while (atomic_load(&run.done) < run.jobs)
        usleep(20);
}

static enum err run_in_unit(struct ctx *c, void *user) {
    return run_job(user, c->db);
}

/* One by one, with the WAL emptied between some. */
static void group_by_units(struct db *db) {
    for (size_t i = 0; i < run.jobs; i++) {
        struct job *job = &run.job[i];
        job->c.db = db;
        enum err err = db_unit(&job->c, run_in_unit, &job->job);
        job_done(&job->job, err);
        if (power_chance(3) == 0) db->driver->settle(db, true);
    }
}

/* Until the power goes. The connection is closed at the end: a checkpoint, in which it may go, too. */
static void work(void) {
    struct db_writer *writer = NULL;
    bool is_by_writer = power_chance(2);
    if (is_by_writer) {
        run.c.db->settle_pages = 1 + (int)power_chance(100); /* small, as the rows of cuts are */
        CHECK_OK(&run.c, db_writer_start(&run.c, run.c.db, &writer));
    }
    power_slow_syncs(is_by_writer ? SYNC_US : 0);
    power_cut_at(1 + power_chance(is_by_writer ? 700 : 400));
    for (int i = 0; i < GROUPS && !power_is_off(); i++) {
        make_jobs();
        if (is_by_writer)
            group_by_writer(writer);
        else
            group_by_units(run.c.db);
        for (size_t k = 0; k < run.jobs; k++)
            take_answer(&run.job[k]);
    }
    if (is_by_writer)
        db_writer_stop(&writer);
    else
        db_close(&run.c.db);
    run.c.db = NULL;
}

/* ---- checks ---- */

static int64_t events(void) {
    static const struct db_stmt S = {"test.events", "SELECT COUNT(*) FROM audit_event", NULL};
    int64_t n = 0;
    if (db_value(&run.c, &S, NO_ARGS, &n) != OK) found(&run.figures.damaged, "%s", run.c.fault.detail);
    ctx_fault_clear(&run.c);
    return n;
}

static void check_log(void) {
    static const struct db_stmt LAST = {"test.last", "SELECT MAX(seq) FROM audit_event", NULL};
    int64_t last = 0, n = events();
    if (db_value(&run.c, &LAST, NO_ARGS, &last) != OK || (last == NONE ? 0 : last) != n)
        found(&run.figures.gaps, "%lld events, the last is %lld", (long long)n, (long long)last);
    ctx_fault_clear(&run.c);
}

static void check_is_there(const struct ack *ack) {
    static const struct db_stmt S = {"test.event-of",
                                     "SELECT COUNT(*) FROM audit_event WHERE request_id = $1", NULL};
    int64_t n = 0;
    char id[ID_TEXT_SIZE];
    if (db_value(&run.c, &S, ARGS(db_id(&ack->request)), &n) != OK)
        found(&run.figures.damaged, "%s", run.c.fault.detail);
    else if (n == 0)
        found(&run.figures.lost, "acknowledged and gone: %s (stage %d)", id_format(ack->request, id),
              ack->stage);
    ctx_fault_clear(&run.c);
}

/* What is acknowledged was made with ids that the next process begins behind. */
static void check_ids(void) {
    static const struct db_stmt S = {"test.until", "SELECT MAX(until) FROM id_writer", NULL};
    int64_t until = NONE;
    if (db_value(&run.c, &S, NO_ARGS, &until) != OK) found(&run.figures.damaged, "%s", run.c.fault.detail);
    ctx_fault_clear(&run.c);
    for (size_t i = 0; i < run.acks; i++)
        if (id_instant(run.ack[i].request) > until)
            found(&run.figures.doubled, "an id of %lld may be made again: the kept ones end at %lld",
                  (long long)id_instant(run.ack[i].request), (long long)until);
}

static void tell(void *user, const char *sentence) {
    (void)user;
    found(&run.figures.findings, "%s", sentence);
}

static void check_verify(void) {
    struct verify_result result;
    if (app_verify(&run.c, tell, NULL, NULL, &result) != OK)
        found(&run.figures.damaged, "verify: %s", run.c.fault.detail);
    ctx_fault_clear(&run.c);
}

static void check_pages(void) {
    static const struct db_stmt S = {
        "test.pages", "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", NULL};
    int64_t n = 0;
    if (db_value(&run.c, &S, NO_ARGS, &n) != OK || n > 0)
        found(&run.figures.damaged, "the file is damaged: %lld faults", (long long)n);
    ctx_fault_clear(&run.c);
}

/* The newest answer of each month again: the same, and nothing new is written. */
static void check_replay(int i) {
    struct month before = run.month[i];
    if (before.stage == 0 || run.is_uncertain[i] || !month_is_replayed(before.stage - 1)) return;
    before.stage--;
    struct http_request request;
    int64_t n = events();
    struct sent sent = month_request(&run.c, run.world, &before);
    fill_request(&run.c, &request, &sent);
    run.c.request_id = id_new(run.c.now);
    api_handle(&run.c, &request);
    ctx_fault_clear(&run.c);
    const char *body = request.response.body ? request.response.body : "";
    if (request.response.status != 200 && request.response.status != 201)
        found(&run.figures.lost, "a repeat of %s is answered %d", sent.target, request.response.status);
    else if (strcmp(body, run.answer[i] ? run.answer[i] : "") != 0)
        found(&run.figures.other_answers, "a repeat of %s has another answer:\n%s\n%s", sent.target, body,
              run.answer[i]);
    if (events() != n) found(&run.figures.doubled, "a repeat of %s was done again", sent.target);
}

static void check_after_cut(bool is_thorough) {
    arena_reset(run.c.arena);
    check_log();
    check_ids();
    for (size_t i = run.acks > RECHECKED && !is_thorough ? run.acks - RECHECKED : 0; i < run.acks; i++)
        check_is_there(&run.ack[i]);
    for (int i = 0; i < MONTHS; i++)
        check_replay(i);
    if (!is_thorough) return;
    check_verify();
    check_pages();
}

static void repeat(struct month *month) {
    make_job(0, month);
    run.jobs = 1;
    run.job[0].c.db = run.c.db;
    enum err err = db_unit(&run.job[0].c, run_in_unit, &run.job[0].job);
    job_done(&run.job[0].job, err);
    take_answer(&run.job[0]);
}

/* The clients repeat what they are not sure of; then each table holds each month's row once. */
static void check_counts(void) {
    static const struct db_stmt COUNT_OF[] = {
        [MONTH_OPEN] = {"test.orders", "SELECT COUNT(*) FROM patient_order", NULL},
        [MONTH_CONTACT] = {"test.contacts", "SELECT COUNT(*) FROM contact", NULL},
        [MONTH_BOOK] = {"test.deliveries", "SELECT COUNT(*) FROM delivery", NULL},
        [MONTH_RUN] = {"test.runs", "SELECT COUNT(*) FROM run", NULL},
        [MONTH_DROP] = {"test.drops", "SELECT COUNT(*) FROM field_event", NULL},
        [MONTH_CONTEST] = {"test.contests", "SELECT COUNT(*) FROM contest", NULL}};
    for (int i = 0; i < MONTHS; i++)
        if (run.is_uncertain[i]) repeat(&run.month[i]);
    for (int stage = 0; stage < (int)COUNT(COUNT_OF); stage++) {
        int64_t n = 0, want = run.months - MONTHS; /* those that ended */
        if (!COUNT_OF[stage].sql) continue;
        for (int i = 0; i < MONTHS; i++)
            want += run.month[i].stage > stage;
        if (db_value(&run.c, &COUNT_OF[stage], NO_ARGS, &n) != OK) n = 0;
        if (n < want)
            found(&run.figures.lost, "%s: %lld, not %lld", COUNT_OF[stage].name, (long long)n,
                  (long long)want);
        if (n > want)
            found(&run.figures.doubled, "%s: %lld, not %lld", COUNT_OF[stage].name, (long long)n,
                  (long long)want);
    }
}

/* ---- rows of cuts ---- */

/* false: what is left is of no use for another cut. */
static bool cut_once(bool is_last) {
    work();
    power_restore();
    if (power_chance(8) == 0) { /* and again while the restart recovers */
        power_cut_at(1 + power_chance(12));
        if (!open_database()) return false;
        events();
        db_close(&run.c.db);
        power_restore();
    }
    if (!open_database()) return false;
    check_after_cut(is_last || power_chance(8) == 0);
    return run.setting == &GOOD || !is_broken();
}

static void run_world(int64_t cuts) {
    begin_world();
    bool goes_on = open_database();
    while (goes_on && power_figures().cuts < cuts) {
        bool is_last = ++run.cuts_here == CUTS_A_WORLD || power_figures().cuts + 1 >= cuts;
        goes_on = cut_once(is_last);
        if (!is_last) continue;
        if (goes_on) check_counts();
        break;
    }
    if (run.c.db) db_close(&run.c.db);
}

static void say(const char *name, int64_t cuts, int64_t us) {
    const struct figures *f = &run.figures;
    const struct power_figures p = power_figures();
    printf("powerloss (%s): %lld cuts in %.1f s (%.0f a second), %lld acknowledged, %lld uncertain; lost "
           "%lld, doubled "
           "%lld, gaps %lld, other answers %lld, findings %lld, damaged %lld, not opened %lld, refused %lld; "
           "sectors "
           "%lld kept, %lld lost; %lld syncs\n",
           name, (long long)cuts, (double)us / 1e6, (double)cuts * 1e6 / (double)us,
           (long long)f->acknowledged, (long long)f->uncertain, (long long)f->lost, (long long)f->doubled,
           (long long)f->gaps, (long long)f->other_answers, (long long)f->findings, (long long)f->damaged,
           (long long)f->opens_failed, (long long)f->refused, (long long)p.sectors_kept,
           (long long)p.sectors_lost, (long long)p.syncs);
    fflush(stdout);
}

/* Cuts until there were so many, or until a bad setting is caught. */
static void run_cuts(const struct setting *setting, int64_t cuts) {
    int64_t started = clock_monotonic_us();
    power_figures_clear();
    run.figures = (struct figures){0};
    run.setting = setting;
    power_ignore_syncs_of(setting->ignored);
    while (power_figures().cuts < cuts && (setting == &GOOD || !is_lost())) {
        run.cuts_here = 0;
        run_world(cuts);
    }
    power_ignore_syncs_of(NULL);
    say(setting->name, power_figures().cuts, clock_monotonic_us() - started);
}

static int64_t environment(const char *name, int64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoll(text, NULL, 10) : otherwise;
}

static void end(void) {
    if (run.c.db) db_close(&run.c.db);
    arena_destroy(&run.c.arena);
    for (size_t i = 0; i < GROUP; i++)
        arena_destroy(&run.job_arena[i]);
    for (size_t i = 0; i < MONTHS; i++)
        keep_answer(i, NULL, 0);
}

static void begin(void) {
    int64_t seed = environment("SEED", 1);
    printf("powerloss: SEED=%lld\n", (long long)seed);
    alarm(0); /* as long as it takes */
    log_set_level(LOG_ERROR);
    power_register((uint64_t)seed);
    make_base();
    run.c = (struct ctx){.arena = arena_create(ARENA), .rules = &rules_default, .now = run.world->c->now};
    run.c.actor.role = ROLE_SYSTEM;
    for (size_t i = 0; i < GROUP; i++)
        run.job_arena[i] = arena_create(ARENA);
}

TEST(powerloss_nothing_acknowledged_is_lost) {
    begin();
    run_cuts(&GOOD, environment("CUTS", 2000));
    end();
    CHECK(!is_broken());
    CHECK(run.figures.acknowledged > 0 && run.figures.uncertain > 0);
}

TEST(powerloss_a_bad_setting_is_caught) {
    bool is_caught[COUNT(BAD)];
    begin();
    for (size_t i = 0; i < COUNT(BAD); i++) {
        run_cuts(&BAD[i], BAD_CUTS);
        is_caught[i] = is_lost();
    }
    end();
    for (size_t i = 0; i < COUNT(BAD); i++)
        CHECK(is_caught[i]);
}
