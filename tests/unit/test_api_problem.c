/* The problem table: sorted, whole, and known by everything that fails with a slug. */
#include "api/api_work.h"
#include "check.h"
#include "base/text.h"
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>

TEST(api_problem_rows_are_sorted_and_found) {
    for (size_t i = 0; i < api_problem_rows_n; i++) {
        const struct api_problem_row *row = &api_problem_rows[i];
        if (i > 0 && strcmp(api_problem_rows[i - 1].slug, row->slug) >= 0)
            check_fail(__FILE__, __LINE__, "%s is not after %s", row->slug, api_problem_rows[i - 1].slug);
        CHECK(api_problem_row(row->slug) == row);
        CHECK(row->status >= 400 && row->status <= 599 && row->title[0]);
    }
    CHECK(!api_problem_row("") && !api_problem_row("zzz") && !api_problem_row("busy "));
}

TEST(api_problem_rows_for_every_error) {
    for (enum err err = ERR_INVALID; err <= ERR_INTERNAL; err++)
        CHECK(api_problem_row(api_problem_slug(err)));
}

TEST(api_problems_of_routes_have_rows) {
    for (size_t i = 0; i < api_routes_n; i++)
        for (const char *at = api_routes[i].problems; at && *at; at += strspn(at, " ")) {
            char slug[100];
            size_t n = strcspn(at, " ");
            snprintf(slug, sizeof slug, "%.*s", (int)n, at);
            if (!api_problem_row(slug))
                check_fail(__FILE__, __LINE__, "%s of %s %s has no row", slug, api_routes[i].method,
                           api_routes[i].path);
            at += n;
        }
}

static const char *read_whole(struct ctx *c, const char *path) {
    FILE *file = fopen(path, "rb");
    CHECK(file);
    char *bytes = arena_alloc(c->arena, (size_t)1 << 20);
    bytes[fread(bytes, 1, ((size_t)1 << 20) - 1, file)] = 0;
    fclose(file);
    return bytes;
}

/* The slug of a FAIL(c, ERR_X, "slug", …) that starts at `at`; NULL: ours (500), or no literal. */
static const char *slug_of(struct ctx *c, const char *at) {
    const char *err = at + strspn(at, " \n"), *quote;
    if (strncmp(err, "c,", 2) != 0) return NULL;
    err += 2 + strspn(err + 2, " \n");
    if (strncmp(err, "ERR_CORRUPT", 11) == 0 || strncmp(err, "ERR_INTERNAL", 12) == 0) return NULL;
    quote = err + strcspn(err, ",");
    if (!*quote) return NULL;
    quote += 1 + strspn(quote + 1, " \n");
    return *quote == '"' ? arena_memdup(c->arena, quote + 1, strcspn(quote + 1, "\"")) : NULL;
}

static size_t check_file(struct ctx *c, const char *path) {
    size_t n = 0;
    for (const char *at = read_whole(c, path); (at = strstr(at, "FAIL(")); at += 5) {
        const char *slug = slug_of(c, at + 5);
        if (!slug) continue;
        n++;
        if (!api_problem_row(slug))
            check_fail(__FILE__, __LINE__, "%s: %s has no row in the problem table", path, slug);
    }
    return n;
}

TEST(api_problem_rows_for_every_slug_that_a_request_can_meet) {
    static const char *const FLOORS[] = {"src/domain", "src/store", "src/app", "src/json", "src/api"};
    struct ctx *c = check_ctx();
    size_t n = 0;
    for (size_t i = 0; i < COUNT(FLOORS); i++) {
        DIR *folder = opendir(FLOORS[i]);
        if (!folder) check_skip("run from the root of the sources");
        for (struct dirent *entry; (entry = readdir(folder));) {
            size_t length = strlen(entry->d_name);
            if (strcmp(entry->d_name + (length > 2 ? length - 2 : 0), ".c") != 0) continue;
            if (strcmp(entry->d_name, "api_server.c") == 0) continue; /* its faults are of starting */
            n += check_file(c, arena_printf(c->arena, "%s/%s", FLOORS[i], entry->d_name));
        }
        closedir(folder);
    }
    CHECK(n > 20);
}
