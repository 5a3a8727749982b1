#include "domain/slot.h"
#include "base/date.h"
#include "base/log.h"

bool zone_serves(int64_t weekdays, int64_t date) {
    return weekdays >> (date_weekday(date) - 1) & 1;
}

static bool is_closed(const int64_t *closed, size_t n, int64_t date) {
    for (size_t i = 0; i < n; i++)
        if (closed[i] == date) return true;
    return false;
}

int64_t slot_last_served(int64_t weekdays, const int64_t *closed, size_t n, int64_t date,
                         int64_t not_before) {
    for (int64_t day = date; day >= not_before; day--)
        if (zone_serves(weekdays, day) && !is_closed(closed, n, day)) return day;
    return NONE;
}

int64_t slot_weight_g(int64_t units, int64_t units_per_box, int64_t box_weight_g) {
    REQUIRE(units_per_box >= 1);
    return (units + units_per_box - 1) / units_per_box * box_weight_g;
}
