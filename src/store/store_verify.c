#include "store/store_verify.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/db.h"
#include "store/audit_block.h"
#include "store/store_order.h"

#define CURRENT "m.known_until = 9223372036854775807 AND m.kind <> 'history'"
/* The name of a check says what must hold; its rows are those for which it does not. */
static const struct db_stmt CHECKS[] = {
    {"a commitment is completed by its first confirmation that completes",
     "SELECT m.order_id AS id FROM commitment m WHERE " CURRENT " AND m.completed_at IS DISTINCT FROM "
     "(SELECT MIN(e.completed_at) FROM delivery d JOIN statement e ON e.delivery_id = d.id "
     "WHERE d.order_id = m.order_id AND d.kind <> 'recovery') ORDER BY "
     "m.order_id LIMIT 100",
     NULL},
    {"a commitment counts the discrepancies that stand",
     "SELECT m.order_id AS id FROM commitment m WHERE " CURRENT
     " AND m.faults <> (SELECT COUNT(*) FROM discrepancy x "
     "LEFT JOIN delivery d ON d.id = x.delivery_id WHERE x.order_id = m.order_id AND x.state <> 'void' "
     "AND NOT (x.kind = 'no_proof' AND x.source = 'sweep' AND EXISTS (SELECT 1 FROM field_event e "
     "WHERE (e.id = x.event_id OR e.amends = x.event_id) AND ((e.bypass IS NOT NULL AND e.stands = 1) "
     "OR EXISTS (SELECT 1 FROM field_event_evidence v JOIN evidence g ON g.sha256 = v.sha256 "
     "WHERE v.own_id = e.own_id)))) "
     "AND x.kind <> 'contested' AND COALESCE(d.kind, 'first') <> 'recovery') ORDER BY m.order_id LIMIT 100",
     NULL},
    {"a delivered delivery has a confirmation by a named driver",
     "SELECT d.order_id AS id FROM delivery d JOIN patient_order o ON o.id = d.order_id "
     "WHERE d.state = 'delivered' AND o.kind <> 'history' AND NOT EXISTS (SELECT 1 FROM field_event e "
     "WHERE e.id = d.event_id AND e.delivery_id = d.id AND e.kind = 'confirmation') ORDER BY d.order_id "
     "LIMIT 100",
     NULL},
    {"a commitment counts its discrepancies by what they are about",
     "SELECT m.order_id AS id FROM commitment m WHERE " CURRENT
     " AND m.faults <> m.faults_line + m.faults_place "
     "+ m.faults_proof + (SELECT COUNT(*) FROM discrepancy x WHERE x.order_id = m.order_id AND x.state <> "
     "'void' "
     "AND x.kind IN ('missed', 'late', 'early')) ORDER BY m.order_id LIMIT 100",
     NULL},
    {"an order is scheduled while a delivery of it is open",
     "SELECT o.id FROM patient_order o WHERE CASE WHEN o.state = 'scheduled' THEN 1 ELSE 0 END <> "
     "CASE WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.order_id = o.id "
     "AND d.state IN ('scheduled', 'dispatched')) THEN 1 ELSE 0 END ORDER BY o.id LIMIT 100",
     NULL},
    {"an order is delivered when nothing of it is outstanding, else part delivered",
     "SELECT o.id FROM patient_order o WHERE o.kind <> 'history' AND o.state IN ('delivered', "
     "'part_delivered') "
     "AND CASE WHEN o.state = 'part_delivered' THEN 1 ELSE 0 END <> CASE WHEN EXISTS (SELECT 1 "
     "FROM order_line l WHERE l.order_id = o.id AND l.authorised > " ORDER_LINE_ACCEPTED
     " + l.refused) THEN 1 ELSE 0 END "
     "ORDER BY o.id LIMIT 100",
     NULL},
    {"a failed delivery was failed by somebody who was there",
     "SELECT d.order_id AS id FROM delivery d JOIN patient_order o ON o.id = d.order_id "
     "WHERE d.state = 'failed' AND o.kind <> 'history' AND NOT EXISTS (SELECT 1 FROM field_event e "
     "WHERE e.delivery_id = d.id AND e.outcome = 'failed') ORDER BY d.order_id LIMIT 100",
     NULL},
    {"a completed commitment is called early, late or missed by its own window",
     "SELECT m.order_id AS id FROM commitment m WHERE " CURRENT " AND m.completed_at IS NOT NULL "
     "AND m.excluded IS NULL AND m.sweep_at IS NULL AND m.swept <> CASE WHEN m.completed_at < m.early_before "
     "THEN 'early' WHEN m.completed_at <= m.late_after THEN 'none' WHEN m.completed_at <= m.missed_after "
     "THEN 'late' ELSE 'missed' END ORDER BY m.order_id LIMIT 100",
     NULL},
    {"a commitment is called late or missed only after its time",
     "SELECT m.order_id AS id FROM commitment m WHERE " CURRENT " AND m.completed_at IS NULL "
     "AND ((m.swept = 'late' AND m.late_after >= (SELECT MAX(at) FROM audit_entry)) "
     "OR (m.swept = 'missed' AND m.missed_after >= (SELECT MAX(at) FROM audit_entry)) OR m.swept = 'early') "
     "ORDER BY m.order_id LIMIT 100",
     NULL},
    {"early, late or missed is what the commitment says, once",
     "SELECT m.order_id AS id FROM commitment m WHERE " CURRENT " AND ((m.swept <> 'none' AND NOT EXISTS "
     "(SELECT 1 FROM discrepancy x WHERE x.order_id = m.order_id AND x.kind = m.swept)) "
     "OR EXISTS (SELECT 1 FROM discrepancy x WHERE x.order_id = m.order_id AND x.state <> 'void' "
     "AND x.kind IN ('early', 'late', 'missed') AND x.kind <> m.swept)) ORDER BY m.order_id LIMIT 100",
     NULL},
    {"a commitment of a summed day is in the sums unless the clock may still change it",
     "SELECT m.order_id AS id FROM commitment m JOIN figure_state s ON m.due_on <= s.through "
     "LEFT JOIN figure_open f ON f.order_id = m.order_id WHERE m.known_until = 9223372036854775807 "
     "AND CASE WHEN f.order_id IS NULL THEN 0 ELSE 1 END <> CASE WHEN m.excluded IS NULL "
     "AND m.completed_at IS NULL AND m.missed_after >= m.known_from THEN 1 ELSE 0 END "
     "UNION ALL SELECT f.order_id FROM figure_open f WHERE NOT EXISTS (SELECT 1 FROM commitment m "
     "JOIN figure_state s ON m.due_on <= s.through WHERE m.order_id = f.order_id "
     "AND m.known_until = 9223372036854775807) ORDER BY 1 LIMIT 100",
     NULL},
    {"a customer's discrepancies are found by the seconds that something was found in",
     "SELECT d.order_id AS id FROM discrepancy d WHERE NOT EXISTS (SELECT 1 FROM found_second s "
     "WHERE s.customer_id = d.customer_id AND s.second = d.detected_at / 1000) "
     "UNION ALL SELECT s.customer_id FROM found_second s WHERE NOT EXISTS (SELECT 1 FROM discrepancy d "
     "WHERE d.detected_at BETWEEN s.second * 1000 AND s.second * 1000 + 999 "
     "AND d.customer_id = s.customer_id) ORDER BY 1 LIMIT 100",
     NULL},
    {"whom to call first is kept as orders and patients have it",
     "SELECT o.id FROM to_call_through s JOIN patient_order o ON (o.call_due, o.id) <= (s.call_due, "
     "s.order_id) "
     "JOIN patient p ON p.id = o.patient_id LEFT JOIN to_call t ON t.order_id = o.id WHERE o.state = 'open' "
     "AND o.zone_id IS NOT NULL AND (t.order_id IS NULL OR t.patient_id <> p.id OR t.depot_id <> o.depot_id "
     "OR t.call_due <> o.call_due OR t.due_date <> o.due_date OR t.cover_until <> COALESCE(p.cover_until, "
     "0)) "
     "UNION ALL SELECT t.order_id FROM to_call t WHERE NOT EXISTS (SELECT 1 FROM patient_order o "
     "WHERE o.id = t.order_id AND o.state = 'open') ORDER BY 1 LIMIT 100",
     NULL},
    {"every order has one current commitment",
     "SELECT o.id FROM patient_order o WHERE (SELECT COUNT(*) FROM commitment m WHERE m.order_id = o.id "
     "AND m.known_until = 9223372036854775807) <> 1 ORDER BY o.id LIMIT 100",
     NULL},
    {"every order has an audit event",
     "SELECT o.id FROM patient_order o WHERE NOT EXISTS (SELECT 1 FROM audit_entry a WHERE a.entity_id = "
     "o.id) AND NOT EXISTS (SELECT 1 FROM audit_place a WHERE a.entity_id = o.id) "
     "ORDER BY o.id LIMIT 100",
     NULL},
};

