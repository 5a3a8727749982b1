/* The history against the database: what was acknowledged is there, once, whole, and nothing else is. */
#include "chaos.h"
#include "base/id.h"
#include "store/store_order.h"
#include <stdio.h>
#include <string.h>

/* What is accepted on each line of an order, and what was stated of its product. */
#define LINES                                                                                       \
    "(SELECT " ORDER_LINE_ACCEPTED " AS accepted, (SELECT COALESCE(SUM(f.qty), 0) FROM delivery d " \
    "JOIN field_event e ON e.delivery_id = d.id JOIN field_event_line f ON f.own_id = e.own_id "    \
    "WHERE d.order_id = o.id AND f.product_id = l.product_id AND f.condition = 'ok') AS stated "    \
    "FROM patient_order o JOIN order_line l ON l.order_id = o.id)"

/* Each counts what must not be. */
static const struct rule {
    const char *what;
    size_t at; /* member of the findings */
    const char *sql;
} RULES[] = {
    {"deliveries with two confirmations", offsetof(struct chaos_findings, doubled),
     "SELECT COUNT(*) FROM (SELECT 1 FROM field_event WHERE kind = 'confirmation' GROUP BY delivery_id "
     "HAVING COUNT(*) > 1)"},
    {"lines with more units on the order than were stated", offsetof(struct chaos_findings, doubled),
     "SELECT COUNT(*) FROM " LINES " WHERE accepted > stated"},
    {"lines with fewer units on the order than were stated", offsetof(struct chaos_findings, half),
     "SELECT COUNT(*) FROM " LINES " WHERE accepted < stated"},
    {"commitments that count other units than the order", offsetof(struct chaos_findings, half),
     "SELECT COUNT(*) FROM commitment c WHERE c.known_until > 9000000000000000000 AND c.units_accepted <> "
     "(SELECT SUM(CASE WHEN " ORDER_LINE_ACCEPTED " < l.authorised THEN " ORDER_LINE_ACCEPTED
     " ELSE l.authorised END) FROM patient_order o JOIN order_line l ON l.order_id = o.id WHERE o.id = "
     "c.order_id)"},
    {"discrepancies found twice", offsetof(struct chaos_findings, doubled),
     "SELECT COUNT(*) FROM (SELECT 1 FROM discrepancy WHERE event_id IS NOT NULL GROUP BY event_id, kind, "
     "product_id, lot HAVING COUNT(*) > 1)"},
    {"confirmations without their delivery", offsetof(struct chaos_findings, half),
     "SELECT COUNT(*) FROM field_event e JOIN delivery d ON d.id = e.delivery_id WHERE e.kind = "
     "'confirmation' "
     "AND (d.state <> 'delivered' OR d.event_id <> e.id)"},
    {"deliveries delivered by nothing", offsetof(struct chaos_findings, half),
     "SELECT COUNT(*) FROM delivery d WHERE d.state = 'delivered' AND NOT EXISTS (SELECT 1 FROM field_event "
     "e "
     "WHERE e.id = d.event_id)"},
    {"audit events more than field events", offsetof(struct chaos_findings, doubled),
     "SELECT MAX(0, (SELECT COUNT(*) FROM audit_event WHERE action IN ('delivery.confirm', 'delivery.fail')) "
     "- "
     "(SELECT COUNT(*) FROM field_event))"},
    {"field events without an audit event", offsetof(struct chaos_findings, half),
     "SELECT MAX(0, (SELECT COUNT(*) FROM field_event) - "
     "(SELECT COUNT(*) FROM audit_event WHERE action IN ('delivery.confirm', 'delivery.fail')))"},
    {"windows that hold other stops than their deliveries do", offsetof(struct chaos_findings, half),
     "SELECT COUNT(*) FROM slot_use u WHERE u.stops <> (SELECT COUNT(*) FROM delivery d WHERE d.holds = 1 "
     "AND "
     "d.zone_id = u.zone_id AND d.date = u.date AND d.from_min = u.from_min AND d.to_min = u.to_min)"},
    {"gaps in the audit log", offsetof(struct chaos_findings, lost),
     "SELECT MAX(seq) - COUNT(*) FROM audit_event"},
};

static void apply_rules(sqlite3 *db, struct chaos_findings *findings) {
    for (size_t i = 0; i < COUNT(RULES); i++) {
        long n = (long)sql_value(db, RULES[i].sql);
        *(long *)(void *)((char *)findings + RULES[i].at) += n;
        if (n) printf("%s: %ld\n", RULES[i].what, n);
    }
}

static int64_t units_stated(const struct bench_plan *plan, const struct chaos_event *event) {
    int64_t units = event->lacks_one ? -1 : 0;
    for (int i = 0; i < BENCH_LINES; i++)
        units += plan->stop[event->stop].line[i].units;
    return event->is_failure ? 0 : units;
}

/* What is there of an event: as the device said it? */
static void look(const struct bench_plan *plan, const struct chaos_event *event, sqlite3_stmt *find,
                 struct chaos_findings *findings) {
    sql_bind_id(find, 1, &event->id);
    if (sqlite3_step(find) != SQLITE_ROW) {
        findings->lost += event->answers > 0;
    } else {
        const struct id *delivery = &plan->stop[event->stop].delivery_id;
        bool right = sqlite3_column_int(find, 0) == event->is_failure &&
                     sqlite3_column_int64(find, 1) == units_stated(plan, event) &&
                     sqlite3_column_int64(find, 2) == event->at && id_equal(sql_id(find, 3), *delivery);
        findings->half += !right;
        findings->foreign--;
    }
    sqlite3_reset(find);
}

void chaos_check(const char *path, const struct bench_plan *plan, const struct chaos_history *history,
                 long drops, struct chaos_findings *findings_out) {
    sqlite3 *db = sql_open_reader(path);
    *findings_out =
        (struct chaos_findings){.foreign = (long)sql_value(db, "SELECT COUNT(*) FROM field_event") - drops};
    sqlite3_stmt *find =
        sql_prepare(db, "SELECT kind = 'failure', (SELECT COALESCE(SUM(qty), 0) FROM field_event_line WHERE "
                        "own_id = e.own_id), at, delivery_id FROM field_event e WHERE id = ?1");
    for (size_t i = 0; i < history->n; i++)
        look(plan, &history->event[i], find, findings_out);
    sqlite3_finalize(find);
    apply_rules(db, findings_out);
    sql_close(db);
}
