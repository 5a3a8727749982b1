#include "store/store_drop.h"
#include "base/id.h"
#include "db/db.h"
#include "domain/gs1.h"
#include "store/store_recall.h"

#define COLS                                                                                        \
    "id, own_id, kind, delivery_id, driver_id, by_id, at, received_at, completed_at, synced_late, " \
    "clock_skew_s, "                                                                                \
    "receiver_known, place, distance_m, accuracy_m, bypass, reason, outcome, delivery_version, "    \
    "fingerprint, "                                                                                 \
    "private_digest, amends, dropped_at, stands"

/* Units of a product that were accepted, and that were refused. */
#define UNITS_OF(t)                                                                 \
    "COALESCE(SUM(" t "qty) FILTER (WHERE " t "condition = 'ok'), 0) AS accepted, " \
    "COALESCE(SUM(" t "qty) FILTER (WHERE " t "condition = 'refused'), 0) AS refused"

enum {
    GET,
    ADD,
    LINE_ADD,
    EVIDENCE_ADD,
    LINES,
    EVIDENCE,
    EVIDENCE_THEN,
    VISITS,
    LAST,
    EFFECTIVE,
    AMENDMENTS,
    STANDING,
    UNITS,
    UNITS_BEFORE,
    FIRST,
    PRODUCT,
    PRODUCT_CODE,
    PRODUCT_GTIN,
    RECALLED,
    RECALLED_PRODUCTS,
    HOME,
    RECEIVERS,
    IS_DRIVERS,
    DRIVER_KNOWN,
    RECOVERED,
    RUN_DONE,
    MISS_FACTS,
    RUN_OVERDUE,
    RUN_CLOSE,
    RUN_VERSION,
    CONTEST_GET,
    CONTEST_ADD
};
static const struct db_stmt S[] = {
    [GET] = {"event.get", "SELECT " COLS " FROM field_event WHERE id = $1", NULL},
    [ADD] =
        {"event.add",
         "INSERT INTO field_event (" COLS
         ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
         "$15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
         "id own_id kind delivery_id driver_id by_id at received_at completed_at synced_late clock_skew_s "
         "receiver_known place distance_m accuracy_m bypass reason outcome delivery_version fingerprint "
         "private_digest amends dropped_at stands"},
    [LINE_ADD] =
        {"event.line-add",
         "INSERT INTO field_event_line (own_id, position, product_id, stated, qty, lot, expiry, condition, "
         "scanned, scan) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
         "own_id position product_id stated qty lot expiry condition scanned scan"},
    [EVIDENCE_ADD] = {"event.evidence-add",
                      "INSERT INTO field_event_evidence (own_id, position, kind, sha256, arrived) "
                      "VALUES ($1, $2, $3, $4, $5)",
                      "own_id position kind sha256 arrived"},
    [LINES] = {"event.lines",
               "SELECT own_id, position, product_id, stated, qty, lot, expiry, condition, scanned, scan "
               "FROM field_event_line WHERE own_id = $1 ORDER BY position",
               NULL},
    [EVIDENCE] = {"event.evidence",
                  "SELECT v.own_id, v.position, v.kind, v.sha256, g.received_at, "
                  "CASE WHEN g.sha256 IS NULL THEN 0 ELSE 1 END AS arrived FROM field_event_evidence v "
                  "LEFT JOIN evidence g ON g.sha256 = v.sha256 WHERE v.own_id = $1 ORDER BY v.position",
                  NULL},
    [EVIDENCE_THEN] = {"event.evidence-then",
                       "SELECT v.own_id, v.position, v.kind, v.sha256, COALESCE(v.arrived, 0) AS arrived, "
                       "CASE WHEN v.arrived = 1 THEN g.received_at END AS received_at "
                       "FROM field_event_evidence v LEFT JOIN evidence g ON g.sha256 = v.sha256 "
                       "WHERE v.own_id = $1 ORDER BY v.position",
                       NULL},
    [VISITS] = {"event.visits",
                "SELECT " COLS " FROM field_event WHERE delivery_id = $1 AND delivery_version <= $2 "
                "AND kind IN ('failure', 'arrival') ORDER BY delivery_version, id",
                NULL},
    [EFFECTIVE] = {"event.effective",
                   "SELECT " COLS " FROM field_event WHERE delivery_id = $1 AND delivery_version <= $2 "
                   "AND outcome <> 'kept' ORDER BY delivery_version DESC, id LIMIT 1",
                   NULL},
    [AMENDMENTS] = {"event.amendments",
                    "SELECT " COLS " FROM field_event WHERE amends = $1 AND delivery_version <= $2 "
                    "ORDER BY delivery_version, id",
                    NULL},
    [STANDING] = {"statement.standing",
                  "SELECT " COLS
                  " FROM field_event WHERE amends = $1 AND stands = 1 AND delivery_version <= $2 "
                  "ORDER BY delivery_version DESC LIMIT 1",
                  NULL},
    [UNITS] = {"statement.units",
               "SELECT product_id, " UNITS_OF(
                   "") " FROM field_event_line WHERE own_id = $1 "
                       "AND product_id IS NOT NULL GROUP BY product_id ORDER BY product_id",
               NULL},
    [UNITS_BEFORE] =
        {"statement.units-before",
         "SELECT l.product_id, " UNITS_OF(
             "l.") " FROM delivery d "
                   "JOIN statement s ON s.delivery_id = d.id JOIN field_event b ON b.id = s.confirmation_id "
                   "JOIN field_event_line l ON l.own_id = s.own_id WHERE d.order_id = $1 "
                   "AND (b.received_at, b.id) < ($2, $3) AND l.product_id IS NOT NULL "
                   "GROUP BY l.product_id ORDER BY l.product_id",
         NULL},
    [FIRST] = {"statement.first",
               "SELECT MIN(s.completed_at) FROM delivery d JOIN statement s ON s.delivery_id = d.id "
               "WHERE d.order_id = $1 AND d.kind <> 'recovery'",
               NULL},
    [LAST] = {"event.last",
              "SELECT " COLS " FROM field_event WHERE delivery_id = $1 AND delivery_version <= $2 "
              "AND kind = 'confirmation' ORDER BY delivery_version DESC, id DESC LIMIT 1",
              NULL},
    [PRODUCT] = {"drop.product",
                 "SELECT id, gtin, lot_tracked, shelf_life_min_days FROM product WHERE id = $1", NULL},
    [PRODUCT_CODE] = {"drop.product-code",
                      "SELECT id, gtin, lot_tracked, shelf_life_min_days FROM product WHERE code = $1", NULL},
    [PRODUCT_GTIN] = {"drop.product-gtin",
                      "SELECT id, gtin, lot_tracked, shelf_life_min_days FROM product "
                      "WHERE gtin IN ($1, $2, $3, $4) ORDER BY gtin LIMIT 1",
                      NULL},
    [RECALLED] = {"drop.recalled",
                  "SELECT 1 FROM recall WHERE product_id = $1 AND " LOT_FOLDED("lot") " = " LOT_FOLDED(
                      "CAST($2 AS TEXT)"),
                  NULL},
    [RECALLED_PRODUCTS] = {"drop.recalled-products",
                           "SELECT DISTINCT l.product_id FROM order_line l "
                           "JOIN recall r ON r.product_id = l.product_id WHERE l.order_id = $1 "
                           "ORDER BY l.product_id",
                           NULL},
    [HOME] =
        {"drop.home",
         "SELECT CASE WHEN o.to_address IS NULL THEN p.lat ELSE o.to_lat END AS lat, "
         "CASE WHEN o.to_address IS NULL THEN p.lon ELSE o.to_lon END AS lon, p.cover_until, p.stock, "
         "d.timezone "
         "FROM patient_order o JOIN depot d ON d.id = o.depot_id LEFT JOIN patient p ON p.id = o.patient_id "
         "WHERE o.id = $1",
         NULL},
    [RECEIVERS] = {"drop.receivers",
                   "SELECT name FROM patient_receiver WHERE patient_id = $1 ORDER BY position", NULL},
    [IS_DRIVERS] = {"drop.is-drivers",
                    "SELECT COUNT(*) FROM run_stop WHERE delivery_id = $1 AND driver_id = $2", NULL},
    [DRIVER_KNOWN] = {"drop.driver-known",
                      "SELECT COUNT(*) FROM user_account WHERE id = $1 AND role = 'driver' AND active = 1",
                      NULL},
    [RECOVERED] =
        {"drop.recovered",
         "SELECT COALESCE(SUM(l.qty), 0) FROM delivery d JOIN statement e ON e.confirmation_id = d.event_id "
         "JOIN field_event_line l ON l.own_id = e.own_id WHERE d.order_id = $1 AND d.kind = 'recovery' "
         "AND l.product_id = $2 AND l.condition = 'ok'",
         NULL},
    [RUN_DONE] =
        {"run.close-if-done",
         "UPDATE run SET state = 'closed', version = version + 1 WHERE id = $1 AND state = 'dispatched' "
         /* the last stop is looked at first: as a rule it is open until the run is over */
         "AND COALESCE((SELECT 1 FROM delivery d WHERE d.run_id = $1 AND d.state IN ('scheduled', "
         "'dispatched') ORDER BY d.stop DESC NULLS LAST LIMIT 1), 0) = 0",
         NULL},
    [MISS_FACTS] =
        {"sweep.miss-facts",
         "SELECT CASE WHEN EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.critical = 1 "
         "AND l.authorised > 0) OR (o.confirmed_at IS NULL AND EXISTS (SELECT 1 FROM prescription_line pl "
         "JOIN product pr ON pr.id = pl.product_id WHERE pr.critical = 1 AND pl.use_per_day > 0 "
         "AND pl.prescription_id = (SELECT x.id FROM prescription x WHERE x.patient_id = o.patient_id "
         "AND x.effective_from <= o.due_date ORDER BY x.effective_from DESC, x.recorded_at DESC, x.id DESC "
         "LIMIT 1))) THEN 1 ELSE 0 END AS critical, p.cover_until "
         "FROM patient_order o LEFT JOIN patient p ON p.id = o.patient_id WHERE o.id = $1",
         NULL},
    [RUN_OVERDUE] =
        {"run.overdue",
         "SELECT r.id FROM run r WHERE r.state = 'dispatched' AND $1 > COALESCE((SELECT MAX(d.ends_at) "
         "FROM delivery d WHERE d.run_id = r.id), 0) ORDER BY r.date, r.id", /* as run_open has them */
         NULL},
    [RUN_CLOSE] =
        {"run.close",
         "UPDATE run SET state = 'closed', version = version + 1 WHERE id = $1 AND state = 'dispatched'",
         NULL},
    [RUN_VERSION] = {"run.version", "SELECT version FROM run WHERE id = $1", NULL},
    [CONTEST_GET] =
        {"contest.get",
         "SELECT t.id, t.delivery_id, t.order_id, t.at, t.received_at, t.what, t.by_id, t.fingerprint, "
         "t.private_digest, v.value AS note, d.id AS discrepancy_id FROM contest t "
         "LEFT JOIN personal_value v ON v.owner = t.id AND v.field = 'contest' "
         "LEFT JOIN discrepancy d ON d.order_id = t.order_id AND d.contest_id = t.id WHERE t.id = $1",
         NULL},
    [CONTEST_ADD] =
        {"contest.add",
         "INSERT INTO contest (id, delivery_id, order_id, at, received_at, what, by_id, fingerprint, "
         "private_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
         "id delivery_id order_id at received_at what by_id fingerprint private_digest"},
};