enum { EVENTS, REASON, PLACES, NOUNS, PRIVATE, IMAGES };
static const struct db_stmt S[] = {
    [EVENTS] = {"verify.events",
                "SELECT a.seq, a.at, a.actor_id, a.role, a.action, a.entity, a.entity_id, a.entity_version, "
                "a.reason_digest, a.request_id, a.change, a.rows, a.leaf_hash, v.value AS reason, v.salt "
                "FROM audit_event a "
                "LEFT JOIN personal_value v ON v.owner = a.entity_id AND a.reason_digest IS NOT NULL "
                "AND v.field = 'reason:' || CAST(a.seq AS TEXT) ORDER BY a.seq",
                NULL},
    [REASON] = {"verify.reason",
                "SELECT value AS reason, salt FROM personal_value WHERE owner = $1 AND field = 'reason:' || "
                "CAST($2 AS TEXT)",
                NULL},
    [PLACES] = {"verify.places", "SELECT entity_id, block FROM audit_place", NULL},
    [NOUNS] = {"verify.nouns",
               "SELECT CASE WHEN n.entity = 0 THEN '' ELSE COALESCE(w.word, '?') END AS entity, n.block FROM "
               "audit_noun n "
               "LEFT JOIN audit_word w ON w.number = n.entity",
               NULL},
    [IMAGES] = {"verify.images", "SELECT sha256, image FROM evidence_image ORDER BY sha256", NULL},
    [PRIVATE] =
        {"verify.private",
         "SELECT 'field_event' AS entity, e.id, e.private_digest AS digest, v.salt, v.value FROM field_event "
         "e "
         "JOIN personal_value v ON v.owner = e.own_id AND v.field = 'drop' "
         "UNION ALL SELECT 'contest', t.id, t.private_digest, v.salt, v.value FROM contest t "
         "JOIN personal_value v ON v.owner = t.id AND v.field = 'contest' "
         "UNION ALL SELECT 'contact', t.id, t.private_digest, v.salt, v.value FROM contact t "
         "JOIN personal_value v ON v.owner = t.id AND v.field = 'note' "
         "UNION ALL SELECT 'promise', p.delivery_id, p.private_digest, v.salt, v.value FROM promise p "
         "JOIN personal_value v ON v.owner = p.delivery_id AND v.field = 'promise:' || CAST(p.number AS "
         "TEXT) "
         "UNION ALL SELECT 'recall', r.id, r.private_digest, v.salt, v.value FROM recall r "
         "JOIN personal_value v ON v.owner = r.id AND v.field = 'recall'",
         NULL},
};

