/* Who may sign in. */
#ifndef CANARY_DOMAIN_USER_H
#define CANARY_DOMAIN_USER_H

#include "base/shape.h"

struct user {
    struct id id;
    const char *email, *email_folded; /* folded: what must be unique */
    const char *name;
    int64_t role;          /* enum role, never ROLE_SYSTEM */
    struct id customer_id; /* of a customer's staff, nobody else's */
    int64_t active;
    const char *password; /* input only */
    const char *password_hash;
    int64_t version;
};
extern const struct shape user_shape;

/* The roles a user can have: all but system. */
extern const struct names user_role_names;

#endif