static const struct field PRODUCT_FIELDS[] = {
    FIELD(struct drop_product, K_ID, id), FIELD(struct drop_product, K_TEXT, gtin),
    FIELD(struct drop_product, K_BOOL, lot_tracked), FIELD(struct drop_product, K_INT, shelf_life_min_days)};
static const struct shape product_facts_shape = SHAPE("drop_product", struct drop_product, PRODUCT_FIELDS);
static const struct field HOME_FIELDS[] = {
    FIELD(struct drop_home, K_DEG, lat), FIELD(struct drop_home, K_DEG, lon),
    FIELD(struct drop_home, K_DATE, cover_until), FIELD(struct drop_home, K_HEX, stock),
    FIELD(struct drop_home, K_TEXT, timezone)};
static const struct shape home_shape = SHAPE("drop_home", struct drop_home, HOME_FIELDS);
static const struct field NAME_FIELDS[] = {FIELD(struct drop_name, K_TEXT, name)};
static const struct shape name_shape = SHAPE("drop_name", struct drop_name, NAME_FIELDS);
static const struct field MISS_FIELDS[] = {FIELD(struct miss_facts, K_BOOL, critical),
                                           FIELD(struct miss_facts, K_DATE, cover_until)};
static const struct shape miss_shape = SHAPE("miss_facts", struct miss_facts, MISS_FIELDS);
static const struct field UNITS_FIELDS[] = {FIELD(struct statement_units, K_ID, product_id),
                                            FIELD(struct statement_units, K_INT, accepted, .max = INT64_MAX),
                                            FIELD(struct statement_units, K_INT, refused, .max = INT64_MAX)};
