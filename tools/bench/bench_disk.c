/* Bytes on disk, by table with its indexes, from SQLite's own account of its pages. */
#include "bench.h"
#include <stdio.h>
#include <string.h>

/* What scheduled deliveries and their drops need; people and products are there anyway. */
static const char *const TABLES[] = {
    "patient_order",
    "order_line",
    "delivery",
    "delivery_line",
    "promise",
    "run",
    "run_stop",
    "commitment",
    "field_event",
    "field_event_line",
    "field_event_evidence",
    "discrepancy",
    "personal_value",
    "audit_entry",
};

static int64_t bytes_of(sqlite3 *db, const char *table) {
    char sql[512];
    snprintf(sql, sizeof sql,
             "SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE aggregate = 1 AND name IN "
             "(SELECT name FROM sqlite_schema WHERE tbl_name = '%s')",
             table);
    return sql_value(db, sql);
}

/* The part of the log that is about orders, deliveries and runs. */
static double share_of(sqlite3 *db, const char *table) {
    if (strcmp(table, "audit_entry") != 0) return 1;
    int64_t own =
        sql_value(db, "SELECT COUNT(*) FROM audit_event WHERE entity IN ('order', 'delivery', 'run')");
    return (double)own / (double)sql_value(db, "SELECT COUNT(*) FROM audit_event");
}

void bench_disk_print(const char *before, const char *after, size_t deliveries, size_t drops) {
    sqlite3 *old = sql_open_reader(before), *new = sql_open_reader(after);
    double scheduled_sum = 0, drop_sum = 0;
    printf("\nbytes a delivery       scheduled     drop      sum\n");
    for (size_t i = 0; i < COUNT(TABLES); i++) {
        int64_t was = bytes_of(old, TABLES[i]), is = bytes_of(new, TABLES[i]);
        double scheduled = (double)was * share_of(old, TABLES[i]) / (double)deliveries;
        double drop = (double)(is - was) / (double)drops;
        printf("  %-20s %9.0f %8.0f %8.0f\n", TABLES[i], scheduled, drop, scheduled + drop);
        scheduled_sum += scheduled;
        drop_sum += drop;
    }
    printf("  %-20s %9.0f %8.0f %8.0f\n", "all", scheduled_sum, drop_sum, scheduled_sum + drop_sum);
    sql_close(old);
    sql_close(new);
}
