#include "store/store_driver_report.h"
#include "db/db.h"

#define SKEWED "60" /* seconds: phones that keep time by the network are closer */
#define HOW_MANY(name, what) "COUNT(*) FILTER (WHERE " what ") AS " name ", "
#define OF_KIND(name, kind) HOW_MANY(name, "e.kind = '" kind "'")
#define HELD(name, what) HOW_MANY(name, what " AND s.id = e.id") /* the event is what is held of a drop */
#define LINES "(SELECT COUNT(*) FROM field_event_line l WHERE l.own_id = s.own_id"

#define KINDS                                \
    OF_KIND("confirmations", "confirmation") \
    OF_KIND("failures", "failure") OF_KIND("amendments", "amendment") OF_KIND("arrivals", "arrival")
#define CLOCKS                                                                                             \
    HOW_MANY("synced_late", "e.synced_late = 1")                                                           \
    "MAX(CASE WHEN e.synced_late = 1 THEN (e.received_at - e.at) / 1000 END) AS synced_late_s, " HOW_MANY( \
        "clock_skewed", "e.clock_skew_s >= " SKEWED) "MAX(e.clock_skew_s) AS clock_skew_s, "
#define PROOF                                                   \
    HELD("bypassed", "e.bypass IS NOT NULL")                    \
    HELD("device_failed", "e.bypass = 'device_failed'")         \
    HELD("receiver_declined", "e.bypass = 'receiver_declined'") \
    HELD("infection_risk", "e.bypass = 'infection_risk'")       \
    HELD("other", "e.bypass = 'other'")                         \
    HELD("place_wrong", "e.place = 'wrong'")                    \
    HELD("place_unknown", "e.place = 'unknown'") HELD("receiver_unknown", "e.receiver_known = 0")

#define ON_BEHALF HOW_MANY("on_behalf", "e.by_id IS NOT NULL AND e.kind <> 'amendment'")
#define SCANNED                               \
    "COALESCE(SUM(" LINES ")), 0) AS lines, " \
    "COALESCE(SUM(" LINES " AND l.scanned = 1)), 0) AS scanned "

static const struct db_stmt S[] = {
    {"report.drivers",
     "SELECT e.driver_id, MIN(u.name) AS driver, COUNT(*) AS events, " KINDS CLOCKS PROOF ON_BEHALF SCANNED
     "FROM delivery d JOIN field_event e ON e.delivery_id = d.id LEFT JOIN statement s ON s.own_id = "
     "e.own_id "
     "LEFT JOIN user_account u ON u.id = e.driver_id WHERE d.date BETWEEN $1 AND $2 "
     "AND (CAST($3 AS BYTEA) IS NULL OR e.driver_id = $3) GROUP BY e.driver_id ORDER BY e.driver_id",
     NULL},
};

#define ANY INT64_MAX
#define BYPASS(member_) FIELD(struct bypass_counts, K_INT, member_, .max = ANY)
static const struct field BYPASS_FIELDS[] = {BYPASS(device_failed), BYPASS(receiver_declined),
                                             BYPASS(infection_risk), BYPASS(other)};
static const struct shape bypass_shape = SHAPE("bypass_counts", struct bypass_counts, BYPASS_FIELDS);

#define ROW(kind_, ...) FIELD(struct driver_counts, kind_, __VA_ARGS__)
#define N(...) ROW(K_INT, __VA_ARGS__, .max = ANY)
static const struct field FIELDS[] = {
    ROW(K_ID, driver_id),
    ROW(K_TEXT, driver, .doc = "the name"),
    N(events, .doc = "the sum of the next four"),
    N(confirmations),
    N(failures),
    N(amendments),
    N(arrivals),
    N(synced_late,
      .doc = "events that arrived later after their own time than the setting synced-late allows"),
    N(synced_late_s, .doc = "the longest of those delays; null without one"),
    N(clock_skewed, .doc = "events whose device time was a minute or more after their receipt"),
    N(clock_skew_s, .doc = "the most"),
    N(on_behalf, .doc = "drops and failures that somebody else reported for the driver"),
    N(bypassed, .doc = "drops without proof, for a coded reason: the sum of bypass"),
    N(device_failed, .flags = F_HIDDEN),
    N(receiver_declined, .flags = F_HIDDEN),
    N(infection_risk, .flags = F_HIDDEN),
    N(other, .flags = F_HIDDEN),
    ROW(K_OBJ, bypass, .sub = &bypass_shape),
    N(place_wrong, .doc = "drops too far from the home"),
    N(place_unknown, .doc = "drops without a fix, or without a home to compare it with"),
    N(receiver_unknown, .doc = "drops received by nobody who is known"),
    N(lines, .doc = "lines stated of all drops"),
    N(scanned, .doc = "of those, scanned"),
};
const struct shape driver_counts_shape = SHAPE("driver_counts", struct driver_counts, FIELDS);

enum err store_driver_counts(struct ctx *c, int64_t from, int64_t to, struct id driver_id,
                             struct list *rows_out) {
    return db_all(c, &S[0], ARGS(db_int(from), db_int(to), db_id(&driver_id)), &driver_counts_shape,
                  rows_out);
}
