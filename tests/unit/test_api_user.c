/* Signing in and the users: what a wrong password, a disabled user or an old token may not do. */
#include "api/api_throttle.h"
#include "api_calls.h"
#include "base/crypto.h"
#include "app/app_user.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"
#include <stdio.h>

#define ADMIN .token = "token-admin-0"

static const struct http_response *login(struct world *w, const char *email, const char *password) {
    const char *body = arena_printf(w->c->arena, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    return CALL(w, .method = "POST", .target = "/v1/login", .body = body);
}

static int me(struct world *w, const char *token) {
    return CALL(w, .method = "GET", .target = "/v1/me", .token = token)->status;
}

static const struct http_response *patch(struct world *w, const char *id, const char *body) {
    const char *target = arena_printf(w->c->arena, "/v1/users/%s", id);
    return CALL(w, .method = "PATCH", .target = target, ADMIN, .body = body, .if_match = "*");
}

TEST(api_login_gives_a_token_that_works_until_logout) {
    struct world *w = world_make();
    call_user(w, "One@Example.org", "rep");
    const struct http_response *answer = login(w, "one@example.ORG", PASSWORD);
    CHECK_STATUS(answer, 200, NULL);
    CHECK(call_says(answer, "\"user\":{\"id\":"));
    CHECK_STR(call_member(w, answer, "expires_at"), "2026-03-02T12:00:00.000Z");
    const char *token = call_member(w, answer, "token");
    CHECK_INT(strlen(token), 43);
    CHECK_INT(me(w, token), 200);
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/logout", .token = token), 204, NULL);
    CHECK_INT(me(w, token), 401);
    CHECK_INT(
        world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action IN ('user.login', 'user.logout')"), 2);
}

TEST(api_login_tokens_are_kept_as_hashes_only) {
    struct world *w = world_make();
    call_user(w, "one@example.org", "rep");
    const char *token = call_login(w, "one@example.org", PASSWORD);
    uint8_t hash[SHA256_SIZE];
    sha256(token, strlen(token), hash);
    const char *hex = text_hex(w->c->arena, hash, sizeof hash);
    const char *sql =
        arena_printf(w->c->arena, "SELECT COUNT(*) FROM session WHERE lower(hex(token_hash)) = '%s'", hex);
    CHECK_INT(world_count(w, sql), 1);
    CHECK_INT(
        world_count(
            w,
            "SELECT COUNT(*) FROM user_account WHERE password_hash LIKE '$argon2id$v=19$m=65536,t=2,p=1$%'"),
        1);
}

TEST(api_login_refuses_all_alike) {
    struct world *w = world_make();
    const char *id = call_user(w, "one@example.org", "rep");
    const struct http_response *wrong = login(w, "one@example.org", "wrong horse battery");
    const struct http_response *unknown = login(w, "two@example.org", PASSWORD);
    CHECK_STATUS(patch(w, id, "{\"active\":false}"), 200, NULL);
    const struct http_response *disabled = login(w, "one@example.org", PASSWORD);
    CHECK_STATUS(wrong, 401, "login.failed");
    CHECK_STATUS(unknown, 401, "login.failed");
    CHECK_STATUS(disabled, 401, "login.failed");
    CHECK_STR(call_member(w, wrong, "detail"), call_member(w, unknown, "detail"));
    CHECK_STR(call_member(w, wrong, "detail"), call_member(w, disabled, "detail"));
}

/* The hash of nobody has the same parameters, so it takes as long. */
TEST(api_login_takes_as_long_for_nobody) {
    struct ctx *c = check_ctx();
    const char *hash;
    CHECK_OK(c, password_seal(c, PASSWORD, &hash));
    int64_t begun = clock_monotonic_us();
    CHECK_INT(password_check(hash, "wrong"), ERR_DENIED);
    int64_t known = clock_monotonic_us() - begun;
    begun = clock_monotonic_us();
    CHECK_INT(password_check(NULL, "wrong"), ERR_DENIED);
    int64_t nobody = clock_monotonic_us() - begun;
    CHECK(nobody > known / 4 && known > nobody / 4);
    CHECK_INT(password_check(hash, PASSWORD), OK);
    CHECK_INT(password_check(hash, ""), ERR_DENIED);
}

TEST(api_tokens_expire) {
    struct world *w = world_make();
    call_user(w, "one@example.org", "rep");
    const char *token = call_login(w, "one@example.org", PASSWORD);
    w->c->now += w->c->rules->session_ms - 1;
    CHECK_INT(me(w, token), 200);
    w->c->now += 1;
    CHECK_INT(me(w, token), 401);
    call_login(w, "one@example.org", PASSWORD); /* sweeps up */
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM session s JOIN user_account u ON u.id = s.user_id "
                             "WHERE u.email = 'one@example.org'"),
              1);
}

