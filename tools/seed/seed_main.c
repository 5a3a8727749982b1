#include "seed.h"
#include "app/app_installation.h"
#include "app/app_key.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char HELP[] =
    "canary-seed makes a demo database: a depot in Sydney, one in Perth, and a year of their work.\n"
    "\n"
    "  --db FILE        the file to make; must not be there yet (demo/canary.db)\n"
    "  --seed N         the same seed makes the same data (1)\n"
    "  --patients N     12 to 9000 (2400)\n"
    "  --months N       whole months of history before the current one, 1 to 36 (13)\n"
    "  --until INSTANT  when history ends, e.g. 2026-11-20T01:00:00Z (now)\n"
    "  --times          says how long each kind of act took\n"
    "\n"
    "Examples:\n"
    "  canary-seed\n"
    "  canary-seed --db small.db --patients 60 --months 3\n"
    "  canary-seed --db again.db --seed 7 --until 2026-11-20T01:00:00Z\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

static const struct {
    const char *name;
    act_run *run;
} ACT[ACTS] = {
    [ACT_JOIN] = {"patient joins", seed_act_join},
    [ACT_PLAN] = {"plan", seed_act_plan},
    [ACT_SWEEP] = {"sweep", seed_act_sweep},
    [ACT_CALL] = {"call", seed_act_call},
    [ACT_COUNT] = {"count", seed_act_count},
    [ACT_CONFIRM] = {"confirm", seed_act_confirm},
    [ACT_BOOK] = {"book", seed_act_book},
    [ACT_RESCHEDULE] = {"reschedule", seed_act_reschedule},
    [ACT_CANCEL] = {"cancel", seed_act_cancel},
    [ACT_LEAVE_OUT] = {"order left out", seed_act_leave_out},
    [ACT_PLAN_RUNS] = {"plan runs", seed_act_plan_runs},
    [ACT_DISPATCH] = {"dispatch runs", seed_act_dispatch},
    [ACT_STOP] = {"stop", seed_act_stop},
    [ACT_CLEAR] = {"clear the day", seed_act_clear},
    [ACT_RETRY] = {"second attempt", seed_act_retry},
    [ACT_REVIEW] = {"review", seed_act_review},
    [ACT_JUDGE] = {"discrepancy", seed_act_judge},
    [ACT_CONTEST] = {"contest", seed_act_contest},
    [ACT_STATUS] = {"status", seed_act_status},
    [ACT_PRESCRIBE] = {"prescription", seed_act_prescribe},
    [ACT_EMERGENCY] = {"emergency", seed_act_emergency},
    [ACT_STORM] = {"storm", seed_act_storm},
    [ACT_MONTH] = {"month", seed_act_month},
};

/* ---- who acts, and how ---- */

void seed_as(struct seed *s, enum role role, struct id user_id) {
    s->c->actor = (struct actor){.user_id = user_id, .role = role};
}

void seed_as_rep(struct seed *s, const struct home *home) {
    const struct demo_depot *depot = &s->depot[home->depot];
    seed_as(s, ROLE_REP, depot->rep[(size_t)(home - s->home) % depot->reps]);
}

void seed_as_dispatcher(struct seed *s, int depot) {
    const struct demo_depot *d = &s->depot[depot];
    seed_as(s, ROLE_DISPATCHER, d->dispatcher[(size_t)seed_today(s, d) % d->dispatchers]);
}

static bool refused(enum err err) {
    return err == ERR_STATE || err == ERR_INVALID || err == ERR_DENIED;
}

enum err seed_try(struct seed *s, enum err (*use)(struct seed *s, void *user), void *user, bool *done_out) {
    TRY(db_savepoint(s->c));
    enum err err = use(s, user);
    *done_out = err == OK;
    if (err == OK) return db_release(s->c);
    db_rollback_to(s->c);
    if (!refused(err)) return err;
    s->tally.refusals++;
    ctx_fault_clear(s->c);
    return OK;
}

int64_t seed_in(const struct seed *s, int64_t minutes) {
    return s->c->now + minutes * MINUTE_MS;
}

/* ---- what happens every day ---- */

