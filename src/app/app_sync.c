#include "app/app_sync.h"
#include "app/app_arrive.h"
#include "base/id.h"
#include "json/json.h"
#include "store/store_audit.h"
#include "store/store_drop.h"
#include <string.h>

static const char *const STATUS_WORDS[] = {
    [SYNC_NEW] = "new",         [SYNC_REPLAY] = "replay", [SYNC_REFUSED] = "refused",
    [SYNC_WAITING] = "waiting", [SYNC_RETRY] = "retry",
};
const struct names sync_status_names = {STATUS_WORDS, COUNT(STATUS_WORDS)};

#define RESULT(kind_, ...) FIELD(struct sync_result, kind_, __VA_ARGS__)
static const struct field RESULT_FIELDS[] = {
    RESULT(K_INT, index, .max = INT64_MAX, .doc = "of the event in the batch, from 0"),
    RESULT(K_ID, id, .doc = "the event's own; null when it could not be read"),
    RESULT(K_ENUM, type, .names = &event_kind_names),
    RESULT(K_ENUM, status, .names = &sync_status_names,
           .doc = "new or replay: it is recorded; refused: for good, see problem; waiting: not recorded, "
                  "send it again "
                  "after waits_for; retry: not certain, send the same event again"),
    RESULT(K_ID, delivery_id),
    RESULT(K_INT, seq, .max = INT64_MAX,
           .doc = "keep the event until backed_up_seq has passed it in the same epoch"),
    RESULT(K_INSTANT, received_at, .doc = "server time of the first copy"),
    RESULT(K_INSTANT, completed_at, .doc = "what the figures use; null when it completed nothing"),
    RESULT(K_ENUM, outcome, .names = &event_outcome_names, .doc = "what it made of the delivery"),
    RESULT(K_BOOL, synced_late),
    RESULT(K_INT, clock_skew_s, .min = INT64_MIN + 1, .max = INT64_MAX),
    RESULT(K_LIST, discrepancies, .sub = &discrepancy_shape, .doc = "what this event found, as first given"),
    RESULT(K_ID, waits_for, .doc = "a confirmation that has not arrived yet"),
    RESULT(K_RAW, problem, .doc = "as the direct call would answer; null when it is recorded"),
};
const struct shape sync_result_shape = SHAPE("sync_result", struct sync_result, RESULT_FIELDS);

/* ---- reading ---- */

#define HEAD(kind_, ...) FIELD(struct sync_event, kind_, __VA_ARGS__)
static const struct field HEAD_FIELDS[] = {
    HEAD(K_ENUM, type, .flags = F_REQUIRED, .names = &event_kind_names),
    HEAD(K_ID, delivery_id, .flags = F_REQUIRED),
    HEAD(K_ID, confirmation_id, .flags = F_REQUIRED),
};

/* Of each type: the members of its direct call, where they go, and how many of the head's it has. */
static const struct {
    const struct shape *in;
    size_t at, heads;
} TYPES[] = {
    [EVENT_CONFIRMATION] = {&drop_in_shape, offsetof(struct sync_event, confirmation), 2},
    [EVENT_FAILURE] = {&failure_in_shape, offsetof(struct sync_event, failure), 2},
    [EVENT_AMENDMENT] = {&amendment_in_shape, offsetof(struct sync_event, amendment), 3},
    [EVENT_ARRIVAL] = {&arrival_in_shape, offsetof(struct sync_event, arrival), 2},
};

struct sync_head {
    int64_t type;
    struct id id, delivery_id;
};
static const struct field PEEK_FIELDS[] = {
    FIELD(struct sync_head, K_ENUM, type, .flags = F_REQUIRED, .names = &event_kind_names),
    FIELD(struct sync_head, K_ID, id),
    FIELD(struct sync_head, K_ID, delivery_id),
};
static const struct shape peek_shape = SHAPE("sync_head", struct sync_head, PEEK_FIELDS);

/* One shape of the head's members and the direct call's. */
MUST static enum err event_shape(struct ctx *c, int64_t type, struct shape *shape_out) {
    const struct shape *in = TYPES[type].in;
    size_t heads = TYPES[type].heads;
    struct field *field = arena_array(c->arena, heads + in->n, sizeof *field);
    if (!field) return FAIL(c, ERR_LIMIT, "request.too-large", "the batch is too large");
    memcpy(field, HEAD_FIELDS, heads * sizeof *field);
    memcpy(field + heads, in->field, in->n * sizeof *field);
    for (size_t i = heads; i < heads + in->n; i++)
        field[i].at += TYPES[type].at;
    *shape_out = (struct shape){"sync_event", sizeof(struct sync_event), field, heads + in->n};
    return OK;
}

