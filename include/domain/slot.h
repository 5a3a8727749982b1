/* Offers: the days a zone is served, its depot open, stops and weight left. */
#ifndef CANARY_DOMAIN_SLOT_H
#define CANARY_DOMAIN_SLOT_H

#include "base/value.h"

/* weekdays: bit 0 = Monday … bit 6 = Sunday. */
bool zone_serves(int64_t weekdays, int64_t date);

/* The last day on or before `date`, and on or after `not_before`, that is served and not in `closed` (n
 * dates, sorted); NONE when there is none. For need_by. */
int64_t slot_last_served(int64_t weekdays, const int64_t *closed, size_t n, int64_t date, int64_t not_before);

/* Weight of `units` packed in whole boxes, grams. */
int64_t slot_weight_g(int64_t units, int64_t units_per_box, int64_t box_weight_g);

#endif
