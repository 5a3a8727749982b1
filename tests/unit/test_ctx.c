#include "check.h"
#include <stdio.h>

TEST(ctx_first_fault_wins) {
    struct ctx *c = check_ctx();
    CHECK_INT(FAIL(c, ERR_STATE, "slot.full", "Slot %d is full.", 3), ERR_STATE);
    int line = __LINE__ - 1;
    CHECK_INT(c->fault.err, ERR_STATE);
    CHECK_STR(c->fault.slug, "slot.full");
    CHECK_STR(c->fault.detail, "Slot 3 is full.");
    CHECK_STR(c->fault.file, __FILE__);
    CHECK_INT(c->fault.line, line);
    CHECK_INT(FAIL(c, ERR_BUSY, "other", "%s", "Later."), ERR_BUSY);
    CHECK_INT(c->fault.err, ERR_STATE);
    CHECK_STR(c->fault.detail, "Slot 3 is full.");
    ctx_fault_clear(c);
    CHECK_INT(c->fault.err, OK);
    CHECK_INT(FAIL(c, ERR_BUSY, "other", "%s", "Later."), ERR_BUSY);
    CHECK_STR(c->fault.slug, "other");
}

static enum err much_work(struct ctx *apart, void *user) {
    const int *fails = user;
    for (int i = 0; i < 100; i++) {
        if (!arena_alloc(apart->arena, 4000)) return FAIL(apart, ERR_LIMIT, "too.much", "no room for %d", i);
        arena_reset(apart->arena);
    }
    return *fails ? FAIL(apart, ERR_STATE, "slot.full", "Slot %d is full.", *fails) : OK;
}

/* Its memory goes, its words stay. */
TEST(ctx_apart_has_memory_of_its_own) {
    struct ctx *c = check_ctx();
    size_t used = arena_used(c->arena);
    CHECK_OK(c, ctx_apart(c, 5000, much_work, &(int){0}));
    CHECK_INT(arena_used(c->arena), used);
    CHECK_INT(ctx_apart(c, 5000, much_work, &(int){3}), ERR_STATE);
    CHECK_STR(c->fault.slug, "slot.full");
    CHECK_STR(c->fault.detail, "Slot 3 is full.");
    ctx_fault_clear(c);
    CHECK_INT(ctx_apart(c, 3000, much_work, &(int){0}), ERR_LIMIT);
    CHECK_STR(c->fault.detail, "no room for 0");
}

static void fail_with_ok(void) {
    (void)FAIL(check_ctx(), OK, "none", "%s", "");
}

TEST(ctx_fail_with_ok) {
    CHECK_DIES(fail_with_ok);
}

TEST(ctx_names_every_fault_in_order) {
    struct ctx *c = check_ctx();
    char pointer[32];
    CHECK_INT(ctx_faults(c), OK);
    for (int i = 0; i < 3; i++) {
        snprintf(pointer, sizeof pointer, "/lines/%d/qty", i);
        ctx_fault_item(c, pointer, "must be below %d", i);
    }
    CHECK_INT(c->fault.err, OK);
    CHECK_INT(ctx_faults(c), ERR_INVALID);
    CHECK_STR(c->fault.slug, "request.invalid");
    const struct fault_item *item = c->fault.first;
    CHECK_STR(item->pointer, "/lines/0/qty");
    CHECK_STR(item->next->detail, "must be below 1");
    CHECK_STR(item->next->next->pointer, "/lines/2/qty");
    CHECK(item->next->next == c->fault.last && !c->fault.last->next);
    ctx_fault_clear(c);
    CHECK_INT(ctx_faults(c), OK);
}

/* A fault that did not fit into memory is a fault all the same. */
TEST(ctx_fault_without_memory) {
    struct ctx *c = check_ctx();
    struct arena *small = arena_create(16);
    struct ctx tight = *c;
    tight.arena = small;
    ctx_fault_item(&tight, "/name", "%s", "is much too long for what is left of the memory");
    CHECK_INT(ctx_faults(&tight), ERR_LIMIT);
    CHECK_STR(tight.fault.slug, "request.too-large");
    CHECK(tight.fault.detail != NULL);
    arena_destroy(&small);
}

TEST(ctx_roles) {
    static const char *const WORD[] = {"admin",  "manager",  "rep",   "dispatcher",
                                       "driver", "customer", "system"};
    CHECK_INT(role_names.n, COUNT(WORD));
    for (size_t i = 0; i < COUNT(WORD); i++)
        CHECK_STR(names_word(&role_names, (int64_t)i), WORD[i]);
    CHECK_STR(names_word(&role_names, ROLE_SYSTEM), "system");
    CHECK_STR(names_word(&role_names, ROLE_DRIVER), "driver");
}
