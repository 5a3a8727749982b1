#include "app/fingerprint.h"
#include "app/app_audit.h"
#include "base/crypto.h"
#include "base/date.h"
#include "base/image.h"
#include "domain/drop.h"
#include "domain/evidence.h"
#include "domain/reconcile.h"
#include "volume.h"
#include <string.h>

enum { TAG_IMAGE = 30, TAG_SALT, TAG_PRINT, TAG_VOID_SALT = 36 };

/* ---- what is handed over ---- */

static void put_lines(struct volume_log *log, const struct facts *f) {
    int64_t position = 0;
    for (int line = 0; line < LINES; line++) {
        struct order_line_row before, after;
        int64_t accepted = volume_accepted(f, line);
        volume_order_line(log->v, f, DISPATCHED, line, &before);
        volume_order_line(log->v, f, DROPPED, line, &after);
        if (after.accepted > 0) { /* noted: not all of the order came as authorised */
            volume_was(log, T_ORDER_LINE, &before);
            volume_now(log, T_ORDER_LINE, &after);
        }
        struct field_event_line row = {.own_id = f->own_event,
                                       .position = position++,
                                       .product_id = after.product_id,
                                       .qty = accepted,
                                       .lot = volume_lot(log->arena, f, line),
                                       .expiry = f->due + 400 + line * 30,
                                       .condition = CONDITION_OK,
                                       .scanned = 1};
        volume_put(log, T_EVENT_LINE, &row);
        if (f->fault != FAULT_DAMAGED || accepted == after.authorised) continue;
        row.position = position++;
        row.qty = after.authorised - accepted;
        row.condition = CONDITION_DAMAGED;
        volume_put(log, T_EVENT_LINE, &row);
    }
}

static void put_private(struct volume_log *log, const struct facts *f, uint8_t digest_out[SHA256_SIZE]) {
    uint8_t salt[16];
    struct personal value = {.owner = f->own_event, .field = "drop"};
    volume_random_bytes(log->v, f->i, TAG_SALT, salt, sizeof salt);
    value.salt = (struct blob){salt, sizeof salt};
    value.value = arena_printf(log->arena,
                               "{\"receiver\":\"Patient Example %06d\",\"relation\":\"patient\","
                               "\"lat\":-33.%07d,\"lon\":151.%07d,\"accuracy_m\":8}",
                               (int)f->patient, (int)(8000000 + f->patient % 1000000),
                               (int)(1000000 + f->patient % 1000000));
    if (!value.value) volume_fail("no memory");
    sha256_two(salt, sizeof salt, value.value, strlen(value.value), digest_out);
    volume_put(log, T_PERSONAL, &value);
}

static void put_event(struct volume_log *log, const struct facts *f, struct field_event *event,
                      uint8_t print[SHA256_SIZE], uint8_t digest[SHA256_SIZE]) {
    volume_random_bytes(log->v, f->i, TAG_PRINT, print, SHA256_SIZE);
    put_private(log, f, digest);
    shape_clear(&field_event_shape, event);
    event->id = f->event;
    event->own_id = f->own_event;
    event->kind = EVENT_CONFIRMATION;
    event->delivery_id = f->delivery;
    event->driver_id = f->driver;
    event->at = event->completed_at = f->dropped_at;
    event->received_at = f->received_at;
    event->synced_late = event->clock_skew_s = 0;
    event->receiver_known = event->stands = 1;
    event->place = PLACE_RIGHT;
    event->distance_m = f->i % 40;
    event->accuracy_m = 8;
    event->outcome = OUTCOME_DELIVERED;
    event->delivery_version = 4;
    event->fingerprint = (struct blob){print, FINGERPRINT_SIZE};
    event->private_digest = (struct blob){digest, PRIVATE_DIGEST_SIZE};
    volume_put(log, T_EVENT, event);
}

