#include "base/date.h"
#include "domain/suggest.h"

/* The use in force from `day` on, and the date it changes next (DATE_MAX: never). */
static int64_t use_from(const struct use_since *use, size_t n, int64_t day, int64_t *until_out) {
    int64_t now = 0;
    *until_out = DATE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (use[i].from > day) {
            *until_out = use[i].from;
            break;
        }
        now = use[i].use_per_day == NONE ? 0 : use[i].use_per_day;
    }
    return now;
}

int64_t cover_until(int64_t count_date, int64_t stock, const struct use_since *use, size_t n) {
    int64_t left = stock == NONE ? 0 : stock * 1000, day = count_date, per_day = 0, until;
    if (count_date == NONE || stock == NONE) return NONE;
    while (day < DATE_MAX) {
        per_day = use_from(use, n, day, &until);
        int64_t days = until - day;
        if (per_day > 0 && left / per_day < days) return day + left / per_day;
        left -= per_day * days;
        day = until;
    }
    return per_day > 0 ? DATE_MAX : NONE;
}

int64_t use_always(const struct use_since *use, size_t n, int64_t date) {
    int64_t until, per_day = use_from(use, n, date, &until);
    return until == DATE_MAX ? per_day : NONE;
}

int64_t use_between(const struct use_since *use, size_t n, int64_t from, int64_t until) {
    int64_t used = 0, changes;
    for (int64_t day = from; day < until; day = changes) {
        int64_t per_day = use_from(use, n, day, &changes);
        used += per_day * ((changes < until ? changes : until) - day);
    }
    return used;
}

int64_t cover_days(int64_t cover_until_date, int64_t date) {
    if (cover_until_date == NONE) return NONE;
    return cover_until_date > date ? cover_until_date - date : 0;
}
