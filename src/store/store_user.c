#include "store/store_user.h"
#include "db/db.h"
#include "store/store_personal.h"

static const struct field ACTOR_FIELDS[] = {
    FIELD(struct actor, K_ID, user_id),
    FIELD(struct actor, K_ENUM, role, .names = &user_role_names),
    FIELD(struct actor, K_ID, customer_id),
};
static const struct shape ACTOR_SHAPE = SHAPE("actor", struct actor, ACTOR_FIELDS);

#define COLS "id, email, email_folded, name, role, customer_id, active, password_hash, version"

enum {
    GET,
    BY_EMAIL,
    BY_SESSION,
    LIST,
    ADD,
    SET,
    OTHER_ADMINS,
    CUSTOMER,
    SESSION_ADD,
    SESSION_END,
    SESSION_END_ALL,
    SESSION_END_EXPIRED,
    SESSION_END_EVERYWHERE
};

static const struct db_stmt S[] = {
    [GET] = {"user.get", "SELECT " COLS " FROM user_account WHERE id = $1", NULL},
    [BY_EMAIL] = {"user.by-email", "SELECT " COLS " FROM user_account WHERE email_folded = $1", NULL},
    [BY_SESSION] = {"user.by-session",
                    "SELECT u.id AS user_id, u.role, u.customer_id FROM session s "
                    "JOIN user_account u ON u.id = s.user_id "
                    "WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.active = 1",
                    NULL},
    [LIST] = {"user.list",
              "SELECT " COLS " FROM user_account WHERE (CAST($1 AS TEXT) IS NULL OR role = $1) AND id > $2 "
              "ORDER BY id LIMIT $3",
              NULL},
    [ADD] = {"user.add",
             "INSERT INTO user_account (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
             "ON CONFLICT (email_folded) DO NOTHING",
             "id email email_folded name role customer_id active password_hash version"},
    [SET] = {"user.set",
             "UPDATE user_account SET email = $2, email_folded = $3, name = $4, role = $5, customer_id = $6, "
             "active = $7, password_hash = $8, version = $9 WHERE id = $1",
             "id email email_folded name role customer_id active password_hash version"},
    [OTHER_ADMINS] =
        {"user.other-admins",
         "SELECT COUNT(*) AS n FROM user_account WHERE role = 'admin' AND active = 1 AND id <> $1", NULL},
    [CUSTOMER] = {"user.customer", "SELECT version FROM customer WHERE id = $1", NULL},
    [SESSION_ADD] =
        {"session.add",
         "INSERT INTO session (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)", NULL},
    [SESSION_END] = {"session.end", "DELETE FROM session WHERE token_hash = $1", NULL},
    [SESSION_END_ALL] = {"session.end-all", "DELETE FROM session WHERE user_id = $1", NULL},
    [SESSION_END_EVERYWHERE] = {"session.end-everywhere", "DELETE FROM session", NULL},
    [SESSION_END_EXPIRED] = {"session.end-expired",
                             "DELETE FROM session WHERE user_id = $1 AND expires_at <= $2", NULL},
};

enum err store_user_get(struct ctx *c, struct id id, struct user *user_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &user_shape, user_out);
}

enum err store_user_by_email(struct ctx *c, const char *email_folded, struct user *user_out) {
    return db_one(c, &S[BY_EMAIL], ARGS(db_text(email_folded)), &user_shape, user_out);
}

enum err store_user_by_session(struct ctx *c, const uint8_t token_hash[TOKEN_HASH_SIZE],
                               struct actor *actor_out) {
    return db_one(c, &S[BY_SESSION], ARGS(db_blob(token_hash, TOKEN_HASH_SIZE), db_int(c->now)), &ACTOR_SHAPE,
                  actor_out);
}

enum err store_user_list(struct ctx *c, int64_t role, struct id after, int64_t limit,
                         struct list *users_out) {
    return db_all(c, &S[LIST], ARGS(db_word(&user_role_names, role), db_place(&after), db_int(limit)),
                  &user_shape, users_out);
}

enum err store_user_add(struct ctx *c, const struct user *user, int64_t *added_out) {
    TRY(db_exec_row(c, &S[ADD], &user_shape, user, added_out));
    return store_personal_salt(c, PERSONAL_USER, user->id);
}

enum err store_user_set(struct ctx *c, struct user *user) {
    user->version++;
    TRY(db_exec_row(c, &S[SET], &user_shape, user, NULL));
    return store_personal_salt(c, PERSONAL_USER, user->id);
}

enum err store_user_other_admins(struct ctx *c, struct id id, int64_t *n_out) {
    return db_value(c, &S[OTHER_ADMINS], ARGS(db_id(&id)), n_out);
}

enum err store_user_customer(struct ctx *c, struct id customer_id) {
    int64_t version;
    return db_value(c, &S[CUSTOMER], ARGS(db_id(&customer_id)), &version);
}

enum err store_session_add(struct ctx *c, const uint8_t token_hash[TOKEN_HASH_SIZE], struct id user_id,
                           int64_t expires_at) {
    return db_exec(
        c, &S[SESSION_ADD],
        ARGS(db_blob(token_hash, TOKEN_HASH_SIZE), db_id(&user_id), db_int(c->now), db_int(expires_at)),
        NULL);
}

enum err store_session_end(struct ctx *c, const uint8_t token_hash[TOKEN_HASH_SIZE]) {
    return db_exec(c, &S[SESSION_END], ARGS(db_blob(token_hash, TOKEN_HASH_SIZE)), NULL);
}

enum err store_session_end_all(struct ctx *c, struct id user_id) {
    return db_exec(c, &S[SESSION_END_ALL], ARGS(db_id(&user_id)), NULL);
}

enum err store_session_end_expired(struct ctx *c, struct id user_id) {
    return db_exec(c, &S[SESSION_END_EXPIRED], ARGS(db_id(&user_id), db_int(c->now)), NULL);
}

enum err store_session_end_everywhere(struct ctx *c) {
    return db_exec(c, &S[SESSION_END_EVERYWHERE], NO_ARGS, NULL);
}
