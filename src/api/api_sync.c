#include "api_sync.h"
#include "api_batch.h"
#include "app/app_installation.h"
#include "base/id.h"
#include "base/text.h"
#include "json/json.h"

/* ---- the document: every member that some type takes ---- */

struct event_doc {
    int64_t type;
    struct id delivery_id, confirmation_id, id;
    int64_t at;
    const struct receiver *received_by;
    const struct fix *location;
    struct list lines, evidence;
    int64_t bypass;
    const char *note, *reason;
    struct id on_behalf_of;
    const char *behalf_reason;
    int64_t dropped_at;
};
#define DOC(kind_, ...) FIELD(struct event_doc, kind_, __VA_ARGS__)
static const struct field EVENT_DOC_FIELDS[] = {
    DOC(K_ENUM, type, .flags = F_REQUIRED, .names = &event_kind_names,
        .doc = "an event takes the members of its direct call; a failure's reason is one of its codes"),
    DOC(K_ID, delivery_id, .flags = F_REQUIRED),
    DOC(K_ID, confirmation_id, .doc = "of an amendment: what it puts right"),
    DOC(K_ID, id, .flags = F_REQUIRED, .doc = "made once on the device"),
    DOC(K_INSTANT, at, .doc = "device time; an amendment's is the time of receipt unless stated",
        .example = "\"2026-12-03T00:42:10.000Z\""),
    DOC(K_OBJ, received_by, .sub = &receiver_shape),
    DOC(K_OBJ, location, .sub = &fix_shape),
    DOC(K_LIST, lines, .sub = &drop_line_shape, .max = LIMIT_LINES),
    DOC(K_LIST, evidence, .sub = &drop_evidence_shape, .max = 20),
    DOC(K_ENUM, bypass, .names = &bypass_names),
    DOC(K_TEXT, note, .max = LIMIT_NOTE, .flags = F_PERSONAL),
    DOC(K_TEXT, reason, .max = LIMIT_NOTE, .flags = F_PERSONAL),
    DOC(K_ID, on_behalf_of),
    DOC(K_TEXT, behalf_reason, .max = LIMIT_NOTE, .flags = F_PERSONAL),
    DOC(K_INSTANT, dropped_at, .doc = "a manager's alone, so never here", .example = "null"),
};
static const struct shape event_doc_shape = SHAPE("sync_event", struct event_doc, EVENT_DOC_FIELDS);

struct sync_in {
    struct list events;
};
static const struct field IN_FIELDS[] = {
    FIELD(struct sync_in, K_LIST, events, .flags = F_REQUIRED, .sub = &event_doc_shape,
          .max = LIMIT_SYNC_EVENTS),
};
const struct shape sync_in_shape = SHAPE("sync", struct sync_in, IN_FIELDS);

struct sync_answer {
    struct list results;
    struct id epoch;
    int64_t backed_up_seq;
};
static const struct field ANSWER_FIELDS[] = {
    FIELD(struct sync_answer, K_LIST, results, .sub = &sync_result_shape,
          .doc = "one for each event, in their order"),
    FIELD(struct sync_answer, K_ID, epoch,
          .doc = "of the database; another one than before: send every event again that no backup of the old "
                 "one covered"),
    FIELD(struct sync_answer, K_INT, backed_up_seq, .max = INT64_MAX,
          .doc = "events up to this sequence number are in a backup"),
};
const struct shape sync_answer_shape = SHAPE("sync_results", struct sync_answer, ANSWER_FIELDS);

/* ---- reading the batch ---- */

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "The batch is too large: send fewer events at once.");
}

/* What cannot be read is refused here and never reaches the writer. */
static void read_item(struct ctx *c, const char *text, struct api_batch_item *item, size_t index) {
    struct ctx own = *c;
    struct api_call problem = {0};
    struct text out = text_in(c->arena);
    shape_clear(&sync_result_shape, &item->told);
    item->told.index = (int64_t)index;
    own.fault = (struct fault){0};
    if (app_sync_read(&own, text, &item->event, &item->told) == OK) return;
    api_problem(&own, &problem);
    item->told.status = SYNC_REFUSED;
    item->told.problem = problem.body;
    json_object(&out, &sync_result_shape, &item->told);
    item->result = out.failed ? NULL : out.at;
}

/* Amendments after all that they may amend; else as they came. */
static void set_order(struct api_batch *batch) {
    size_t at = 0;
    for (int amendments = 0; amendments < 2; amendments++)
        for (size_t i = 0; i < batch->n; i++)
            if ((batch->item[i].event.type == EVENT_AMENDMENT) == (amendments == 1)) batch->order[at++] = i;
}

MUST static enum err closing(struct ctx *c, struct api_batch *batch) {
    struct installation installation;
    char epoch[ID_TEXT_SIZE];
    TRY(app_installation_get(c, &installation));
    batch->closing =
        arena_printf(c->arena, "\"epoch\":\"%s\",\"backed_up_seq\":%lld}",
                     id_format(installation.epoch, epoch), (long long)installation.backed_up_seq);
    return batch->closing ? OK : full(c);
}

enum err api_sync(struct ctx *c, struct api_call *call) {
    struct api_batch *batch = arena_alloc(c->arena, sizeof *batch);
    struct list texts;
    TRY(json_items(c, call->request->body, call->request->body_size, "events", LIMIT_SYNC_EVENTS, &texts));
    if (!batch) return full(c);
    batch->n = texts.n;
    batch->item = arena_array(c->arena, texts.n + 1, sizeof *batch->item);
    batch->order = arena_array(c->arena, texts.n + 1, sizeof *batch->order);
    if (!batch->item || !batch->order) return full(c);
    TRY(closing(c, batch));
    for (size_t i = 0; i < texts.n; i++) {
        batch->item[i].batch = batch;
        read_item(c, ((const char *const *)texts.at)[i], &batch->item[i], i);
    }
    set_order(batch);
    batch->c = *c;
    batch->scratch = arena_create(LIMIT_ARENA);
    if (!batch->scratch) return full(c);
    call->batch = batch;
    return OK;
}
