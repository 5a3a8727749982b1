/* What drivers reported and how well it is witnessed, counted from the field events. */
#ifndef CANARY_STORE_DRIVER_REPORT_H
#define CANARY_STORE_DRIVER_REPORT_H

#include "base/ctx.h"
#include "base/shape.h"

struct bypass_counts {
    int64_t device_failed, receiver_declined, infection_risk, other;
};

/* One driver, or the total (no driver). Events of deliveries in the period; places, receivers, bypasses and
 * lines are those of what is held of each drop now: a confirmation, or the last amendment that stands. */
struct driver_counts {
    struct id driver_id;
    const char *driver; /* name */
    int64_t events, confirmations, failures, amendments, arrivals;
    int64_t synced_late;   /* received more than the setting synced-late after their own time */
    int64_t synced_late_s; /* the longest of those delays, seconds; NONE: no event */
    int64_t clock_skewed;  /* device time was after the receipt by a minute or more */
    int64_t clock_skew_s;  /* the most, seconds */
    int64_t on_behalf;     /* drops and failures that somebody in the office reported */
    int64_t bypassed;
    int64_t device_failed, receiver_declined, infection_risk, other;
    const struct bypass_counts *bypass; /* the four, as they are answered */
    int64_t place_wrong, place_unknown, receiver_unknown;
    int64_t lines, scanned;
};
extern const struct shape driver_counts_shape;

/* Of every driver with an event of a delivery whose date is in from … to (both inclusive), or of one; by
 * driver (struct driver_counts, `bypass` not set). */
MUST enum err store_driver_counts(struct ctx *c, int64_t from, int64_t to, struct id driver_id,
                                  struct list *rows_out);

#endif
