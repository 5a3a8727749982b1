/* What bookings have taken of windows and days, counted again day by day. */
#include "base/limits.h"
#include "store/store_verify_capacity.h"
#include "verify_walk.h"

enum { PROGRESS_DAYS = 10 }; /* between two words about it */

static const struct {
    const char *what;
    enum err (*zones)(struct ctx *c, int64_t date, struct list *zones_out);
} CHECKS[] = {
    {"a window's stops are the deliveries that hold one", store_verify_stops},
    {"a day's weight is that of the deliveries that hold a stop of it", store_verify_weight},
};

struct day {
    struct verify_walk *walk;
    int64_t date;
};

static enum err look_at(struct ctx *c, void *user) {
    const struct day *day = user;
    for (size_t i = 0; i < COUNT(CHECKS); i++) {
        struct list zones;
        TRY(CHECKS[i].zones(c, day->date, &zones));
        for (size_t k = 0; k < zones.n; k++)
            TRY(verify_not_so(c, day->walk, CHECKS[i].what,
                              ((const struct verify_contradiction *)zones.at)[k].id));
    }
    return OK;
}

enum err verify_capacity(struct ctx *c, struct verify_walk *walk) {
    struct verify_days days;
    TRY(store_verify_days(c, &days));
    if (days.earliest == NONE) return OK;
    for (int64_t date = days.earliest; date <= days.latest; date++) {
        TRY(ctx_apart(c, LIMIT_VERIFY_PAGE_BYTES, look_at, &(struct day){walk, date}));
        if ((date - days.earliest) % PROGRESS_DAYS == 0) verify_progress(walk, "days", date - days.earliest);
    }
    return OK;
}
