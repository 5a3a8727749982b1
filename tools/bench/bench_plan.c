#include "base/id.h"
#include "bench.h"
#include <stdlib.h>
#include <string.h>

static void read_lines(sqlite3_stmt *lines, struct bench_stop *stop) {
    sql_bind_id(lines, 1, &stop->delivery_id);
    for (int i = 0; i < BENCH_LINES; i++) {
        if (sqlite3_step(lines) != SQLITE_ROW) bench_fail("a delivery has fewer than %d lines", BENCH_LINES);
        stop->line[i] = (struct bench_line){sql_id(lines, 0), sqlite3_column_int64(lines, 1)};
    }
    sqlite3_reset(lines);
}

/* Stops come driver by driver, a driver's runs in the order in which they were made. */
static void read_stops(sqlite3_stmt *stops, sqlite3_stmt *lines, struct bench_plan *plan) {
    struct id driver = {{0}};
    size_t drivers = 0;
    while (sqlite3_step(stops) == SQLITE_ROW) {
        struct id next = sql_id(stops, 0);
        if (drivers == 0 || !id_equal(next, driver)) {
            if (drivers == plan->drivers) bench_fail("more than %zu drivers", drivers);
            plan->first[drivers++] = plan->n;
            driver = next;
        }
        struct bench_stop *stop = &plan->stop[plan->n++];
        stop->delivery_id = sql_id(stops, 1);
        stop->lat = sqlite3_column_int64(stops, 2);
        stop->lon = sqlite3_column_int64(stops, 3);
        read_lines(lines, stop);
        plan->end[drivers - 1] = plan->n;
    }
    if (drivers != plan->drivers) bench_fail("%zu drivers, not %zu", drivers, plan->drivers);
}

void bench_plan_read(const char *path, size_t drivers, struct bench_plan *plan_out) {
    sqlite3 *db = sql_open_reader(path);
    size_t n = (size_t)sql_value(db, "SELECT COUNT(*) FROM delivery");
    *plan_out = (struct bench_plan){.stop = calloc(n, sizeof(struct bench_stop)),
                                    .first = calloc(drivers, sizeof(size_t)),
                                    .end = calloc(drivers, sizeof(size_t)),
                                    .drivers = drivers};
    if (!plan_out->stop || !plan_out->first || !plan_out->end) bench_fail("no memory for %zu stops", n);
    sqlite3_stmt *stops = sql_prepare(
        db, "SELECT r.driver_id, d.id, p.lat, p.lon FROM user_account u JOIN run r ON r.driver_id = u.id "
            "JOIN delivery d ON d.run_id = r.id JOIN patient p ON p.id = d.patient_id "
            "ORDER BY u.email, r.id, d.stop");
    sqlite3_stmt *lines =
        sql_prepare(db, "SELECT o.product_id, o.authorised FROM delivery d JOIN order_line o "
                        "ON o.order_id = d.order_id WHERE d.id = ?1 ORDER BY o.product_id");
    read_stops(stops, lines, plan_out);
    sqlite3_finalize(stops);
    sqlite3_finalize(lines);
    sql_close(db);
}

void bench_plan_free(struct bench_plan *plan) {
    free(plan->stop);
    free(plan->first);
    free(plan->end);
    *plan = (struct bench_plan){0};
}