static void push_depot_day(struct seed *s, int i, int64_t date) {
    const struct demo_depot *d = &s->depot[i];
    int64_t before = date - 1, after = date + 1;
    if (!seed_open_on(d, date)) return;
    while (!seed_open_on(d, before))
        before--;
    while (!seed_open_on(d, after))
        after++;
    seed_push(
        s, (struct act){
               .at = seed_local(d, before, 17 * 60 + 30), .kind = ACT_PLAN_RUNS, .value = i, .more = date});
    seed_push(s, (struct act){
                     .at = seed_local(d, date, 6 * 60 + 15), .kind = ACT_DISPATCH, .value = i, .more = date});
    seed_push(s, (struct act){
                     .at = seed_local(d, after, 8 * 60 + 10), .kind = ACT_CLEAR, .value = i, .more = date});
}

static void push_day(struct seed *s, int64_t date) {
    int year, month, day;
    int64_t midnight = date * DAY_MS;
    date_split(date, &year, &month, &day);
    if (date_weekday(date) == 1 && date / 7 % 2 == 0)
        seed_push(s, (struct act){.at = midnight, .kind = ACT_PLAN});
    for (int hour = 2; hour < 24; hour += 3)
        seed_push(s, (struct act){.at = midnight + hour * HOUR_MS, .kind = ACT_SWEEP});
    seed_push(
        s, (struct act){.at = midnight + HOUR_MS, .kind = ACT_REVIEW, .more = midnight + HOUR_MS - DAY_MS});
    for (int i = 0; i < DEPOTS; i++)
        push_depot_day(s, i, date);
    if (day == 1 && date > s->start)
        seed_push(s, (struct act){.at = midnight, .kind = ACT_MONTH, .more = date - 1});
}

static void push_days(struct seed *s) {
    int64_t last = s->options.until / DAY_MS;
    for (int64_t date = s->start - 9; date <= last + 7; date++)
        push_day(s, date);
    seed_push(s, (struct act){.at = (s->start - 13) * DAY_MS, .kind = ACT_PLAN});
    if (last - s->start < 60) return;
    int64_t storm = s->start + (last - s->start) * 2 / 3;
    while (!seed_open_on(&s->depot[PERTH], storm) || date_weekday(storm) == 5)
        storm++;
    seed_push(s, (struct act){.at = seed_local(&s->depot[PERTH], storm - 1, 15 * 60),
                              .kind = ACT_STORM,
                              .value = PERTH,
                              .more = storm});
}

/* ---- the moving clock ---- */

struct times {
    int64_t n[ACTS], us[ACTS];
};

MUST static enum err act_once(struct seed *s, const struct act *act, struct times *times) {
    int64_t begin = clock_monotonic_us();
    s->c->now = act->at;
    s->c->request_id = id_new(act->at);
    seed_as(s, ROLE_SYSTEM, (struct id){{0}});
    TRY(ACT[act->kind].run(s, act));
    arena_reset(s->c->arena);
    times->n[act->kind]++;
    times->us[act->kind] += clock_monotonic_us() - begin;
    return OK;
}

enum { GROUP = 2000 }; /* acts in one commit: nobody waits for this file */

MUST static enum err act_all(struct seed *s, struct times *times) {
    struct act act;
    for (int64_t n = 1; seed_pop(s, &act); n++) {
        TRY(act_once(s, &act, times));
        if (n % GROUP) continue;
        TRY(db_commit(s->c));
        TRY(db_begin(s->c));
    }
    return OK;
}

/* As `canary init` does. Whoever knows the seed knows this key: a demo proves nothing to anybody. */
MUST static enum err make_key(struct seed *s) {
    const char *path = arena_printf(s->c->arena, "%s.key", s->options.db);
    REQUIRE(path);
    seed_as(s, ROLE_SYSTEM, (struct id){{0}});
    return app_key_first(s->c, path);
}

MUST static enum err make(struct seed *s, struct times *times) {
    int64_t applied;
    s->c->now = (s->start - 16) * DAY_MS;
    TRY(db_open(s->c, s->options.db, DB_BULK, &s->c->db));
    TRY(db_migrate(s->c, &applied));
    TRY(db_ids_begin(s->c));
    TRY(make_key(s));
    TRY(db_begin(s->c));
    TRY(app_installation_begin(s->c));
    TRY(seed_world(s));
    TRY(seed_homes(s));
    push_days(s);
    TRY(act_all(s, times));
    TRY(seed_summary(s));
    return db_commit(s->c);
}

static void print_times(const struct times *times) {
    for (int i = 0; i < ACTS; i++)
        if (times->n[i])
            fprintf(stderr, "  %-16s %7lld  %8.1f us each  %6.2f s\n", ACT[i].name, (long long)times->n[i],
                    (double)times->us[i] / (double)times->n[i], (double)times->us[i] / 1e6);
}