enum err app_sync_read(struct ctx *c, const char *text, struct sync_event *event_out,
                       struct sync_result *result_out) {
    struct sync_head head;
    struct shape shape;
    enum err err = json_peek(c, text, strlen(text), &peek_shape, &head);
    if (err == ERR_INVALID && head.type != NONE)
        ctx_fault_clear(c); /* to be told with all the others */
    else
        TRY(err);
    result_out->id = head.id;
    result_out->type = head.type;
    result_out->delivery_id = head.delivery_id;
    if (head.type == NONE) {
        ctx_fault_item(c, "/type", "must be confirmation, failure, amendment or arrival");
        return ctx_faults(c);
    }
    TRY(event_shape(c, head.type, &shape));
    return json_decode(c, text, strlen(text), &shape, event_out);
}

/* ---- recording ---- */

typedef enum err record_fn(struct ctx *c, const struct sync_event *in, const struct delivery_row *found,
                           bool *replay_out, struct list *found_out);

MUST static enum err record_confirmation(struct ctx *c, const struct sync_event *in,
                                         const struct delivery_row *found, bool *replay_out,
                                         struct list *found_out) {
    return app_drop_record(c, found, &in->confirmation, replay_out, found_out);
}

MUST static enum err record_failure(struct ctx *c, const struct sync_event *in,
                                    const struct delivery_row *found, bool *replay_out,
                                    struct list *found_out) {
    (void)found_out;
    return app_drop_fail_record(c, found, &in->failure, replay_out);
}

MUST static enum err record_amendment(struct ctx *c, const struct sync_event *in,
                                      const struct delivery_row *found, bool *replay_out,
                                      struct list *found_out) {
    struct amend_found amended;
    struct drop_answer answer;
    TRY(app_amend_find(c, in->confirmation_id, &amended));
    if (!id_equal(amended.delivery.id, found->id))
        return FAIL(c, ERR_NOT_FOUND, "not-found", "there is no such thing here");
    TRY(app_amend(c, &amended, &in->amendment, &answer));
    *replay_out = answer.replay == 1;
    *found_out = answer.discrepancies;
    return OK;
}

MUST static enum err record_arrival(struct ctx *c, const struct sync_event *in,
                                    const struct delivery_row *found, bool *replay_out,
                                    struct list *found_out) {
    struct field_event event;
    (void)found_out;
    return app_arrive(c, found, &in->arrival, &event, replay_out);
}

static const struct {
    record_fn *record;
    const char *action; /* in the trail */
} RECORD[] = {
    [EVENT_CONFIRMATION] = {record_confirmation, "delivery.confirm"},
    [EVENT_FAILURE] = {record_failure, "delivery.fail"},
    [EVENT_AMENDMENT] = {record_amendment, "delivery.amend"},
    [EVENT_ARRIVAL] = {record_arrival, "delivery.arrive"},
};

/* The confirmation of an amendment may still be on its way, in another batch or by another road. Another
 * driver's is answered as one that nobody has. */
MUST static enum err waits(struct ctx *c, const struct sync_event *in, bool *waits_out) {
    struct field_event event;
    *waits_out = false;
    if (in->type != EVENT_AMENDMENT) return OK;
    enum err err = store_event_get(c, in->confirmation_id, &event);
    bool foreign = err == OK && !id_equal(event.driver_id, c->actor.user_id);
    *waits_out = err == ERR_NOT_FOUND || foreign;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* From the stored event, so that the first copy and every later one are answered alike. */
MUST static enum err fill(struct ctx *c, struct sync_result *result) {
    struct field_event event;
    TRY(store_event_get(c, result->id, &event));
    result->received_at = event.received_at;
    result->completed_at = event.completed_at;
    result->outcome = event.outcome;
    result->synced_late = event.synced_late;
    result->clock_skew_s = event.clock_skew_s;
    return store_audit_seq(c, event.delivery_id, event.delivery_version, RECORD[event.kind].action,
                           &result->seq);
}

enum err app_sync_event(struct ctx *c, const struct sync_event *event, struct sync_result *result) {
    struct delivery_row found;
    bool waiting, replay = false;
    TRY(app_drop_find(c, event->delivery_id, &found));
    TRY(waits(c, event, &waiting));
    if (waiting) {
        result->status = SYNC_WAITING;
        result->waits_for = event->confirmation_id;
        return OK;
    }
    TRY(RECORD[event->type].record(c, event, &found, &replay, &result->discrepancies));
    result->status = replay ? SYNC_REPLAY : SYNC_NEW;
    return fill(c, result);
}
