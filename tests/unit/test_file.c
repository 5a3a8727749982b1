/* Files that are there whole or not at all. */
#include "base/file.h"
#include "base/limits.h"
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(struct ctx *c, const char *name) {
    return arena_printf(c->arena, "%s/%s", check_dir(), name);
}

static const char *text_of(struct ctx *c, const char *path) {
    const char *text = NULL;
    CHECK_OK(c, file_read(c, path, &text));
    return text;
}

TEST(file_part_is_nothing_until_its_end) {
    struct ctx *c = check_ctx();
    struct file_part part;
    struct stat found;
    const char *path = path_of(c, "a");
    CHECK_OK(c, file_part_begin(c, path, &part));
    CHECK_OK(c, file_part_add(c, &part, "one", 3));
    CHECK_OK(c, file_part_add(c, &part, "two", 3));
    CHECK(file_size(path) == NONE);
    CHECK_OK(c, file_part_end(c, &part, false));
    CHECK_STR(text_of(c, path), "onetwo");
    CHECK(stat(path, &found) == 0 && (found.st_mode & 0777) == 0600);
    CHECK(file_size(part.part) == NONE);
    file_part_drop(&part); /* nothing more */
    CHECK_STR(text_of(c, path), "onetwo");
}

TEST(file_part_leaves_what_is_there_unless_told) {
    struct ctx *c = check_ctx();
    struct file_part part;
    const char *path = path_of(c, "a");
    CHECK_OK(c, file_write(c, path, "old"));
    CHECK_OK(c, file_part_begin(c, path, &part));
    CHECK_OK(c, file_part_add(c, &part, "new", 3));
    CHECK_INT(file_part_end(c, &part, false), ERR_CONFLICT);
    CHECK_STR(c->fault.slug, "file.exists");
    ctx_fault_clear(c);
    CHECK_STR(text_of(c, path), "old");
    CHECK_OK(c, file_part_end(c, &part, true));
    CHECK_STR(text_of(c, path), "new");
}

TEST(file_part_is_one_writers) {
    struct ctx *c = check_ctx();
    struct file_part part, other;
    const char *path = path_of(c, "a");
    CHECK_OK(c, file_part_begin(c, path, &part));
    CHECK_OK(c, file_part_add(c, &part, "half", 4));
    CHECK_INT(file_part_begin(c, path, &other), ERR_BUSY);
    ctx_fault_clear(c);
    close(part.fd); /* killed */
    CHECK_OK(c, file_part_begin(c, path, &other));
    CHECK_OK(c, file_part_add(c, &other, "whole", 5));
    CHECK_OK(c, file_part_end(c, &other, false));
    CHECK_STR(text_of(c, path), "whole");
}

TEST(file_part_that_is_dropped_leaves_nothing) {
    struct ctx *c = check_ctx();
    struct file_part part;
    CHECK_OK(c, file_part_begin(c, path_of(c, "a"), &part));
    file_part_drop(&part);
    CHECK(file_size(path_of(c, "a")) == NONE && file_size(path_of(c, "a.part")) == NONE);
    CHECK_INT(file_part_begin(c, path_of(c, "nowhere/a"), &part), ERR_INVALID);
    CHECK(strstr(c->fault.detail, "nowhere"));
}

/* A link of that name could make us write over something else. */
TEST(file_part_follows_no_link) {
    struct ctx *c = check_ctx();
    struct file_part part;
    CHECK_OK(c, file_write(c, path_of(c, "other"), "other"));
    CHECK(symlink(path_of(c, "other"), path_of(c, "a.part")) == 0);
    CHECK(file_part_begin(c, path_of(c, "a"), &part) != OK);
    CHECK_STR(text_of(c, path_of(c, "other")), "other");
}

TEST(file_copy_gives_the_hash_of_what_it_copied) {
    struct ctx *c = check_ctx();
    struct file_part part;
    uint8_t got[SHA256_SIZE], want[SHA256_SIZE];
    size_t n = ((size_t)1 << 20) + 12345;
    char *bytes = arena_alloc(c->arena, n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    CHECK_OK(c, file_part_begin(c, path_of(c, "a"), &part));
    CHECK_OK(c, file_part_add(c, &part, bytes, n));
    CHECK_OK(c, file_part_end(c, &part, false));
    int from = open(path_of(c, "a"), O_RDONLY);
    CHECK_OK(c, file_part_begin(c, path_of(c, "b"), &part));
    CHECK_OK(c, file_copy(c, from, (int64_t)n - 5, &part, NULL, got));
    sha256(bytes, n - 5, want);
    CHECK(memcmp(got, want, sizeof got) == 0);
    CHECK_INT(file_size(part.part), n - 5);
    CHECK_INT(file_copy(c, from, (int64_t)n + 1, NULL, NULL, got), ERR_CORRUPT);
    CHECK_STR(c->fault.slug, "file.short");
    file_part_drop(&part);
    close(from);
}

TEST(file_read_is_for_small_ones) {
    struct ctx *c = check_ctx();
    const char *text;
    char large[LIMIT_NOTE + 1];
    memset(large, 'x', sizeof large);
    large[LIMIT_NOTE] = 0;
    CHECK_INT(file_read(c, path_of(c, "none"), &text), ERR_NOT_FOUND);
    CHECK_OK(c, file_write(c, path_of(c, "a"), ""));
    CHECK_STR(text_of(c, path_of(c, "a")), "");
    CHECK_OK(c, file_write(c, path_of(c, "a"), large));
    CHECK_INT(file_read(c, path_of(c, "a"), &text), ERR_NOT_FOUND);
    CHECK(c->fault.slug == NULL);
}

TEST(file_move_is_never_onto_another) {
    struct ctx *c = check_ctx();
    CHECK_OK(c, file_write(c, path_of(c, "a"), "a"));
    CHECK_OK(c, file_write(c, path_of(c, "b"), "b"));
    CHECK_INT(file_move(c, path_of(c, "a"), path_of(c, "b")), ERR_CONFLICT);
    ctx_fault_clear(c);
    CHECK_STR(text_of(c, path_of(c, "b")), "b");
    CHECK_OK(c, file_move(c, path_of(c, "a"), path_of(c, "c")));
    CHECK_STR(text_of(c, path_of(c, "c")), "a");
    CHECK(file_same(path_of(c, "c"), path_of(c, "./c")) && !file_same(path_of(c, "b"), path_of(c, "c")));
    CHECK_STR(file_real(c->arena, path_of(c, "./none")), file_real(c->arena, path_of(c, "none")));
    CHECK(file_real(c->arena, path_of(c, "nowhere/none")) == NULL);
}
