#include "bench.h"
#include "base/date.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TIMES = 5 };

/* Twelve whole months: up to the end of the last month that is over in the data. */
static void period_of(const char *demo, char from[DATE_TEXT_SIZE], char to[DATE_TEXT_SIZE]) {
    sqlite3 *db = sql_open_reader(demo);
    int64_t last = sql_value(db, "SELECT MAX(due_on) FROM commitment WHERE completed_at IS NOT NULL");
    int year, month, day;
    sql_close(db);
    date_split(last, &year, &month, &day);
    int64_t end = date_of(year, month, 1);
    date_format(date_add_months(end, -12), from);
    date_format(end - 1, to);
}

void bench_report_print(const char *program, const char *demo) {
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE], command[1024];
    double seconds[TIMES];
    if (access(demo, R_OK) != 0) {
        printf("\ntwelve-month report      no demo data: `make run` makes %s\n", demo);
        return;
    }
    period_of(demo, from, to);
    snprintf(command, sizeof command,
             "'%s' report delivery-errors --db '%s' --log-level error --from %s --to %s --group-by customer "
             "--format csv >/dev/null",
             program, demo, from, to);
    for (size_t i = 0; i < TIMES; i++) {
        double started = bench_seconds();
        if (system(command) != 0) bench_fail("this failed: %s", command);
        seconds[i] = bench_seconds() - started;
    }
    printf("\ntwelve-month report      %.0f ms by customer, %s to %s, on the demo data, the program's start "
           "included\n",
           bench_median(seconds, TIMES) * 1000, from, to);
}
