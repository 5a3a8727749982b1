#include "base/err.h"
#include "base/log.h"

static const char *const NAME[] = {
    [OK] = "ok",
    [ERR_INVALID] = "invalid",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_CONFLICT] = "conflict",
    [ERR_STATE] = "state",
    [ERR_DENIED] = "denied",
    [ERR_LIMIT] = "limit",
    [ERR_BUSY] = "busy",
    [ERR_UNCERTAIN] = "uncertain",
    [ERR_FULL] = "full",
    [ERR_CORRUPT] = "corrupt",
    [ERR_INTERNAL] = "internal",
};

const char *err_name(enum err err) {
    REQUIRE((unsigned)err < COUNT(NAME));
    return NAME[err];
}
