#include "config.h"
#include "base/date.h"
#include "base/log.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { TEXT, COUNT_OF, DURATION, TIME_OF_DAY, INSTANT, FLAG, LEVEL };

struct setting {
    const char *key;
    enum type type;
    const char *value; /* the default, as it would be written; "" for none */
    int64_t min, max;  /* of COUNT_OF; ms of DURATION */
    bool secret;       /* never printed */
    size_t at;         /* in struct config */
    const char *help;
};

#define AT(member) offsetof(struct config, member)
#define RULE(member) offsetof(struct config, rules) + offsetof(struct rules, member)

/* clang-format off */
static const struct setting SETTINGS[] = {
    {"call-lead-days", COUNT_OF, "7", 0, 60, false, RULE(call_lead_days), "a call is due this many days before the due date"},
    {"clock", INSTANT, "", 0, 0, false, AT(clock), "the program's clock starts at this instant; only with --dev"},
    {"config", TEXT, "", 0, 0, false, AT(file), "a file with lines `key = value`; those that begin with # are comments"},
    {"confirm-boxes", COUNT_OF, "1", 0, 1000, false, RULE(confirm_boxes), "beside confirm-permille: so many boxes from what is suggested a rep may always order"},
    {"confirm-permille", COUNT_OF, "200", 0, 100000, false, RULE(confirm_permille), "farther than this from what is suggested, in thousandths of it, needs a reason and a manager"},
    {"cutoff", TIME_OF_DAY, "18:00", 0, 0, false, RULE(cutoff_min), "from this time of the depot, on the day before, nothing moves a commitment"},
    {"db", TEXT, "canary.db", 0, 0, true, AT(db), "the database: a file, or postgresql://USER@HOST/NAME"},
    {"dev", FLAG, "false", 0, 0, false, AT(dev), "allows what only demos and tests need"},
    {"early-tolerance", DURATION, "0s", 0, DAY_MS, false, RULE(early_tolerance_ms), "how long before a window's start still counts as on time"},
    {"evidence-wait", DURATION, "24h", 0, 30 * DAY_MS, false, RULE(evidence_wait_ms), "how long a named image counts as proof before it has arrived"},
    {"grace", DURATION, "24h", 0, 30 * DAY_MS, false, RULE(grace_ms), "how long after a window's end without a drop it is missed, not late"},
    {"key", TEXT, "", 0, 0, false, AT(key), "the file of the private key that signs the log; else DB.key beside a file, canary.key for a server"},
    {"late-tolerance", DURATION, "0s", 0, DAY_MS, false, RULE(late_tolerance_ms), "how long after a window's end still counts as on time"},
    {"listen", TEXT, "127.0.0.1:8080", 0, 0, false, AT(listen), "address and port to serve on; port 0 takes a free one"},
    {"log-level", LEVEL, "info", 0, 0, false, AT(log_level), "what is logged: from this level on"},
    {"low-cover-days", COUNT_OF, "3", 0, 60, false, RULE(low_cover_days), "a miss with fewer days of stock at home is of severity S1"},
    {"place-accuracy-m", COUNT_OF, "250", 0, 100000, false, RULE(place_accuracy_m), "how much of a fix's accuracy counts, in metres"},
    {"place-m", COUNT_OF, "250", 0, 100000, false, RULE(place_m), "farther from the home, in metres, is a wrong place"},
    {"plan-days", COUNT_OF, "35", 1, 400, false, RULE(plan_days), "how far ahead the daily plan looks"},
    {"retention-days", COUNT_OF, "3653", 0, 36500, false, RULE(retention_days), "for so long after the last delivery a patient cannot be erased; ten years, as EU 2017/745 article 25 asks of who supplies devices"},
    {"session", DURATION, "12h", 60000, 90 * DAY_MS, false, RULE(session_ms), "how long a sign-in lasts"},
    {"small-n", COUNT_OF, "20", 0, 1000, false, RULE(small_n), "a rate of fewer than this carries a 95 % interval"},
    {"sweep-every", DURATION, "60s", 100, DAY_MS, false, AT(sweep_every_ms), "how often late and missed deliveries are looked for"},
    {"synced-late", DURATION, "15m", 0, DAY_MS, false, RULE(synced_late_ms), "an event that arrives later than this after its own time is marked"},
};
/* clang-format on */

enum source { BY_DEFAULT, BY_FILE, BY_ENVIRONMENT, BY_COMMAND_LINE };
static const char *const SOURCE[] = {"default", "file", "environment", "command line"};

/* What is in force, for `canary config`. */
static struct {
    const char *value;
    enum source source;
} in_force[COUNT(SETTINGS)];

static const struct setting *find(const char *key) {
    for (size_t i = 0; i < COUNT(SETTINGS); i++)
        if (strcmp(SETTINGS[i].key, key) == 0) return &SETTINGS[i];
    return NULL;
}

bool config_known(const char *key) {
    return find(key) != NULL;
}

