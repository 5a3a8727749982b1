/* Requests without a socket, in a world of their own. */
#ifndef CANARY_TESTS_API_CALLS_H
#define CANARY_TESTS_API_CALLS_H

#include "api/api.h"
#include "world.h"

struct sent {
    const char *method, *target; /* "/v1/users?limit=1" */
    const char *token, *body;
    const char *type; /* application/json unless told, when there is a body */
    const char *if_match, *key, *accept;
    bool remote;      /* not from the machine itself */
    size_t body_size; /* strlen unless told */
};

#define CALL(w, ...) call_send((w), &(const struct sent){__VA_ARGS__})
const struct http_response *call_send(struct world *w, const struct sent *sent);

/* NULL when the answer has no such header. */
const char *call_header(const struct http_response *response, const char *name);
/* Fails the test unless the answer has this status and, as a problem, this slug (NULL: no problem). */
#define CHECK_STATUS(response, status, slug) call_check(__FILE__, __LINE__, (response), (status), (slug))
void call_check(const char *file, int line, const struct http_response *response, int status,
                const char *slug);
/* The text of a member of the answer: "token":"…" → …; numbers and words without quotes. NULL: none. */
const char *call_member(struct world *w, const struct http_response *response, const char *name);
bool call_says(const struct http_response *response, const char *part);

/* A new user with this role, added over the API; his id. */
const char *call_user(struct world *w, const char *email, const char *role);
#define PASSWORD "correct horse battery"
/* Signs in; the token. */
const char *call_login(struct world *w, const char *email, const char *password);

#endif
