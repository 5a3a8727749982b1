/* The settings: command line over environment over file over default; whatever is unknown is refused. */
#include "base/date.h"
#include "base/log.h"
#include "check.h"
#include "config.h"
#include <stdio.h>

static struct config read_good(struct ctx *c, const struct config_word *words, size_t n, char *const *env) {
    struct config config;
    CHECK_OK(c, config_read(c, words, n, env, &config));
    return config;
}

static void check_refused(const char *key, const char *value, const char *slug) {
    struct ctx *c = check_ctx();
    struct config config;
    enum err err = config_read(c, &(struct config_word){key, value}, 1, NULL, &config);
    if (err != ERR_INVALID || strcmp(c->fault.slug, slug) != 0 || !strstr(c->fault.detail, key))
        check_fail(__FILE__, __LINE__, "%s = %s: %s", key, value,
                   c->fault.detail ? c->fault.detail : "taken");
}

TEST(api_config_defaults_are_the_rules_defaults) {
    struct ctx *c = check_ctx();
    struct config config = read_good(c, NULL, 0, NULL);
    CHECK_STR(config.db, "canary.db");
    CHECK_STR(config.listen, "127.0.0.1:8080");
    CHECK_INT(config.sweep_every_ms, 60000);
    CHECK_INT(config.clock, NONE);
    CHECK_INT(config.dev, 0);
    CHECK_INT(config.log_level, LOG_INFO);
    CHECK(memcmp(&config.rules, &rules_default, sizeof config.rules) == 0);
}

TEST(api_config_the_strongest_source_wins) {
    struct ctx *c = check_ctx();
    const char *path = arena_printf(c->arena, "%s/settings", check_dir());
    FILE *file = fopen(path, "w");
    fputs("# a comment\n\n  grace = 3h \nsmall-n=7\r\ndb = from-file.db\n", file);
    fclose(file);
    char *env[] = {arena_printf(c->arena, "CANARY_CONFIG=%s", path), "CANARY_GRACE=2h", "CANARY_SMALL_N=8",
                   "HOME=/", NULL};
    const struct config_word words[] = {{"grace", "1h"}};
    struct config config = read_good(c, words, 1, env);
    CHECK_INT(config.rules.grace_ms, HOUR_MS);
    CHECK_INT(config.rules.small_n, 8);
    CHECK_STR(config.db, "from-file.db");
    config = read_good(c, NULL, 0, env);
    CHECK_INT(config.rules.grace_ms, 2 * HOUR_MS);
}

TEST(api_config_takes_units) {
    static const struct {
        const char *text;
        int64_t ms;
    } GOOD[] = {{"0s", 0},       {"250ms", 250},  {"90s", 90000},
                {"15m", 900000}, {"24h", DAY_MS}, {"30d", 30 * DAY_MS}};
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        struct ctx *c = check_ctx();
        struct config config = read_good(c, &(struct config_word){"grace", GOOD[i].text}, 1, NULL);
        CHECK_INT(config.rules.grace_ms, GOOD[i].ms);
    }
}

TEST(api_config_refuses) {
    static const char *const DURATIONS[] = {"",    "24", "1.5h", "-1h", "h", "31d", "99999999999999999999d",
                                            "1 h", "1H"};
    for (size_t i = 0; i < COUNT(DURATIONS); i++)
        check_refused("grace", DURATIONS[i], "config.invalid");
    static const char *const NUMBERS[] = {"", "0", "401", "x", "7x", " 7", "-1"};
    for (size_t i = 0; i < COUNT(NUMBERS); i++)
        check_refused("plan-days", NUMBERS[i], "config.invalid");
    check_refused("cutoff", "24:01", "config.invalid");
    check_refused("log-level", "loud", "config.invalid");
    check_refused("dev", "yes", "config.invalid");
    check_refused("db", "", "config.invalid");
    check_refused("tolerance", "1h", "config.unknown");
    check_refused("Grace", "1h", "config.unknown");
}

TEST(api_config_refuses_unknown_variables_and_lines) {
    struct ctx *c = check_ctx();
    struct config config;
    char *env[] = {"CANARY_GRASE=1h", NULL};
    CHECK_INT(config_read(c, NULL, 0, env, &config), ERR_INVALID);
    CHECK_STR(c->fault.slug, "config.unknown");
    static const char *const LINES[] = {"grase = 1h\n", "grace\n", "grace = soon\n"};
    for (size_t i = 0; i < COUNT(LINES); i++) {
        c = check_ctx();
        const char *path = arena_printf(c->arena, "%s/settings", check_dir());
        FILE *file = fopen(path, "w");
        fputs(LINES[i], file);
        fclose(file);
        CHECK_INT(config_read(c, &(struct config_word){"config", path}, 1, NULL, &config), ERR_INVALID);
    }
    check_refused("config", "/nowhere/settings", "config.invalid");
}

TEST(api_config_clock_is_for_demos) {
    struct ctx *c = check_ctx();
    check_refused("clock", "2026-03-02T00:00:00Z", "config.invalid");
    const struct config_word words[] = {{"clock", "2026-03-02T00:00:00Z"}, {"dev", "true"}};
    CHECK_INT(read_good(c, words, 2, NULL).clock, instant_parse("2026-03-02T00:00:00Z"));
}

/* What `canary config` prints can be read back as a file. */
TEST(api_config_prints_a_file) {
    struct ctx *c = check_ctx();
    const char *path = arena_printf(c->arena, "%s/settings", check_dir());
    struct config config = read_good(c, &(struct config_word){"grace", "5h"}, 1, NULL);
    struct text out = text_in(c->arena), markdown = text_in(c->arena);
    config_write(&out, false);
    config_write(&markdown, true);
    CHECK(strstr(markdown.at, "| `--grace` | `CANARY_GRACE` | 5h | command line |"));
    FILE *file = fopen(path, "w");
    fputs(out.at, file);
    fclose(file);
    config = read_good(c, &(struct config_word){"config", path}, 1, NULL);
    CHECK_INT(config.rules.grace_ms, 5 * HOUR_MS);
}

TEST(api_config_shows_no_secret) {
    struct ctx *c = check_ctx();
    read_good(c, &(struct config_word){"db", "postgresql://user:marker@host/db"}, 1, NULL);
    struct text out = text_in(c->arena);
    config_write(&out, false);
    CHECK(!strstr(out.at, "marker"));
}
