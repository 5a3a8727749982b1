/* The harness itself: a check that cannot fail proves nothing. */
#include "check.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char last_dir[100];

TEST(check_dir_a_makes) {
    char path[160];
    snprintf(last_dir, sizeof last_dir, "%s", check_dir());
    CHECK_STR(check_dir(), last_dir);
    snprintf(path, sizeof path, "%s/deep", last_dir);
    CHECK(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/deep/link", last_dir);
    CHECK(symlink("/etc", path) == 0);
}

TEST(check_dir_b_finds_it_gone) {
    struct stat stat_of;
    if (!last_dir[0]) check_skip("runs after check_dir_a");
    CHECK(stat(last_dir, &stat_of) != 0);
    CHECK(stat("/etc", &stat_of) == 0);
}

TEST(check_ctx_is_fresh) {
    struct ctx *c = check_ctx();
    (void)FAIL(c, ERR_STATE, "x", "%s", "y");
    c = check_ctx();
    CHECK_INT(c->fault.err, OK);
    CHECK_INT(c->now, INT64_C(1772409600000));
    CHECK(c->actor.role == ROLE_SYSTEM && c->rules == &rules_default && !c->db);
}
