#include "api_user.h"
#include "api_server.h"
#include "api_throttle.h"
#include "base/crypto.h"
#include "app/app_user.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"
#include <string.h>

struct login {
    const char *email, *password;
};
static const struct field LOGIN_FIELDS[] = {
    FIELD(struct login, K_TEXT, email, .flags = F_REQUIRED, .example = "\"rep@example.org\""),
    FIELD(struct login, K_TEXT, password, .flags = F_REQUIRED | F_INPUT, .max = LIMIT_PASSWORD_MAX,
          .example = "\"correct horse battery\""),
};
const struct shape login_shape = SHAPE("login", struct login, LOGIN_FIELDS);

static const struct field SESSION_FIELDS[] = {
    FIELD(struct session, K_TEXT, token, .flags = F_REQUIRED, .doc = "send it as Authorization: Bearer TOKEN",
          .example = "\"mS1vYk0T9rTn5c0u3m1kq2l8w7e6r5t4y3u2i1o0pAs\""),
    FIELD(struct session, K_INSTANT, expires_at, .flags = F_REQUIRED),
    FIELD(struct session, K_OBJ, user, .flags = F_REQUIRED, .sub = &user_shape),
};
const struct shape session_shape = SHAPE("session", struct session, SESSION_FIELDS);

struct password_change {
    const char *current_password, *password;
};
static const struct field PASSWORD_FIELDS[] = {
    FIELD(struct password_change, K_TEXT, current_password, .flags = F_REQUIRED | F_INPUT,
          .max = LIMIT_PASSWORD_MAX, .example = "\"correct horse battery\""),
    FIELD(struct password_change, K_TEXT, password, .flags = F_REQUIRED | F_INPUT, .min = LIMIT_PASSWORD_MIN,
          .max = LIMIT_PASSWORD_MAX, .doc = "the new one", .example = "\"battery staple horse\""),
};
const struct shape password_change_shape = SHAPE("password_change", struct password_change, PASSWORD_FIELDS);

struct user_query {
    int64_t role, limit;
    const char *after;
};
static const struct field USER_QUERY_FIELDS[] = {
    FIELD(struct user_query, K_ENUM, role, .names = &user_role_names, .doc = "only users of this role"),
    PAGE_FIELDS(struct user_query),
};
const struct shape user_query_shape = SHAPE("user_query", struct user_query, USER_QUERY_FIELDS);

/* ---- sessions ---- */

static enum err throttle(struct ctx *c, struct api_call *call, const char *account) {
    if (!call->server) return OK;
    int64_t wait_s =
        api_throttle_take(api_server_throttle(call->server), account, clock_monotonic_us() / 1000);
    if (wait_s == 0) return OK;
    call->retry_after_s = wait_s;
    return FAIL(c, ERR_LIMIT, "login.throttled", "Wait %lld seconds.", (long long)wait_s);
}

static void forgive(const struct api_call *call, const char *account) {
    if (call->server) api_throttle_forgive(api_server_throttle(call->server), account);
}

enum err api_login_prepare(struct ctx *c, struct api_call *call) {
    const struct login *login = call->in;
    struct user *user = arena_alloc(c->arena, sizeof *user);
    const char *account = text_fold(c->arena, login->email);
    if (!user || !account) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(throttle(c, call, account));
    TRY(app_session_check(c, login->email, login->password, user));
    forgive(call, account);
    call->prepared = user;
    return OK;
}

enum err api_login(struct ctx *c, struct api_call *call) {
    struct session session;
    TRY(app_session_open(c, call->prepared, &session));
    return api_answer(c, call, 200, &session);
}

enum err api_logout(struct ctx *c, struct api_call *call) {
    TRY(app_session_close(c, api_bearer_token(call->request)));
    return api_answer_none(call);
}

enum err api_me(struct ctx *c, struct api_call *call) {
    struct user user;
    TRY(app_user_get(c, c->actor.user_id, &user));
    return api_answer(c, call, 200, &user);
}

struct new_password {
    struct user user; /* as it was when the old password was checked */
    const char *hash;
};

enum err api_me_password_prepare(struct ctx *c, struct api_call *call) {
    const struct password_change *in = call->in;
    struct new_password *new = arena_alloc(c->arena, sizeof *new);
    char account[ID_TEXT_SIZE];
    if (!new) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(throttle(c, call, id_format(c->actor.user_id, account)));
    TRY(app_user_get(c, c->actor.user_id, &new->user));
    if (password_check(new->user.password_hash, in->current_password) != OK)
        return FAIL(c, ERR_DENIED, "password.wrong", "Give the password that you signed in with.");
    forgive(call, account);
    call->prepared = new;
    return password_seal(c, in->password, &new->hash);
}

enum err api_me_password(struct ctx *c, struct api_call *call) {
    const struct new_password *new = call->prepared;
    TRY(app_user_set_password(c, &new->user, new->hash));
    return api_answer_none(call);
}

/* ---- users ---- */

enum err api_user_find(struct ctx *c, struct api_call *call) {
    struct user *user = arena_alloc(c->arena, sizeof *user);
    if (!user) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(app_user_get(c, call->id[0], user));
    call->found = user;
    call->version = user->version;
    return OK;
}

enum err api_user_get(struct ctx *c, struct api_call *call) {
    return api_answer(c, call, 200, call->found);
}

enum err api_user_list(struct ctx *c, struct api_call *call) {
    const struct user_query *query = call->query;
    struct list users;
    int64_t key, limit = api_limit(query->limit);
    struct id after;
    TRY(api_cursor_read(c, query->after, &key, &after));
    TRY(app_user_list(c, query->role, after, limit + 1, &users));
    const struct user *user = users.at;
    bool more = (int64_t)users.n > limit;
    if (more) users.n = (size_t)limit;
    return api_answer_page(c, call, users, more ? api_cursor(c, 0, user[limit - 1].id) : NULL);
}

enum err api_user_prepare(struct ctx *c, struct api_call *call) {
    const struct user *in = call->in;
    const char *hash = NULL;
    if (in->password) TRY(password_seal(c, in->password, &hash));
    call->prepared = (void *)hash;
    return OK;
}

enum err api_user_add(struct ctx *c, struct api_call *call) {
    struct user *user = call->in;
    user->password_hash = call->prepared;
    TRY(app_user_add(c, user));
    return api_answer(c, call, 201, user);
}

enum err api_user_change(struct ctx *c, struct api_call *call) {
    struct user *user = call->in;
    if (call->prepared) user->password_hash = call->prepared;
    TRY(app_user_change(c, call->found, user));
    return api_answer(c, call, 200, user);
}