static void name_image(struct volume_log *log, const struct facts *f) {
    uint8_t hash[SHA256_SIZE];
    volume_random_bytes(log->v, f->i, TAG_IMAGE, hash, sizeof hash);
    const struct field_event_evidence named = {.own_id = f->own_event,
                                               .kind = EVIDENCE_SIGNATURE,
                                               .sha256 = {hash, sizeof hash},
                                               .received_at = NONE};
    const struct awaited awaited = {f->event, f->received_at};
    volume_put(log, T_EVENT_EVIDENCE, &named);
    volume_now(log, T_AWAITED, &awaited);
}

/* ---- what is found ---- */

static void fill_found(const struct volume_log *log, const struct facts *f, struct found *found) {
    shape_clear(&discrepancy_shape, &found->row);
    found->salt = (struct blob){NULL, 0};
    found->row.order_id = f->order;
    found->row.delivery_id = f->delivery;
    found->row.patient_id = log->v->patient[f->patient];
    found->row.customer_id = log->v->customer[f->customer];
    found->row.depot_id = log->v->depot[f->depot];
    found->row.driver_id = f->driver;
    found->row.state = DISCREPANCY_OPEN;
    found->row.responsibility = BY_UNDETERMINED;
    found->row.rule_version = RECONCILE_RULE_VERSION;
    found->row.version = 1;
}

/* Six in ten are looked at after three days. */
static bool is_reviewed(const struct volume *v, const struct facts *f) {
    return f->last == DROPPED && f->due + 3 < v->today && f->i % 10 < 6;
}

static void acknowledge(struct found *found) {
    found->row.state = DISCREPANCY_ACKNOWLEDGED;
    found->row.responsibility = BY_CARRIER;
    found->row.cause = "driver";
    found->row.version = 2;
}

static void fill_late(const struct volume_log *log, const struct facts *f, struct found *found) {
    fill_found(log, f, found);
    found->row.id = volume_id(f->late_at + f->place, f->i);
    found->row.kind = KIND_LATE;
    found->row.severity = S3;
    found->row.source = SOURCE_SWEEP;
    found->row.detected_at = f->late_at;
}

static void fill_missed(const struct volume_log *log, const struct facts *f, struct found *found) {
    fill_found(log, f, found);
    found->row.id = volume_id(f->missed_at + 30000 + f->place, f->i);
    found->row.kind = KIND_MISSED;
    found->row.severity = S2;
    found->row.source = SOURCE_SWEEP;
    found->row.detected_at = f->missed_at;
}

/* Of the drop itself: a short or damaged line, or no proof. */
static void fill_wrong(const struct volume_log *log, const struct facts *f, struct found *found) {
    int line = f->fault == FAULT_DAMAGED;
    fill_found(log, f, found);
    found->row.id = volume_id(f->received_at + f->place, f->i);
    found->row.source = SOURCE_RECONCILIATION;
    found->row.event_id = f->event;
    found->row.detected_at = f->received_at;
    found->row.kind = f->fault == FAULT_SHORT     ? KIND_SHORT
                      : f->fault == FAULT_DAMAGED ? KIND_DAMAGED
                                                  : KIND_NO_PROOF;
    found->row.severity = f->fault == FAULT_NO_PROOF ? S4 : S3;
    if (f->fault == FAULT_NO_PROOF) return;
    found->row.product_id = volume_product(log->v, f->patient, line);
    found->row.expected = f->fault == FAULT_SHORT ? volume_units(line) : 2;
    found->row.actual = f->fault == FAULT_SHORT ? volume_units(line) - 4 : 0;
}

static bool is_of_drop(const struct facts *f) {
    return f->fault == FAULT_SHORT || f->fault == FAULT_DAMAGED || f->fault == FAULT_NO_PROOF;
}

static void fill_standing(const struct volume_log *log, const struct facts *f, struct found *found) {
    if (is_of_drop(f))
        fill_wrong(log, f, found);
    else if (f->fault == FAULT_LATE)
        fill_late(log, f, found);
    else
        fill_missed(log, f, found);
}

/* Opened now; in the file it stands as it is at the end. */
static void put_standing(struct volume_log *log, const struct facts *f) {
    struct found found;
    fill_standing(log, f, &found);
    volume_now(log, T_DISCREPANCY, &found);
    if (is_reviewed(log->v, f)) acknowledge(&found);
    volume_write(log, T_DISCREPANCY, &found);
}