TEST(api_token_must_be_a_bearer_token) {
    struct world *w = world_make();
    static const char *const BAD[] = {"", "x", "token-rep-", "token-rep-00", "TOKEN-REP-0"};
    for (size_t i = 0; i < COUNT(BAD); i++)
        CHECK_INT(me(w, BAD[i]), 401);
    CHECK_INT(me(w, "token-rep-0"), 200);
    struct http_request basic = {.authorization = "Basic dG9rZW4="},
                        any_case = {.authorization = "bEARER  t"};
    CHECK_STR(api_bearer_token(&basic), NULL);
    CHECK_STR(api_bearer_token(&any_case), "t");
}

TEST(api_disabling_a_user_ends_all_sessions) {
    struct world *w = world_make();
    const char *id = call_user(w, "one@example.org", "rep");
    const char *first = call_login(w, "one@example.org", PASSWORD),
               *second = call_login(w, "one@example.org", PASSWORD);
    CHECK_STATUS(patch(w, id, "{\"name\":\"Another\"}"), 200, NULL);
    CHECK_INT(me(w, first), 200); /* another name ends none */
    CHECK_STATUS(patch(w, id, "{\"active\":false}"), 200, NULL);
    CHECK_INT(me(w, first), 401);
    CHECK_INT(me(w, second), 401);
    CHECK_STATUS(patch(w, id, "{\"active\":true}"), 200, NULL);
    CHECK_INT(me(w, first), 401); /* they do not come back */
}

TEST(api_new_password_by_an_admin_ends_all_sessions) {
    struct world *w = world_make();
    const char *id = call_user(w, "one@example.org", "rep");
    const char *token = call_login(w, "one@example.org", PASSWORD);
    CHECK_STATUS(patch(w, id, "{\"password\":\"battery staple horse\"}"), 200, NULL);
    CHECK_INT(me(w, token), 401);
    CHECK_STATUS(login(w, "one@example.org", PASSWORD), 401, "login.failed");
    CHECK_STATUS(login(w, "one@example.org", "battery staple horse"), 200, NULL);
}

TEST(api_own_password_needs_the_current_one) {
    struct world *w = world_make();
    call_user(w, "one@example.org", "driver");
    const char *token = call_login(w, "one@example.org", PASSWORD);
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/me/password", .token = token,
                      .body = "{\"current_password\":\"no\",\"password\":\"battery staple horse\"}"),
                 403, "password.wrong");
    CHECK_STATUS(CALL(w, .method = "POST", .target = "/v1/me/password", .token = token,
                      .body = "{\"current_password\":\"" PASSWORD "\",\"password\":\"too short\"}"),
                 422, "request.invalid");
    CHECK_STATUS(
        CALL(w, .method = "POST", .target = "/v1/me/password", .token = token,
             .body = "{\"current_password\":\"" PASSWORD "\",\"password\":\"battery staple horse\"}"),
        204, NULL);
    CHECK_INT(me(w, token), 401);
    CHECK_STATUS(login(w, "one@example.org", "battery staple horse"), 200, NULL);
}

/* Both checked the old password; the second to write must not win with it. */
TEST(api_own_password_changed_meanwhile) {
    struct world *w = world_make();
    struct user user, checked;
    CHECK_OK(w->c, app_user_get(w->c, w->rep, &user));
    checked = user;
    w->c->actor = (struct actor){.user_id = w->rep, .role = ROLE_REP};
    CHECK_OK(w->c, app_user_set_password(w->c, &user, "$one"));
    CHECK_INT(app_user_set_password(w->c, &checked, "$two"), ERR_STATE);
    ctx_fault_clear(w->c);
    struct session session;
    CHECK_INT(app_session_open(w->c, &checked, &session), ERR_DENIED);
}

TEST(api_users_are_for_admins) {
    struct world *w = world_make();
    static const char *const OTHERS[] = {"token-manager-0", "token-rep-0", "token-dispatcher-0",
                                         "token-driver-0", "token-customer-0"};
    for (size_t i = 0; i < COUNT(OTHERS); i++)
        CHECK_STATUS(CALL(w, .method = "GET", .target = "/v1/users", .token = OTHERS[i]), 403, "denied");
}

TEST(api_users_answer_no_password) {
    struct world *w = world_make();
    call_user(w, "one@example.org", "rep");
    const struct http_response *answer = CALL(w, .method = "GET", .target = "/v1/users", ADMIN);
    CHECK(!call_says(answer, "password") && !call_says(answer, "argon2") && !call_says(answer, "folded"));
    CHECK(
        call_says(CALL(w, .method = "GET", .target = "/v1/users?role=customer", ADMIN), "\"customer_id\":"));
}