static const struct shape units_shape = SHAPE("statement_units", struct statement_units, UNITS_FIELDS);
static const struct field RUN_FIELDS[] = {FIELD(struct run_id_row, K_ID, id)};
static const struct shape run_shape_id = SHAPE("run_id", struct run_id_row, RUN_FIELDS);

enum err store_event_get(struct ctx *c, struct id id, struct field_event *event_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &field_event_shape, event_out);
}

enum err store_event_add(struct ctx *c, const struct field_event *event) {
    return db_exec_row(c, &S[ADD], &field_event_shape, event, NULL);
}

enum err store_event_line_add(struct ctx *c, const struct field_event_line *line) {
    return db_exec_row(c, &S[LINE_ADD], &field_event_line_shape, line, NULL);
}

enum err store_event_evidence_add(struct ctx *c, const struct field_event_evidence *evidence) {
    return db_exec_row(c, &S[EVIDENCE_ADD], &field_event_evidence_shape, evidence, NULL);
}

enum err store_event_lines(struct ctx *c, struct id own_id, struct list *lines_out) {
    return db_all(c, &S[LINES], ARGS(db_id(&own_id)), &field_event_line_shape, lines_out);
}

enum err store_event_evidence(struct ctx *c, struct id own_id, struct list *evidence_out) {
    return db_all(c, &S[EVIDENCE], ARGS(db_id(&own_id)), &field_event_evidence_shape, evidence_out);
}

