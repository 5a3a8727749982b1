/* Users and their sessions. A session is known by the SHA-256 of its token. */
#ifndef CANARY_STORE_USER_H
#define CANARY_STORE_USER_H

#include "base/ctx.h"
#include "domain/user.h"

#define TOKEN_HASH_SIZE 32

/* ERR_NOT_FOUND without a fault when there is none: all three. */
MUST enum err store_user_get(struct ctx *c, struct id id, struct user *user_out);
MUST enum err store_user_by_email(struct ctx *c, const char *email_folded, struct user *user_out);
/* The user of a session that has not expired, if that user is active: one indexed statement. */
MUST enum err store_user_by_session(struct ctx *c, const uint8_t token_hash[TOKEN_HASH_SIZE],
                                    struct actor *actor_out);

/* By id after `after` (no id: from the first); role NONE: all. */
MUST enum err store_user_list(struct ctx *c, int64_t role, struct id after, int64_t limit,
                              struct list *users_out);
/* *added_out 0: the folded e-mail address is taken. */
MUST enum err store_user_add(struct ctx *c, const struct user *user, int64_t *added_out);
/* Writes every column that may change and version + 1 (also in *user). */
MUST enum err store_user_set(struct ctx *c, struct user *user);
/* Active admins other than this one. */
MUST enum err store_user_other_admins(struct ctx *c, struct id id, int64_t *n_out);
/* ERR_NOT_FOUND without a fault when there is no such customer. */
MUST enum err store_user_customer(struct ctx *c, struct id customer_id);

MUST enum err store_session_add(struct ctx *c, const uint8_t token_hash[TOKEN_HASH_SIZE], struct id user_id,
                                int64_t expires_at);
MUST enum err store_session_end(struct ctx *c, const uint8_t token_hash[TOKEN_HASH_SIZE]);
MUST enum err store_session_end_all(struct ctx *c, struct id user_id);
/* Everybody's. */
MUST enum err store_session_end_everywhere(struct ctx *c);
MUST enum err store_session_end_expired(struct ctx *c, struct id user_id);

#endif