TEST(api_users_that_cannot_be) {
    struct world *w = world_make();
    char customer[ID_TEXT_SIZE];
    id_format(w->customer[0], customer);
    struct {
        const char *role, *more, *pointer;
    } bad[] = {
        {"system", "", "/role"},
        {"customer", "", "/customer_id"},
        {"rep", arena_printf(w->c->arena, ",\"customer_id\":\"%s\"", customer), "/customer_id"},
        {"customer", ",\"customer_id\":\"019cac00-0000-7000-8000-0000000000ff\"", "/customer_id"},
        {"rep", ",\"password_hash\":\"x\"", "/password_hash"},
        {"rep", ",\"id\":\"019cac00-0000-7000-8000-0000000000ff\"", "/id"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *body = arena_printf(w->c->arena,
                                        "{\"email\":\"a@b.org\",\"name\":\"N\",\"password\":\"" PASSWORD
                                        "\",\"role\":\"%s\"%s}",
                                        bad[i].role, bad[i].more);
        const struct http_response *answer =
            CALL(w, .method = "POST", .target = "/v1/users", ADMIN, .body = body);
        if (answer->status != 422 ||
            !call_says(answer, arena_printf(w->c->arena, "\"pointer\":\"%s\"", bad[i].pointer)))
            check_fail(__FILE__, __LINE__, "%s: %d %s", body, answer->status, answer->body);
    }
}

TEST(api_user_addresses) {
    struct world *w = world_make();
    static const char *const BAD[] = {"nobody", "@b.org", "a@", "a@b@c", "a b@c", "a@b c"};
    const char *id = call_user(w, "one@example.org", "rep");
    call_user(w, "two@example.org", "rep");
    for (size_t i = 0; i < COUNT(BAD); i++)
        CHECK_STATUS(patch(w, id, arena_printf(w->c->arena, "{\"email\":\"%s\"}", BAD[i])), 422,
                     "request.invalid");
    CHECK_STATUS(patch(w, id, "{\"email\":\"TWO@example.org\"}"), 409, "user.email-taken");
    CHECK_STATUS(patch(w, id, "{\"email\":\"ONE@example.org\"}"), 200, NULL);
}

TEST(api_last_active_admin_stays) {
    struct world *w = world_make();
    char admin[ID_TEXT_SIZE];
    id_format(w->admin, admin);
    CHECK_STATUS(patch(w, admin, "{\"role\":\"rep\"}"), 409, "user.last-admin");
    call_user(w, "one@example.org", "admin");
    CHECK_STATUS(patch(w, admin, "{\"role\":\"rep\"}"), 200, NULL);
}

TEST(api_user_changes_are_audited_without_personal_values) {
    struct world *w = world_make();
    const char *id = call_user(w, "marker@example.org", "rep");
    CHECK_STATUS(patch(w, id, "{\"name\":\"Marker\",\"role\":\"dispatcher\"}"), 200, NULL);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'user.add'"), 1);
    CHECK_INT(world_count(w, "SELECT entity_version FROM audit_event WHERE action = 'user.change'"), 2);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'user.change' AND change LIKE "
                             "'%\"role\":\"dispatcher\"%'"),
              1);
    CHECK_INT(
        world_count(w, "SELECT COUNT(*) FROM audit_event WHERE lower(change) LIKE '%marker%' OR change LIKE "
                       "'%argon2%'"),
        0);
}

struct change {
    struct user before, after;
};

static enum err change(struct ctx *c, void *user) {
    struct change copy = *(struct change *)user;
    return app_user_change(c, &copy.before, &copy.after);
}

TEST(api_user_change_is_one_unit) {
    struct world *w = world_make();
    struct change both;
    CHECK_OK(w->c, app_user_get(w->c, w->rep, &both.before));
    both.after = both.before;
    both.after.active = 0;
    world_fails_at_every_call(w, change, &both);
}

TEST(api_throttle_lets_ten_through_a_minute) {
    struct api_throttle *throttle = api_throttle_create();
    for (int i = 0; i < LIMIT_LOGIN_ATTEMPTS; i++)
        CHECK_INT(api_throttle_take(throttle, "a", 1000), 0);
    CHECK_INT(api_throttle_take(throttle, "a", 1000), 60);
    CHECK_INT(api_throttle_take(throttle, "a", 60999), 1);
    CHECK_INT(api_throttle_take(throttle, "b", 1000), 0); /* each account its own */
    CHECK_INT(api_throttle_take(throttle, "a", 61000), 0);
    api_throttle_destroy(&throttle);
}

TEST(api_throttle_forgives_right_attempts) {
    struct api_throttle *throttle = api_throttle_create();
    for (int i = 0; i < 100; i++) {
        CHECK_INT(api_throttle_take(throttle, "a", 0), 0);
        api_throttle_forgive(throttle, "a");
    }
    api_throttle_forgive(throttle, "a"); /* one too many gives no credit */
    api_throttle_forgive(throttle, "never seen");
    for (int i = 0; i < LIMIT_LOGIN_ATTEMPTS; i++)
        CHECK_INT(api_throttle_take(throttle, "a", 0), 0);
    CHECK(api_throttle_take(throttle, "a", 0) > 0);
    api_throttle_destroy(&throttle);
}

/* Many other accounts make room for themselves, and the service does not grow. */
TEST(api_throttle_is_bounded) {
    struct api_throttle *throttle = api_throttle_create();
    char account[20];
    for (int i = 0; i < 3 * LIMIT_LOGIN_ACCOUNTS; i++) {
        snprintf(account, sizeof account, "a%d", i);
        CHECK_INT(api_throttle_take(throttle, account, i), 0);
    }
    api_throttle_destroy(&throttle);
}