/* ---- the command ---- */

static int wrong(const char *what) {
    fprintf(stderr, "canary-seed: %s\n`canary-seed --help` shows what there is.\n", what);
    return 2;
}

static bool read_number(const char *text, int64_t least, int64_t most, int64_t *number_out) {
    char *end;
    long long number = strtoll(text, &end, 10);
    if (!*text || *end || number < least || number > most) return false;
    *number_out = number;
    return true;
}

struct command {
    struct seed_options options;
    bool times, help;
};

static const char *read_option(struct command *command, int option) {
    struct seed_options *o = &command->options;
    int64_t seed;
    switch (option) {
    case 'd':
        o->db = optarg;
        return NULL;
    case 's':
        if (!read_number(optarg, 0, INT64_MAX - 1, &seed)) return "--seed takes a whole number";
        o->seed = (uint64_t)seed;
        return NULL;
    case 'p':
        return read_number(optarg, 12, 9000, &o->patients) ? NULL : "--patients takes 12 to 9000";
    case 'm':
        return read_number(optarg, 1, 36, &o->months) ? NULL : "--months takes 1 to 36";
    case 'u':
        o->until = instant_parse(optarg);
        return o->until != NONE ? NULL : "--until takes an instant such as 2026-11-20T01:00:00Z";
    case 't':
        command->times = true;
        return NULL;
    case 'h':
        command->help = true;
        return NULL;
    }
    return "wrong option";
}

static const char *read_words(int argc, char **argv, struct command *command_out) {
    static const struct option LONG[] = {
        {"db", required_argument, NULL, 'd'},       {"seed", required_argument, NULL, 's'},
        {"patients", required_argument, NULL, 'p'}, {"months", required_argument, NULL, 'm'},
        {"until", required_argument, NULL, 'u'},    {"times", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    const char *fault = NULL;
    int option;
    while (!fault && (option = getopt_long(argc, argv, "", LONG, NULL)) != -1)
        fault = read_option(command_out, option);
    if (!fault && optind < argc) fault = "no words are taken, only options";
    return fault;
}

/* The first of the month, so many months before the one that history ends in. */
static int64_t first_day(const struct seed_options *o) {
    int year, month, day;
    date_split(o->until / DAY_MS, &year, &month, &day);
    return date_add_months(date_of(year, month, 1), -o->months);
}

static void say_fault(const struct ctx *c) {
    fprintf(stderr, "canary-seed: %s\n", c->fault.detail ? c->fault.detail : "it failed");
    for (const struct fault_item *item = c->fault.first; item; item = item->next)
        fprintf(stderr, "  %s: %s\n", item->pointer, item->detail);
}

/* Half a history is of no use, and would stand in the way of the next try. */
static void end(struct seed *s, enum err err) {
    if (!s->c->db) return;
    if (db_in_unit(s->c->db)) db_rollback(s->c);
    db_close(&s->c->db);
    if (err == OK) return;
    unlink(s->options.db);
    unlink(arena_printf(s->keep, "%s.lock", s->options.db));
}

static int run(const struct command *command) {
    struct ctx c = {.arena = arena_create(LIMIT_ARENA_IMPORT), .rules = &rules_default};
    struct seed s = {.c = &c, .keep = arena_create(LIMIT_ARENA_IMPORT), .options = command->options};
    struct times times = {{0}, {0}};
    REQUIRE(c.arena && s.keep);
    log_set_level(LOG_WARN);
    s.random = s.options.seed;
    s.start = first_day(&s.options);
    seed_random_begin(s.options.seed);
    enum err err = make(&s, &times);
    if (err != OK) say_fault(&c);
    if (command->times) print_times(&times);
    end(&s, err);
    free(s.queue);
    arena_destroy(&s.keep);
    arena_destroy(&c.arena);
    return err == OK ? 0 : 1;
}

int main(int argc, char **argv) {
    struct clock clock = clock_system();
    struct command command = {.options = {.db = "demo/canary.db",
                                          .seed = 1,
                                          .patients = 2400,
                                          .months = 13,
                                          .until = clock_now(&clock) / MINUTE_MS * MINUTE_MS}};
    const char *fault = read_words(argc, argv, &command);
    if (fault) return wrong(fault);
    if (command.help) fputs(HELP, stdout);
    return command.help ? 0 : run(&command);
}
