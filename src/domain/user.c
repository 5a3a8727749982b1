#include "domain/user.h"
#include "base/ctx.h"
#include "base/err.h"
#include "base/limits.h"

static const char *const ROLE_WORDS[] = {
    [ROLE_ADMIN] = "admin",           [ROLE_MANAGER] = "manager", [ROLE_REP] = "rep",
    [ROLE_DISPATCHER] = "dispatcher", [ROLE_DRIVER] = "driver",   [ROLE_CUSTOMER] = "customer",
};
const struct names user_role_names = {ROLE_WORDS, COUNT(ROLE_WORDS)};

#define ROW(kind_, ...) FIELD(struct user, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    ROW(K_ID, id, .flags = F_READONLY),
    ROW(K_TEXT, email, .flags = F_REQUIRED | F_PERSONAL,
        .doc = "signs in with it; unique without regard to case", .example = "\"rep@example.org\""),
    ROW(K_TEXT, name, .flags = F_REQUIRED | F_PERSONAL, .example = "\"A. Rep\""),
    ROW(K_ENUM, role, .flags = F_REQUIRED, .names = &user_role_names),
    ROW(K_ID, customer_id, .flags = F_OMIT, .doc = "whose staff: needed with the role customer, only there"),
    ROW(K_BOOL, active, .doc = "true unless told; false ends all sessions"),
    ROW(K_TEXT, password, .flags = F_REQUIRED | F_INPUT, .min = LIMIT_PASSWORD_MIN, .max = LIMIT_PASSWORD_MAX,
        .doc = "a new one ends all sessions", .example = "\"correct horse battery\""),
    ROW(K_INT, version, .flags = F_READONLY),
    ROW(K_TEXT, email_folded, .flags = F_HIDDEN | F_PERSONAL),
    ROW(K_TEXT, password_hash, .flags = F_HIDDEN | F_PERSONAL),
};
const struct shape user_shape = SHAPE("user", struct user, FIELDS);
