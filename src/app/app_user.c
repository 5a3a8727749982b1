#include "app/app_user.h"
#include "app/app_audit.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/text.h"
#include <string.h>

static void token_hash(const char *token, uint8_t hash_out[TOKEN_HASH_SIZE]) {
    sha256(token, strlen(token), hash_out);
}

static enum err out_of_memory(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
}

static enum err audit(struct ctx *c, const char *action, const struct user *before,
                      const struct user *after) {
    const char *change = app_change(c, &user_shape, before, after);
    return app_audit(c, &(struct audit){.action = action,
                                        .entity = "user",
                                        .id = after->id,
                                        .version = after->version,
                                        .change = change});
}

/* ---- sessions ---- */

enum err app_session_actor(struct ctx *c, const char *token, struct actor *actor_out) {
    uint8_t hash[TOKEN_HASH_SIZE];
    token_hash(token, hash);
    return store_user_by_session(c, hash, actor_out);
}

static enum err login_failed(struct ctx *c) {
    return FAIL(c, ERR_DENIED, "login.failed", "Nobody signs in with this e-mail address and password.");
}

enum err app_session_check(struct ctx *c, const char *email, const char *password, struct user *user_out) {
    struct user user = {0};
    const char *folded = text_fold(c->arena, email);
    if (!folded) return out_of_memory(c);
    enum err err = store_user_by_email(c, folded, &user);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    bool known = err == OK && user.active == 1;
    if (password_check(known ? user.password_hash : NULL, password) != OK) return login_failed(c);
    *user_out = user;
    return OK;
}

enum err app_session_open(struct ctx *c, const struct user *checked, struct session *session_out) {
    uint8_t hash[TOKEN_HASH_SIZE];
    struct user *user = arena_alloc(c->arena, sizeof *user);
    char *token = arena_alloc(c->arena, TOKEN_TEXT_SIZE);
    if (!user || !token) return out_of_memory(c);
    TRY(app_user_get(c, checked->id, user));
    if (user->active != 1 || !text_equal(user->password_hash, checked->password_hash)) return login_failed(c);
    c->actor = (struct actor){user->id, user->role, user->customer_id};
    token_hash(token_new(token), hash);
    *session_out = (struct session){token, c->now + c->rules->session_ms, user};
    TRY(store_session_end_expired(c, user->id));
    TRY(store_session_add(c, hash, user->id, session_out->expires_at));
    return audit(c, "user.login", user, user);
}

enum err app_session_close(struct ctx *c, const char *token) {
    uint8_t hash[TOKEN_HASH_SIZE];
    struct user user;
    token_hash(token, hash);
    TRY(app_user_get(c, c->actor.user_id, &user));
    TRY(store_session_end(c, hash));
    return audit(c, "user.logout", &user, &user);
}

/* ---- users ---- */

enum err app_user_get(struct ctx *c, struct id id, struct user *user_out) {
    enum err err = store_user_get(c, id, user_out);
    if (err == ERR_NOT_FOUND) return FAIL(c, err, "not-found", "There is no such user.");
    return err;
}

enum err app_user_list(struct ctx *c, int64_t role, struct id after, int64_t limit, struct list *users_out) {
    return store_user_list(c, role, after, limit, users_out);
}

/* something@something, without white space: what more is right only the mail server knows. */
static bool email_valid(const char *email) {
    const char *at = strchr(email, '@');
    return at && at != email && at[1] && !strchr(at + 1, '@') && !strpbrk(email, " \t\n");
}

static enum err check_customer(struct ctx *c, const struct user *user) {
    bool wanted = user->role == ROLE_CUSTOMER, given = !id_is_none(user->customer_id);
    if (wanted && !given) ctx_fault_item(c, "/customer_id", "is needed with the role customer");
    if (!wanted && given) ctx_fault_item(c, "/customer_id", "goes with the role customer only");
    if (!wanted || !given) return OK;
    enum err err = store_user_customer(c, user->customer_id);
    if (err == ERR_NOT_FOUND) ctx_fault_item(c, "/customer_id", "there is no such customer");
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err email_taken(struct ctx *c) {
    return FAIL(c, ERR_STATE, "user.email-taken",
                "Another user has this e-mail address: take another, or change that user.");
}

static enum err check_user(struct ctx *c, struct user *user) {
    struct user other;
    if (!email_valid(user->email)) ctx_fault_item(c, "/email", "is no e-mail address");
    TRY(check_customer(c, user));
    TRY(ctx_faults(c));
    user->email_folded = text_fold(c->arena, user->email);
    if (!user->email_folded) return out_of_memory(c);
    enum err err = store_user_by_email(c, user->email_folded, &other);
    if (err == OK && !id_equal(other.id, user->id)) return email_taken(c);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err app_user_add(struct ctx *c, struct user *user) {
    int64_t added;
    user->id = id_new(c->now);
    user->version = 1;
    if (user->active == NONE) user->active = 1;
    TRY(check_user(c, user));
    TRY(store_user_add(c, user, &added));
    if (added == 0) return email_taken(c); /* by another server, just now */
    return audit(c, "user.add", NULL, user);
}

static bool is_active_admin(const struct user *user) {
    return user->active == 1 && user->role == ROLE_ADMIN;
}

static enum err check_admins(struct ctx *c, const struct user *before, const struct user *after) {
    int64_t others;
    if (!is_active_admin(before) || is_active_admin(after)) return OK;
    TRY(store_user_other_admins(c, after->id, &others));
    if (others > 0) return OK;
    return FAIL(c, ERR_STATE, "user.last-admin", "Make another user an admin first.");
}

enum err app_user_change(struct ctx *c, const struct user *before, struct user *after) {
    if (after->active == NONE) after->active = before->active;
    TRY(check_user(c, after));
    TRY(check_admins(c, before, after));
    TRY(store_user_set(c, after));
    if (after->active != 1 || !text_equal(before->password_hash, after->password_hash))
        TRY(store_session_end_all(c, after->id));
    return audit(c, "user.change", before, after);
}

enum err app_user_set_password(struct ctx *c, const struct user *before, const char *password_hash) {
    struct user now, after;
    TRY(app_user_get(c, before->id, &now));
    if (!text_equal(now.password_hash, before->password_hash))
        return FAIL(c, ERR_STATE, "conflict", "The password was changed meanwhile: sign in again.");
    after = now;
    after.password_hash = password_hash;
    return app_user_change(c, &now, &after);
}
