#include "cases.h"
#include "check.h"
#include "json/json.h"
#include <glob.h>

/* The folders' names under fixtures/, each with a slash at its end. */
static struct list folders_of(struct ctx *c, const char *kind) {
    glob_t found;
    CHECK_INT(glob(arena_printf(c->arena, "fixtures/%s/*/", kind), 0, NULL, &found), 0);
    const char **folder = arena_array(c->arena, found.gl_pathc, sizeof *folder);
    for (size_t i = 0; i < found.gl_pathc; i++)
        folder[i] = arena_strdup(c->arena, found.gl_pathv[i] + strlen("fixtures/"));
    struct list folders = {folder, found.gl_pathc};
    globfree(&found);
    return folders;
}

void cases_run(struct ctx *c, const char *kind, size_t least,
               void (*run)(struct ctx *c, const char *folder)) {
    struct list folders = folders_of(c, kind);
    CHECK(folders.n >= least);
    for (size_t i = 0; i < folders.n; i++)
        run(c, ((const char *const *)folders.at)[i]);
}

void cases_read(struct ctx *c, const char *folder, const char *file, const struct shape *shape,
                void *record_out) {
    const char *bytes = check_fixture(c, arena_printf(c->arena, "%s%s", folder, file));
    enum err err = json_decode(c, bytes, strlen(bytes), shape, record_out);
    const struct fault_item *item = c->fault.first;
    if (err != OK)
        check_fail(folder, 0, "%s: %s %s: %s", file, err_name(err), item ? item->pointer : "",
                   item ? item->detail : "");
}

void cases_same(struct ctx *c, const char *folder, const char *about, const struct shape *shape,
                const void *got, const void *want) {
    struct text is = text_in(c->arena), not = text_in(c->arena);
    json_object(&is, shape, got);
    json_object(&not, shape, want);
    CHECK(!is.failed && !not .failed);
    if (strcmp(is.at, not .at) != 0)
        check_fail(folder, 0, "%s\n    is   %s\n    not  %s", about, is.at, not .at);
}
