#include "api_batch.h"
#include "base/text.h"
#include "json/json.h"
#include <string.h>

/* ---- one item ---- */

static void write_result(struct api_batch_item *item, struct ctx *c) {
    struct text text = text_in(c->arena);
    json_object(&text, &sync_result_shape, &item->told);
    item->result = text.failed ? NULL : arena_memdup(item->batch->c.arena, text.at, text.n);
}

/* What may be repeated with hope, and what may not. */
static int64_t status_of(enum err err) {
    static const bool LATER[] = {[ERR_LIMIT] = true, [ERR_BUSY] = true,    [ERR_UNCERTAIN] = true,
                                 [ERR_FULL] = true,  [ERR_CORRUPT] = true, [ERR_INTERNAL] = true};
    return (size_t)err < COUNT(LATER) && LATER[err] ? SYNC_RETRY : SYNC_REFUSED;
}

static void refuse(struct api_batch_item *item, struct ctx *c, enum err err) {
    struct api_call problem = {0};
    if (c->fault.err == OK) (void)FAIL(c, err, api_problem_slug(err), "%s", "");
    api_problem(c, &problem);
    api_log_fault(c);
    item->told.status = status_of(err);
    item->told.problem = problem.body;
    write_result(item, c);
}

/* The request's context for one item: a fault of its own, the memory of one. */
static struct ctx context(const struct api_batch *batch, struct db *db) {
    struct ctx c = batch->c;
    c.arena = batch->scratch;
    c.db = db;
    c.fault = (struct fault){0};
    return c;
}

enum err api_batch_run(struct api_batch_item *item, struct db *db) {
    struct ctx c = context(item->batch, db);
    struct sync_result read = item->told; /* what could be read: a unit may be run again */
    enum err err = app_sync_event(&c, &item->event, &item->told);
    if (err == OK)
        write_result(item, &c);
    else
        refuse(item, &c, err);
    item->told = read;
    item->err = err;
    arena_reset(item->batch->scratch);
    return err;
}

static void end(struct api_batch_item *item) {
    enum err err = item->end;
    if (err == item->err && item->result) return;
    struct ctx c = context(item->batch, NULL);
    if (err == OK) err = ERR_LIMIT; /* done, but the answer had no room: a repeat tells */
    (void)FAIL(&c, err, api_problem_slug(err), "Nothing is confirmed: send the same event again.");
    refuse(item, &c, err);
    arena_reset(item->batch->scratch);
}

/* ---- the answer ---- */

void api_batch_answer(struct ctx *c, struct api_call *call) {
    struct api_batch *batch = call->batch;
    struct text text = text_in(c->arena);
    text_str(&text, "{\"results\":[");
    for (size_t i = 0; i < batch->n; i++) {
        end(&batch->item[i]);
        if (i > 0) text_char(&text, ',');
        text_str(&text, batch->item[i].result ? batch->item[i].result : "null");
        if (!batch->item[i].result) text.failed = true;
    }
    text_printf(&text, "],%s", batch->closing);
    arena_destroy(&batch->scratch);
    if (text.failed) {
        (void)FAIL(c, ERR_LIMIT, "busy",
                   "The answer has no room: send fewer events at once, with the same ids.");
        api_problem(c, call);
        return;
    }
    call->status = 200;
    call->content_type = "application/json";
    call->body = text.at;
    call->body_size = text.n;
}