enum err store_event_evidence_then(struct ctx *c, struct id own_id, struct list *evidence_out) {
    return db_all(c, &S[EVIDENCE_THEN], ARGS(db_id(&own_id)), &field_event_evidence_shape, evidence_out);
}

enum err store_event_visits(struct ctx *c, struct id delivery_id, int64_t version, struct list *events_out) {
    return db_all(c, &S[VISITS], ARGS(db_id(&delivery_id), db_int(version)), &field_event_shape, events_out);
}

enum err store_event_effective(struct ctx *c, struct id delivery_id, int64_t version,
                               struct field_event *event_out) {
    return db_one(c, &S[EFFECTIVE], ARGS(db_id(&delivery_id), db_int(version)), &field_event_shape,
                  event_out);
}

enum err store_event_amendments(struct ctx *c, struct id confirmation_id, int64_t version,
                                struct list *events_out) {
    return db_all(c, &S[AMENDMENTS], ARGS(db_id(&confirmation_id), db_int(version)), &field_event_shape,
                  events_out);
}

enum err store_statement_standing(struct ctx *c, struct id confirmation_id, int64_t version,
                                  struct field_event *event_out) {
    return db_one(c, &S[STANDING], ARGS(db_id(&confirmation_id), db_int(version)), &field_event_shape,
                  event_out);
}

enum err store_statement_units(struct ctx *c, struct id own_id, struct list *units_out) {
    return db_all(c, &S[UNITS], ARGS(db_id(&own_id)), &units_shape, units_out);
}

enum err store_statement_units_before(struct ctx *c, struct id order_id,
                                      const struct field_event *confirmation, struct list *units_out) {
    return db_all(c, &S[UNITS_BEFORE],
                  ARGS(db_id(&order_id), db_int(confirmation->received_at), db_id(&confirmation->id)),
                  &units_shape, units_out);
}

enum err store_statement_first(struct ctx *c, struct id order_id, int64_t *at_out) {
    return db_value(c, &S[FIRST], ARGS(db_id(&order_id)), at_out);
}

enum err store_event_last(struct ctx *c, struct id delivery_id, int64_t version,
                          struct field_event *event_out) {
    return db_one(c, &S[LAST], ARGS(db_id(&delivery_id), db_int(version)), &field_event_shape, event_out);
}