#define NAMED(kind_, name_, ...) FIELD_AS(struct verify_event, kind_, name_, __VA_ARGS__)
static const struct field EVENT_FIELDS[] = {
    NAMED(K_INT, "seq", row.seq),
    NAMED(K_INSTANT, "at", row.at),
    NAMED(K_ID, "actor_id", row.actor_id),
    NAMED(K_ENUM, "role", row.role, .names = &role_names),
    NAMED(K_TEXT, "action", row.action),
    NAMED(K_TEXT, "entity", row.entity),
    NAMED(K_ID, "entity_id", row.entity_id),
    NAMED(K_INT, "entity_version", row.entity_version),
    NAMED(K_HEX, "reason_digest", row.reason_digest),
    NAMED(K_ID, "request_id", row.request_id),
    NAMED(K_RAW, "change", row.change),
    NAMED(K_HEX, "rows", row.rows),
    NAMED(K_HEX, "leaf_hash", row.leaf_hash),
    NAMED(K_TEXT, "reason", row.reason),
    NAMED(K_HEX, "salt", salt),
};
static const struct shape event_shape = SHAPE("verify_event", struct verify_event, EVENT_FIELDS);

static const struct field PRIVATE_FIELDS[] = {
    FIELD(struct verify_private, K_TEXT, entity), FIELD(struct verify_private, K_ID, id),
    FIELD(struct verify_private, K_HEX, digest), FIELD(struct verify_private, K_HEX, salt),
    FIELD(struct verify_private, K_TEXT, value)};
