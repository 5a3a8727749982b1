#include "store/store_verify_capacity.h"
#include "db/db.h"

/* CROSS: SQLite then keeps the order, and looks each zone's day up instead of reading all days. */
enum { DAYS, STOPS, WEIGHT };
static const struct db_stmt S[] = {
    [DAYS] =
        {"verify.days",
         "SELECT MIN(s.earliest) AS earliest, MAX(s.latest) AS latest FROM ("
         "SELECT (SELECT MIN(date) FROM delivery) AS earliest, (SELECT MAX(date) FROM delivery) AS latest "
         "UNION ALL SELECT MIN(date), MAX(date) FROM slot_use "
         "UNION ALL SELECT MIN(date), MAX(date) FROM day_use) s",
         NULL},
    [STOPS] = {"verify.stops",
               "SELECT s.zone_id AS id FROM ("
               "SELECT u.zone_id, u.from_min, u.to_min, u.stops AS n FROM zone z CROSS JOIN slot_use u "
               "WHERE u.zone_id = z.id AND u.date = $1 "
               "UNION ALL SELECT d.zone_id, d.from_min, d.to_min, -1 FROM delivery d "
               "WHERE d.date = $1 AND d.holds = 1) s "
               "GROUP BY s.zone_id, s.from_min, s.to_min HAVING SUM(s.n) <> 0 ORDER BY s.zone_id LIMIT 100",
               NULL},
    [WEIGHT] =
        {"verify.weight",
         "SELECT s.zone_id AS id FROM ("
         "SELECT u.zone_id, u.weight_g AS n FROM zone z JOIN day_use u ON u.zone_id = z.id "
         "WHERE u.date = $1 "
         "UNION ALL SELECT d.zone_id, -d.weight_g FROM delivery d WHERE d.date = $1 AND d.holds = 1) s "
         "GROUP BY s.zone_id HAVING SUM(s.n) <> 0 ORDER BY s.zone_id LIMIT 100",
         NULL},
};

static const struct field DAYS_FIELDS[] = {FIELD(struct verify_days, K_DATE, earliest),
                                           FIELD(struct verify_days, K_DATE, latest)};
static const struct shape days_shape = SHAPE("verify_days", struct verify_days, DAYS_FIELDS);

static const struct field ZONE_FIELDS[] = {FIELD(struct verify_contradiction, K_ID, id)};
static const struct shape zone_shape = SHAPE("verify_zone", struct verify_contradiction, ZONE_FIELDS);

enum err store_verify_days(struct ctx *c, struct verify_days *days_out) {
    return db_one(c, &S[DAYS], NO_ARGS, &days_shape, days_out);
}

enum err store_verify_stops(struct ctx *c, int64_t date, struct list *zones_out) {
    return db_all(c, &S[STOPS], ARGS(db_int(date)), &zone_shape, zones_out);
}

enum err store_verify_weight(struct ctx *c, int64_t date, struct list *zones_out) {
    return db_all(c, &S[WEIGHT], ARGS(db_int(date)), &zone_shape, zones_out);
}