void volume_review(struct volume_log *log, const struct facts *f) {
    struct found found;
    int64_t at = (f->due + 3) * DAY_MS + 8 * HOUR_MS + f->place;
    if (f->fault == FAULT_NONE || !is_reviewed(log->v, f)) return;
    fill_standing(log, f, &found);
    volume_was(log, T_DISCREPANCY, &found);
    acknowledge(&found);
    volume_now(log, T_DISCREPANCY, &found);
    const struct found_state state = {found.row.id, 2, at, DISCREPANCY_ACKNOWLEDGED};
    volume_put(log, T_DISCREPANCY_STATE, &state);
    volume_audit(log, &(struct volume_event){
                          .at = at,
                          .role = ROLE_REP,
                          .actor = log->v->rep[f->depot],
                          .action = "discrepancy.change",
                          .entity = "discrepancy",
                          .id = found.row.id,
                          .version = 2,
                          .change = "{\"state\":\"acknowledged\",\"responsibility\":\"carrier\",\"cause\":"
                                    "\"driver\",\"version\":2}"});
}

/* ---- the commitment ---- */

/* A version that was counted is closed, and the next one added. */
static void next_version(struct volume_log *log, const struct facts *f, enum moment was, enum moment is,
                         bool written) {
    struct commitment before, after;
    volume_commitment(log->v, f, was, &before);
    volume_commitment(log->v, f, is, &after);
    volume_was(log, T_COMMITMENT, &before);
    if (after.version != before.version) {
        before.known_until = after.known_from;
        before.sweep_at = NONE;
        volume_now(log, T_COMMITMENT, &before);
    }
    volume_now(log, T_COMMITMENT, &after);
    if (!written || after.version == before.version) return;
    volume_write(log, T_COMMITMENT, &after);
}

/* As the version of that moment stands at the end. */
static void write_version(struct volume_log *log, const struct facts *f, enum moment is, enum moment next) {
    struct commitment row, closed_by;
    volume_commitment(log->v, f, is, &row);
    if (f->last >= next) {
        volume_commitment(log->v, f, next, &closed_by);
        row.known_until = closed_by.known_from;
        row.sweep_at = NONE;
    }
    volume_write(log, T_COMMITMENT, &row);
}

static void audit_sweep(struct volume_log *log, const struct facts *f, int64_t at, int64_t version,
                        const char *change) {
    volume_audit(log, &(struct volume_event){.at = at,
                                             .role = ROLE_SYSTEM,
                                             .action = "commitment.sweep",
                                             .entity = "order",
                                             .id = f->order,
                                             .version = version,
                                             .change = change});
}

static void superseded(struct volume_log *log, const struct facts *f, struct found *found, uint8_t salt[16]) {
    struct found missed;
    fill_missed(log, f, &missed);
    volume_random_bytes(log->v, f->i, TAG_VOID_SALT, salt, 16);
    found->row.state = DISCREPANCY_VOID;
    found->row.closed_at = f->missed_at;
    found->row.superseded_by = missed.row.id;
    found->row.reason = "superseded";
    found->row.version = 2;
    found->salt = (struct blob){salt, 16};
}

static void find_late(struct volume_log *log, const struct facts *f) {
    enum moment next = f->fault == FAULT_MISSED ? FOUND_MISSED : DROPPED;
    struct found found;
    uint8_t salt[16];
    next_version(log, f, DISPATCHED, FOUND_LATE, false);
    write_version(log, f, FOUND_LATE, next);
    if (f->fault == FAULT_LATE) {
        put_standing(log, f);
    } else {
        fill_late(log, f, &found);
        volume_now(log, T_DISCREPANCY, &found);
        if (f->last >= FOUND_MISSED) superseded(log, f, &found, salt);
        volume_write(log, T_DISCREPANCY, &found);
    }
    audit_sweep(log, f, f->late_at, 2, "{\"timeliness\":\"late\"}");
}

