#include "check.h"
#include "base/err.h"

TEST(err_names_are_all_there_and_differ) {
    CHECK_STR(err_name(OK), "ok");
    CHECK_STR(err_name(ERR_NOT_FOUND), "not_found");
    CHECK_STR(err_name(ERR_INTERNAL), "internal");
    for (int a = OK; a <= ERR_INTERNAL; a++)
        for (int b = OK; b < a; b++)
            CHECK(strcmp(err_name((enum err)a), err_name((enum err)b)) != 0);
}

static void unknown_err(void) {
    (void)err_name((enum err)(ERR_INTERNAL + 1));
}

TEST(err_name_of_none) {
    CHECK_DIES(unknown_err);
}

static int calls;

static enum err answer(enum err err) {
    calls++;
    return err;
}

static enum err try_two(enum err first, enum err second) {
    TRY(answer(first));
    TRY(answer(second));
    return OK;
}

TEST(err_try_passes_the_error_up_at_once) {
    calls = 0;
    CHECK_INT(try_two(ERR_BUSY, ERR_STATE), ERR_BUSY);
    CHECK_INT(calls, 1);
    CHECK_INT(try_two(OK, ERR_STATE), ERR_STATE);
    CHECK_INT(try_two(OK, OK), OK);
}