enum err store_drop_product(struct ctx *c, struct id id, const char *code, const char *gtin,
                            struct drop_product *product_out) {
    if (!id_is_none(id)) return db_one(c, &S[PRODUCT], ARGS(db_id(&id)), &product_facts_shape, product_out);
    if (code) return db_one(c, &S[PRODUCT_CODE], ARGS(db_text(code)), &product_facts_shape, product_out);
    char form[GS1_FORMS][GS1_GTIN_SIZE];
    gs1_gtin_forms(gtin, form);
    return db_one(c, &S[PRODUCT_GTIN],
                  ARGS(db_text(form[0]), db_text(form[1]), db_text(form[2]), db_text(form[3])),
                  &product_facts_shape, product_out);
}

enum err store_drop_recalled(struct ctx *c, struct id product_id, const char *lot) {
    int64_t one;
    return db_value(c, &S[RECALLED], ARGS(db_id(&product_id), db_text(lot)), &one);
}

struct recalled_product {
    struct id product_id;
};
static const struct field RECALLED_FIELDS[] = {FIELD(struct recalled_product, K_ID, product_id)};
static const struct shape recalled_shape =
    SHAPE("recalled_product", struct recalled_product, RECALLED_FIELDS);

enum err store_drop_recalled_products(struct ctx *c, struct id order_id, struct list *ids_out) {
    return db_all(c, &S[RECALLED_PRODUCTS], ARGS(db_id(&order_id)), &recalled_shape, ids_out);
}

enum err store_drop_home(struct ctx *c, struct id order_id, struct drop_home *home_out) {
    return db_one(c, &S[HOME], ARGS(db_id(&order_id)), &home_shape, home_out);
}

enum err store_drop_receivers(struct ctx *c, struct id patient_id, struct list *names_out) {
    return db_all(c, &S[RECEIVERS], ARGS(db_id(&patient_id)), &name_shape, names_out);
}

enum err store_drop_is_drivers(struct ctx *c, struct id delivery_id, struct id driver_id, bool *is_out) {
    int64_t n;
    TRY(db_value(c, &S[IS_DRIVERS], ARGS(db_id(&delivery_id), db_id(&driver_id)), &n));
    *is_out = n > 0;
    return OK;
}

enum err store_drop_driver_known(struct ctx *c, struct id driver_id, bool *known_out) {
    int64_t n;
    TRY(db_value(c, &S[DRIVER_KNOWN], ARGS(db_id(&driver_id)), &n));
    *known_out = n > 0;
    return OK;
}

enum err store_drop_recovered(struct ctx *c, struct id order_id, struct id product_id, int64_t *units_out) {
    return db_value(c, &S[RECOVERED], ARGS(db_id(&order_id), db_id(&product_id)), units_out);
}

enum err store_run_close_if_done(struct ctx *c, struct id run_id, bool *closed_out) {
    int64_t changed;
    TRY(db_exec(c, &S[RUN_DONE], ARGS(db_id(&run_id)), &changed));
    *closed_out = changed == 1;
    return OK;
}

enum err store_miss_facts(struct ctx *c, struct id order_id, struct miss_facts *facts_out) {
    return db_one(c, &S[MISS_FACTS], ARGS(db_id(&order_id)), &miss_shape, facts_out);
}

enum err store_run_overdue(struct ctx *c, int64_t before, struct list *ids_out) {
    return db_all(c, &S[RUN_OVERDUE], ARGS(db_int(before)), &run_shape_id, ids_out);
}

enum err store_run_close(struct ctx *c, struct id run_id, int64_t *version_out) {
    TRY(db_exec(c, &S[RUN_CLOSE], ARGS(db_id(&run_id)), NULL));
    return db_value(c, &S[RUN_VERSION], ARGS(db_id(&run_id)), version_out);
}

enum err store_contest_get(struct ctx *c, struct id id, struct contest_row *contest_out) {
    return db_one(c, &S[CONTEST_GET], ARGS(db_id(&id)), &contest_shape, contest_out);
}

enum err store_contest_add(struct ctx *c, const struct contest_row *contest) {
    return db_exec_row(c, &S[CONTEST_ADD], &contest_shape, contest, NULL);
}