static void find_missed(struct volume_log *log, const struct facts *f) {
    struct found found;
    uint8_t salt[16];
    next_version(log, f, FOUND_LATE, FOUND_MISSED, false);
    write_version(log, f, FOUND_MISSED, DROPPED);
    fill_late(log, f, &found);
    volume_was(log, T_DISCREPANCY, &found);
    superseded(log, f, &found, salt);
    volume_now(log, T_DISCREPANCY, &found);
    const struct found_state state = {found.row.id, 2, f->missed_at, DISCREPANCY_VOID};
    volume_put(log, T_DISCREPANCY_STATE, &state);
    put_standing(log, f);
    audit_sweep(log, f, f->missed_at, 3, "{\"timeliness\":\"missed\"}");
}

/* ---- the drop ---- */

static void finish(struct volume_log *log, const struct facts *f) {
    struct delivery_row delivery_before, delivery_after;
    struct order_row order_before, order_after;
    volume_delivery(log->v, f, DISPATCHED, &delivery_before);
    volume_delivery(log->v, f, DROPPED, &delivery_after);
    volume_was(log, T_DELIVERY, &delivery_before);
    volume_now(log, T_DELIVERY, &delivery_after);
    volume_order(log->v, f, DISPATCHED, &order_before);
    volume_order(log->v, f, DROPPED, &order_after);
    volume_was(log, T_ORDER, &order_before);
    volume_now(log, T_ORDER, &order_after);
}

static void confirm(struct volume_log *log, const struct facts *f) {
    enum moment was = f->fault == FAULT_LATE     ? FOUND_LATE
                      : f->fault == FAULT_MISSED ? FOUND_MISSED
                                                 : DISPATCHED;
    struct field_event event;
    uint8_t print[SHA256_SIZE], digest[SHA256_SIZE];
    put_event(log, f, &event, print, digest);
    put_lines(log, f);
    if (f->fault != FAULT_NO_PROOF) name_image(log, f);
    finish(log, f);
    next_version(log, f, was, DROPPED, true);
    if (is_of_drop(f)) put_standing(log, f);
    volume_audit(log,
                 &(struct volume_event){.at = f->received_at,
                                        .role = ROLE_DRIVER,
                                        .actor = f->driver,
                                        .action = "delivery.confirm",
                                        .entity = "delivery",
                                        .id = f->delivery,
                                        .version = 4,
                                        .change = app_change(&log->c, &field_event_shape, NULL, &event)});
}

/* What is known of an image stays when its bytes are erased; here they have been. */
static void send_image(struct volume_log *log, const struct facts *f) {
    uint8_t hash[SHA256_SIZE];
    const struct awaited awaited = {f->event, f->received_at};
    volume_random_bytes(log->v, f->i, TAG_IMAGE, hash, sizeof hash);
    const struct evidence image = {.sha256 = {hash, sizeof hash},
                                   .id = volume_id(f->image_at + f->place, f->i),
                                   .type = IMAGE_PNG,
                                   .bytes = 12000 + f->i % 9000,
                                   .received_at = f->image_at,
                                   .by_id = f->driver};
    volume_put(log, T_EVIDENCE, &image);
    volume_was(log, T_AWAITED, &awaited);
    volume_audit(log, &(struct volume_event){.at = f->image_at,
                                             .role = ROLE_DRIVER,
                                             .actor = f->driver,
                                             .action = "evidence.put",
                                             .entity = "evidence",
                                             .id = image.id,
                                             .version = 1,
                                             .change = app_change(&log->c, &evidence_shape, NULL, &image)});
}

void volume_drop(struct volume_log *log, const struct facts *f) {
    if (f->fault == FAULT_LATE || f->fault == FAULT_MISSED) find_late(log, f);
    if (f->fault == FAULT_MISSED) return;
    confirm(log, f);
    if (f->fault != FAULT_NO_PROOF) send_image(log, f);
}

void volume_miss(struct volume_log *log, const struct facts *f) {
    find_missed(log, f);
    confirm(log, f);
    send_image(log, f);
}
