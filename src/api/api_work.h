/* The parts of a request's way that the dispatcher, the server and the tests share. */
#ifndef CANARY_API_WORK_H
#define CANARY_API_WORK_H

#include "api/api.h"

/* ---- api_match.c ---- */

/* Finds the route of method and path. Fills call->route and the ids of the path; without a route,
 * `call->allow` when the path is known with other methods. */
void api_match(struct ctx *c, struct api_call *call);
/* Does the path have the pattern's form? The word of a {word} is copied into the arena. */
bool api_match_path(struct ctx *c, const char *pattern, const char *path, struct api_call *call);
/* Has it the pattern's form, whatever stands in the holes? */
bool api_match_form(const char *pattern, const char *path);
/* Who may use the path at all: the route's row, or the union of all rows of that path; 0: no such path. */
unsigned api_match_roles(const struct api_call *call);
/* Needs the caller a token? Routes that are not open, and everything unknown below /v1/. */
bool api_needs_token(const struct api_call *call);

/* ---- api_dispatch.c ---- */

/* A fresh call for this request; keeps nothing of one before but `prepared` and `ahead`. */
void api_call_begin(struct ctx *c, struct api_call *call, const struct http_request *request);
/* Reads query and body now, so that the writer need not: without the database, and without telling anything
 * of it before the checks that come first. A larger body than LIMIT_AHEAD waits for its turn. */
void api_call_read_ahead(struct ctx *c, struct api_call *call);
/* The checks up to the body, then route->prepare: what has to happen outside the unit. */
MUST enum err api_call_prepare(struct ctx *c, struct api_call *call);
/* All checks in the contract's order, then the handler, inside the unit that the caller has opened. */
MUST enum err api_call_run(struct ctx *c, struct api_call *call);
/* The answer, or the problem for `err`, into request->response; the request's line in the log. */
void api_call_end(struct ctx *c, struct api_call *call, struct http_request *request, enum err err);
/* Our bug, or the database's: the log gets what the caller does not. */
void api_log_fault(const struct ctx *c);
/* ?format=csv, or text/csv named by Accept before any application/json. Either may be NULL. */
bool api_wants_csv(const char *format, const char *accept);
/* Bytes of body that a request for this path may have. */
size_t api_body_limit(const char *method, const char *path);
/* Is it hashed as it arrives? */
bool api_body_hashed(const char *method, const char *path);

/* ---- api_answer.c ---- */

/* The text of call->record. */
MUST enum err api_answer_write(struct ctx *c, struct api_call *call);

/* ---- api_problem.c ---- */

const struct api_problem_row *api_problem_row(const char *slug); /* NULL: no such row */
/* The slug of an error that was passed up without a fault. */
const char *api_problem_slug(enum err err);

#endif
