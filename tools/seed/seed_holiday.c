/* Public holidays of New South Wales and Western Australia, by their rules. */
#include "seed.h"
#include "base/date.h"

/* Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher). */
static int64_t easter(int year) {
    int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4;
    int f = (b + 8) / 25, g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30;
    int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    int n = h + l - 7 * m + 114;
    return date_of(year, n / 31, n % 31 + 1);
}

/* The n-th Monday of a month; n = 0: the last one. */
static int64_t monday(int year, int month, int n) {
    int64_t first = date_of(year, month, 1);
    int64_t date = first + (8 - date_weekday(first)) % 7;
    if (n > 0) return date + 7 * (n - 1);
    while (date + 7 < first + date_days_in_month(year, month))
        date += 7;
    return date;
}

/* A holiday that falls on a weekend is kept on the next Monday. */
static int64_t kept_on(int64_t date) {
    int weekday = date_weekday(date);
    return weekday == 6 ? date + 2 : weekday == 7 ? date + 1 : date;
}

static size_t everywhere(int year, struct holiday *out) {
    int64_t sunday = easter(year), christmas = date_of(year, 12, 25);
    bool weekend = date_weekday(christmas) >= 6; /* then Monday and Tuesday are kept for both */
    size_t n = 0;
    out[n++] = (struct holiday){kept_on(date_of(year, 1, 1)), "New Year's Day"};
    out[n++] = (struct holiday){kept_on(date_of(year, 1, 26)), "Australia Day"};
    out[n++] = (struct holiday){sunday - 2, "Good Friday"};
    out[n++] = (struct holiday){sunday + 1, "Easter Monday"};
    out[n++] = (struct holiday){date_of(year, 4, 25), "Anzac Day"};
    out[n++] = (struct holiday){kept_on(christmas), "Christmas Day"};
    out[n++] = (struct holiday){weekend ? kept_on(christmas) + 1 : kept_on(christmas + 1), "Boxing Day"};
    return n;
}

size_t seed_holidays(int depot, int year, struct holiday holidays_out[16]) {
    size_t n = everywhere(year, holidays_out);
    if (depot == SYDNEY) {
        holidays_out[n++] = (struct holiday){monday(year, 6, 2), "King's Birthday"};
        holidays_out[n++] = (struct holiday){monday(year, 10, 1), "Labour Day"};
    } else {
        holidays_out[n++] = (struct holiday){monday(year, 3, 1), "Labour Day"};
        holidays_out[n++] = (struct holiday){monday(year, 6, 1), "Western Australia Day"};
        holidays_out[n++] = (struct holiday){monday(year, 9, 0), "King's Birthday"};
    }
    return n;
}
