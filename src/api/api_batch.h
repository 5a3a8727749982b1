/* A batch: one request whose items are units of work of their own, each durable and answered for itself, so
 * that one bad item never blocks another and a batch of hundreds lets other writers in between. */
#ifndef CANARY_API_BATCH_H
#define CANARY_API_BATCH_H

#include "api_work.h"
#include "app/app_sync.h"
#include "db/db.h"
#include <stdatomic.h>

struct api_batch;

struct api_batch_item {
    struct db_job job; /* first: the writer's job is the item */
    struct api_batch *batch;
    struct sync_event event;
    struct sync_result told;
    const char *result; /* JSON text, in the request's arena; NULL: not done */
    enum err err;       /* what run said */
    enum err end; /* what became of it: `err`, what the commit failed with, or BUSY: no room in the queue */
};

struct api_batch {
    struct ctx c;          /* of the request: arena, rules, now, actor, request id */
    struct arena *scratch; /* of one item, emptied after it */
    struct api_batch_item *item;
    size_t n;
    size_t *order;       /* in which the items are run: what others wait for first */
    atomic_size_t left;  /* items that are not done */
    const char *closing; /* what the answer says besides the results */
    void *user;          /* the server's */
};

/* Runs one item in the unit that is open on `db` and writes its result: OK, or an error that undoes the unit.
 */
MUST enum err api_batch_run(struct api_batch_item *item, struct db *db);
/* The answer of all results, once all of them have ended, in the order of the events: an end that is not the
 * item's own error makes it uncertain. Frees the scratch. */
void api_batch_answer(struct ctx *c, struct api_call *call);

#endif