static const struct shape private_shape = SHAPE("verify_private", struct verify_private, PRIVATE_FIELDS);
static const struct field ROW_FIELDS[] = {FIELD(struct verify_contradiction, K_ID, id)};
static const struct shape row_shape = SHAPE("verify_contradiction", struct verify_contradiction, ROW_FIELDS);

static const struct field REASON_FIELDS[] = {NAMED(K_TEXT, "reason", row.reason), NAMED(K_HEX, "salt", salt)};
static const struct shape reason_shape = SHAPE("verify_reason", struct verify_event, REASON_FIELDS);

struct listener {
    store_verify_event *tell;
    void *user;
};

MUST static enum err tell_packed(struct ctx *c, const struct audit_row *row,
                                 const struct listener *listener) {
    struct verify_event event = {{0}, {NULL, 0}}, reason;
    if (row->reason_digest.at) {
        enum err err =
            db_one(c, &S[REASON], ARGS(db_id(&row->entity_id), db_int(row->seq)), &reason_shape, &reason);
        if (err != OK && err != ERR_NOT_FOUND) return err;
        if (err == OK) event = reason;
    }
    const char *words = event.row.reason;
    event.row = *row;
    event.row.reason = words;
    return listener->tell(c, &event, listener->user);
}

/* Block by block, each in the same memory. */
static enum err tell_blocks(struct ctx *apart, void *user) {
    const struct listener *listener = user;
    struct audit_block block = {.number = -1};
    while (true) {
        arena_reset(apart->arena);
        enum err err = store_audit_block_from(apart, block.number + 1, NULL, (struct id){{0}}, &block);
        if (err == ERR_NOT_FOUND) return OK;
        TRY(err);
        for (size_t i = 0; i < AUDIT_BLOCK; i++)
            TRY(tell_packed(apart, &block.row[i], listener));
    }
}

enum err store_verify_events(struct ctx *c, store_verify_event *event, void *user) {
    struct listener listener = {event, user};
    struct verify_event record;
    TRY(ctx_apart(c, LIMIT_ARENA_BLOCK, tell_blocks, &listener));
    return db_each(c, &S[EVENTS], NO_ARGS, &event_shape, &record, event, user);
}

static const struct field PLACE_FIELDS[] = {FIELD(struct verify_place, K_ID, entity_id),
                                            FIELD(struct verify_place, K_INT, block)};
static const struct shape place_shape = SHAPE("verify_place", struct verify_place, PLACE_FIELDS);

enum err store_verify_places(struct ctx *c, enum err (*row)(struct ctx *c, void *verify_place, void *user),
                             void *user) {
    struct verify_place record;
    return db_each(c, &S[PLACES], NO_ARGS, &place_shape, &record, row, user);
}

static const struct field NOUN_FIELDS[] = {FIELD(struct verify_noun, K_TEXT, entity),
                                           FIELD(struct verify_noun, K_INT, block)};
static const struct shape noun_shape = SHAPE("verify_noun", struct verify_noun, NOUN_FIELDS);

enum err store_verify_nouns(struct ctx *c, enum err (*row)(struct ctx *c, void *verify_noun, void *user),
                            void *user) {
    struct verify_noun record;
    return db_each(c, &S[NOUNS], NO_ARGS, &noun_shape, &record, row, user);
}

enum err store_verify_private(struct ctx *c, enum err (*row)(struct ctx *c, void *verify_private, void *user),
                              void *user) {
    struct verify_private record;
    return db_each(c, &S[PRIVATE], NO_ARGS, &private_shape, &record, row, user);
}

static const struct field IMAGE_FIELDS[] = {FIELD(struct verify_image, K_HEX, sha256),
                                            FIELD(struct verify_image, K_HEX, image)};
static const struct shape image_shape = SHAPE("verify_image", struct verify_image, IMAGE_FIELDS);

enum err store_verify_images(struct ctx *c, enum err (*row)(struct ctx *c, void *verify_image, void *user),
                             void *user) {
    struct verify_image record;
    return db_each(c, &S[IMAGES], NO_ARGS, &image_shape, &record, row, user);
}

size_t store_verify_checks(void) {
    return COUNT(CHECKS);
}

const char *store_verify_check_name(size_t check) {
    return CHECKS[check].name;
}

enum err store_verify_check(struct ctx *c, size_t check, struct list *rows_out) {
    return db_all(c, &CHECKS[check], NO_ARGS, &row_shape, rows_out);
}
