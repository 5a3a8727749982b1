#include "app/evidence_wait.h"
#include "app/app_audit.h"
#include "app/app_discrepancy.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "domain/reconcile.h"
#include "store/store_delivery.h"
#include "store/store_discrepancy.h"
#include "store/store_drop.h"
#include "store/store_evidence.h"

/* The reasons of what was resolved. */
#define ARRIVED "evidence_arrived"
#define BYPASSED "bypass_stated"

/* ---- naming ---- */

/* Is the image here? And the same one for another delivery is found now, when the second names it. */
MUST static enum err look_up(struct ctx *c, const struct field_event *event,
                             struct field_event_evidence *row) {
    struct evidence_known known;
    TRY(store_evidence_known(c, row->sha256, event->delivery_id, &known));
    row->arrived = known.arrived;
    if (id_is_none(known.other_id)) return OK;
    const struct evidence_reuse reuse = {.event_id = event->id,
                                         .position = row->position,
                                         .delivery_id = event->delivery_id,
                                         .other_id = known.other_id,
                                         .at = c->now};
    return store_evidence_reuse_add(c, &reuse);
}

enum err evidence_name(struct ctx *c, const struct field_event *event, struct list named) {
    bool states = event->kind == EVENT_CONFIRMATION || event->kind == EVENT_AMENDMENT;
    bool waits = states && named.n > 0 && event->bypass == NONE;
    for (size_t i = 0; i < named.n; i++) {
        const struct drop_evidence *one = (const struct drop_evidence *)named.at + i;
        uint8_t hash[SHA256_SIZE];
        REQUIRE(text_unhex(one->sha256, hash, sizeof hash)); /* by drop_evidence_check */
        struct field_event_evidence row = {.own_id = event->own_id,
                                           .position = (int64_t)i,
                                           .kind = one->kind,
                                           .sha256 = {hash, sizeof hash}};
        TRY(look_up(c, event, &row));
        TRY(store_event_evidence_add(c, &row));
        waits &= !row.arrived;
    }
    if (!waits) return OK;
    if (event->kind == EVENT_CONFIRMATION) return store_evidence_await(c, event->id, c->now);
    struct list found;
    TRY(store_discrepancy_no_proof(c, event->amends, &found));
    return found.n > 0 ? OK : store_evidence_await(c, event->amends, c->now);
}

/* ---- resolving ---- */

static bool stands_open(const struct discrepancy *row) {
    return row->state != DISCREPANCY_VOID && row->state != DISCREPANCY_RESOLVED;
}

MUST static enum err resolve(struct ctx *c, struct discrepancy *row, const char *why) {
    row->state = DISCREPANCY_RESOLVED;
    row->reason = why;
    row->closed_at = c->now;
    return store_discrepancy_set(c, row);
}

enum err evidence_settle(struct ctx *c, const struct field_event *amendment) {
    struct id confirmation_id = amendment->amends;
    struct list rows;
    bool proven;
    TRY(store_evidence_proven(c, confirmation_id, &proven));
    if (!proven) return OK;
    TRY(store_evidence_unawait(c, confirmation_id));
    TRY(store_discrepancy_no_proof(c, confirmation_id, &rows));
    struct discrepancy *row = (struct discrepancy *)(uintptr_t)rows.at;
    for (size_t i = 0; i < rows.n; i++)
        if (stands_open(&row[i])) TRY(resolve(c, &row[i], amendment->bypass != NONE ? BYPASSED : ARRIVED));
    return OK;
}

/* Nobody decided this: the actor is the system, whoever sent the image. */
MUST static enum err audit_as_system(struct ctx *c, const struct discrepancy *row, const char *action,
                                     const char *change) {
    struct actor sender = c->actor;
    c->actor = (struct actor){.role = ROLE_SYSTEM};
    enum err err = app_audit(c, &(struct audit){.action = action,
                                                .entity = "discrepancy",
                                                .id = row->id,
                                                .version = row->version,
                                                .change = change});
    c->actor = sender;
    return err;
}

/* What a person resolved or made void stays so; the figures follow the fact all the same. */
MUST static enum err arrived_for(struct ctx *c, struct id confirmation_id) {
    struct list rows;
    TRY(store_discrepancy_no_proof(c, confirmation_id, &rows));
    struct discrepancy *row = (struct discrepancy *)(uintptr_t)rows.at;
    for (size_t i = 0; i < rows.n; i++) {
        bool open = stands_open(&row[i]);
        if (open) TRY(resolve(c, &row[i], ARRIVED));
        TRY(app_discrepancy_recount(c, row[i].order_id));
        TRY(audit_as_system(c, &row[i], "discrepancy.evidence",
                            open ? "{\"state\":\"resolved\",\"why\":\"" ARRIVED "\"}"
                                 : "{\"why\":\"" ARRIVED "\"}"));
    }
    return OK;
}

enum err evidence_arrived(struct ctx *c, struct blob sha256) {
    struct list ids;
    TRY(store_evidence_confirmations(c, sha256, &ids));
    const struct id *id = ids.at;
    for (size_t i = 0; i < ids.n; i++)
        TRY(arrived_for(c, id[i]));
    return OK;
}

/* ---- the clock ---- */

MUST static enum err open_one(struct ctx *c, struct id confirmation_id) {
    struct field_event event;
    struct delivery_row delivery;
    struct discrepancy found;
    TRY(store_event_get(c, confirmation_id, &event));
    TRY(store_delivery_get(c, event.delivery_id, &delivery));
    shape_clear(&discrepancy_shape, &found);
    found.kind = KIND_NO_PROOF;
    found.severity = severity_of(KIND_NO_PROOF, false, false);
    found.source = SOURCE_SWEEP;
    found.delivery_id = event.delivery_id;
    found.driver_id = event.driver_id;
    found.event_id = confirmation_id;
    TRY(store_evidence_unawait(c, confirmation_id));
    TRY(app_discrepancy_open_for(c, delivery.order_id, &found));
    return app_audit(c, &(struct audit){.action = "discrepancy.open",
                                        .entity = "discrepancy",
                                        .id = found.id,
                                        .version = found.version,
                                        .change = app_change(c, &discrepancy_shape, NULL, &found)});
}

enum err evidence_sweep(struct ctx *c, int64_t limit, int64_t *opened_out, bool *left_out) {
    struct list ids;
    TRY(store_evidence_overdue(c, c->now - c->rules->evidence_wait_ms, limit, &ids));
    const struct id *id = ids.at;
    for (size_t i = 0; i < ids.n; i++)
        TRY(open_one(c, id[i]));
    *opened_out = (int64_t)ids.n;
    *left_out = *opened_out == limit;
    return OK;
}