bool config_is_flag(const char *key) {
    const struct setting *setting = find(key);
    return setting && setting->type == FLAG;
}

/* ---- values ---- */

static bool in_limits(const struct setting *setting, int64_t value) {
    return value >= setting->min && value <= setting->max;
}

static int64_t whole_number(const char *text, const char **rest_out) {
    char *rest;
    errno = 0;
    long long value = isdigit((unsigned char)*text) ? strtoll(text, &rest, 10) : -1;
    if (value < 0 || errno) return NONE;
    *rest_out = rest;
    return value;
}

static int64_t read_count(const struct setting *setting, const char *text) {
    const char *rest = "";
    int64_t value = whole_number(text, &rest);
    return value == NONE || *rest || !in_limits(setting, value) ? NONE : value;
}

static const struct {
    const char *unit;
    int64_t ms;
} UNITS[] = {{"ms", 1}, {"s", 1000}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", DAY_MS}};

static int64_t read_duration(const struct setting *setting, const char *text) {
    const char *rest = "";
    int64_t value = whole_number(text, &rest), ms;
    for (size_t i = 0; value != NONE && i < COUNT(UNITS); i++)
        if (strcmp(rest, UNITS[i].unit) == 0)
            return !__builtin_mul_overflow(value, UNITS[i].ms, &ms) && in_limits(setting, ms) ? ms : NONE;
    return NONE;
}

static int64_t read_time(const struct setting *setting, const char *text) {
    (void)setting;
    return time_parse(text);
}

static int64_t read_instant(const struct setting *setting, const char *text) {
    (void)setting;
    return instant_parse(text);
}

static int64_t read_flag(const struct setting *setting, const char *text) {
    (void)setting;
    static const char *const WORDS[] = {"false", "true"};
    return names_value(&(struct names){WORDS, COUNT(WORDS)}, text);
}

static int64_t read_level(const struct setting *setting, const char *text) {
    (void)setting;
    static const char *const WORDS[] = {"debug", "info", "warn", "error"};
    return names_value(&(struct names){WORDS, COUNT(WORDS)}, text);
}

static const struct {
    int64_t (*read)(const struct setting *setting, const char *text); /* NULL: the text itself */
    const char *takes;
} TYPES[] = {
    [TEXT] = {NULL, "a text"},
    [COUNT_OF] = {read_count, "a whole number"},
    [DURATION] = {read_duration, "a number with its unit, ms, s, m, h or d"},
    [TIME_OF_DAY] = {read_time, "a time of day as HH:MM"},
    [INSTANT] = {read_instant, "an instant as 2026-03-02T08:00:00Z"},
    [FLAG] = {read_flag, "true or false"},
    [LEVEL] = {read_level, "debug, info, warn or error"},
};

/* 2592000000 as 30d: in the largest unit that divides it; nothing is 0s. */
static void duration_text(int64_t ms, char *out, size_t n) {
    size_t i = ms ? COUNT(UNITS) - 1 : 1;
    while (ms % UNITS[i].ms != 0)
        i--;
    snprintf(out, n, "%lld%s", (long long)(ms / UNITS[i].ms), UNITS[i].unit);
}

static void limits_text(const struct setting *setting, char *out, size_t n) {
    char min[24], max[24];
    out[0] = 0;
    if (setting->type == DURATION) {
        duration_text(setting->min, min, sizeof min);
        duration_text(setting->max, max, sizeof max);
        snprintf(out, n, ", from %s to %s", min, max);
    } else if (setting->max > 0)
        snprintf(out, n, " from %lld to %lld", (long long)setting->min, (long long)setting->max);
}

static enum err set(struct ctx *c, struct config *config, const struct setting *setting, const char *value,
                    enum source source) {
    char limits[64];
    char *member = (char *)config + setting->at;
    size_t i = (size_t)(setting - SETTINGS);
    int64_t number = TYPES[setting->type].read && *value ? TYPES[setting->type].read(setting, value) : NONE;
    limits_text(setting, limits, sizeof limits);
    if (TYPES[setting->type].read && number == NONE && source != BY_DEFAULT)
        return FAIL(c, ERR_INVALID, "config.invalid", "%s (%s): \"%s\" is not %s%s", setting->key,
                    SOURCE[source], value, TYPES[setting->type].takes, limits);
    if (TYPES[setting->type].read)
        *(int64_t *)(void *)member = number;
    else
        *(const char **)(void *)member = arena_strdup(c->arena, value);
    in_force[i].value = arena_strdup(c->arena, value);
    in_force[i].source = source;
    return OK;
}

static enum err set_key(struct ctx *c, struct config *config, const char *key, const char *value,
                        enum source source) {
    const struct setting *setting = find(key);
    if (setting) return set(c, config, setting, value, source);
    return FAIL(c, ERR_INVALID, "config.unknown",
                "%s (%s): there is no such setting; `canary help config` says how to see all", key,
                SOURCE[source]);
}

/* ---- sources, the strongest last ---- */

static enum err read_defaults(struct ctx *c, struct config *config) {
    for (size_t i = 0; i < COUNT(SETTINGS); i++)
        TRY(set(c, config, &SETTINGS[i], SETTINGS[i].value, BY_DEFAULT));
    return OK;
}

static char *trimmed(char *text) {
    text += strspn(text, " \t");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        text[--n] = 0;
    return text;
}

static enum err read_line(struct ctx *c, struct config *config, char *line, int number) {
    char *key = trimmed(line), *equals = strchr(key, '=');
    if (!*key || *key == '#') return OK;
    if (!equals)
        return FAIL(c, ERR_INVALID, "config.invalid", "%s:%d: a line is `key = value`", config->file, number);
    *equals = 0;
    return set_key(c, config, trimmed(key), trimmed(equals + 1), BY_FILE);
}

static enum err read_file(struct ctx *c, struct config *config) {
    char line[1000];
    enum err err = OK;
    if (!*config->file) return OK;
    FILE *file = fopen(config->file, "r");
    if (!file)
        return FAIL(c, ERR_INVALID, "config.invalid", "the --config file %s cannot be read: %s", config->file,
                    strerror(errno));
    for (int number = 1; err == OK && fgets(line, sizeof line, file); number++)
        err = read_line(c, config, line, number);
    fclose(file);
    return err;
}

#define PREFIX "CANARY_"

/* CANARY_LATE_TOLERANCE=… → late-tolerance; NULL: none of ours. */
static const char *key_of(struct ctx *c, const char *word) {
    if (strncmp(word, PREFIX, strlen(PREFIX)) != 0) return NULL;
    word += strlen(PREFIX);
    char *key = arena_memdup(c->arena, word, strcspn(word, "="));
    for (char *at = key; at && *at; at++)
        *at = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
    return key;
}

static enum err read_environment(struct ctx *c, struct config *config, char *const *words) {
    for (; words && *words; words++) {
        const char *key = key_of(c, *words), *equals = strchr(*words, '=');
        if (key && equals && !find(key))
            return FAIL(
                c, ERR_INVALID, "config.unknown",
                "%.*s (environment): there is no such setting; `canary help config` says how to see all",
                (int)(equals - *words), *words);
        if (key && equals) TRY(set_key(c, config, key, equals + 1, BY_ENVIRONMENT));
    }
    return OK;
}

static enum err read_words(struct ctx *c, struct config *config, const struct config_word *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        TRY(set_key(c, config, words[i].key, words[i].value, BY_COMMAND_LINE));
    return OK;
}

static enum err check(struct ctx *c, const struct config *config) {
    if (config->clock != NONE && !config->dev)
        return FAIL(c, ERR_INVALID, "config.invalid", "clock is for demos and tests: it needs --dev");
    if (!*config->db) return FAIL(c, ERR_INVALID, "config.invalid", "db must not be empty");
    return OK;
}

/* The stronger sources are read first for --config, and again after the file. */
enum err config_read(struct ctx *c, const struct config_word *words, size_t n, char *const *environ_words,
                     struct config *config_out) {
    struct config config = {0};
    TRY(read_defaults(c, &config));
    TRY(read_environment(c, &config, environ_words));
    TRY(read_words(c, &config, words, n));
    TRY(read_file(c, &config));
    TRY(read_environment(c, &config, environ_words));
    TRY(read_words(c, &config, words, n));
    TRY(check(c, &config));
    *config_out = config;
    return OK;
}

/* ---- canary config ---- */

/* A URL may hold a password. */
static const char *shown(const struct setting *setting) {
    const char *value = in_force[setting - SETTINGS].value;
    return setting->secret && strchr(value, '@') ? "(set)" : value;
}

/* CANARY_LATE_TOLERANCE */
static void write_variable(struct text *out, const char *key) {
    text_str(out, PREFIX);
    for (; *key; key++)
        text_char(out, *key == '-' ? '_' : (char)toupper((unsigned char)*key));
}

static void write_row(struct text *out, const struct setting *setting, const char *limits) {
    text_printf(out, "| `--%s` | `", setting->key);
    write_variable(out, setting->key);
    text_printf(out, "` | %s | %s | %s%s | %s |\n", shown(setting),
                SOURCE[in_force[setting - SETTINGS].source], TYPES[setting->type].takes, limits,
                setting->help);
}

/* Readable as a settings file. */
static void write_lines(struct text *out, const struct setting *setting, const char *limits) {
    const char *value = shown(setting);
    text_printf(out, "# %s: %s%s (%s)\n%s%s = %s\n\n", setting->help, TYPES[setting->type].takes, limits,
                SOURCE[in_force[setting - SETTINGS].source], *value ? "" : "# ", setting->key, value);
}

void config_write(struct text *out, bool markdown) {
    if (markdown)
        text_str(out, "| setting | environment | value | from | takes | help |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT(SETTINGS); i++) {
        char limits[64];
        limits_text(&SETTINGS[i], limits, sizeof limits);
        (markdown ? write_row : write_lines)(out, &SETTINGS[i], limits);
    }
}
