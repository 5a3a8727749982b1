/* How much to send: integer thousandths of a unit, boxes only ever rounded up. */
#ifndef CANARY_DOMAIN_SUGGEST_H
#define CANARY_DOMAIN_SUGGEST_H

#include "base/value.h"

/* ceil(milli / 1000) units, rounded up to whole boxes; 0 for milli <= 0. Saturates at LIMIT_UNITS rounded up
 * to nothing above: the result never exceeds LIMIT_UNITS. */
int64_t suggest_ceil_to_box(int64_t milli, int64_t units_per_box);

struct suggest_facts {
    int64_t use_per_day; /* thousandths of a unit; 0: not in use; NONE: not prescribed */
    int64_t units_per_box;
    int64_t due_date, next_due, count_date; /* dates */
    int64_t safety_days;
    int64_t on_hand;  /* units, NONE: no count yet */
    int64_t on_order; /* units outstanding of the patient's other confirmed or part-delivered orders */
};

/* contract, section 2.3. suggested: NONE without a count, or with use 0 or missing. */
int64_t suggest_units(const struct suggest_facts *facts);
/* ceil_to_box(use × (next_due − due_date)); 0 without use. */
int64_t suggest_prescribed(const struct suggest_facts *facts);

/* true when `ordered` is more than 20 % and more than one box away from `suggested` (rules->confirm_permille,
 * confirm_boxes): needs a reason and a manager. Without a suggestion (NONE) any ordered quantity above 0
 * does. */
bool suggest_unusual(int64_t suggested, int64_t ordered, int64_t units_per_box, int64_t permille,
                     int64_t boxes);

/* use_per_day from a date on, sorted by date; the last with from <= day is in force. */
struct use_since {
    int64_t from, use_per_day; /* date, thousandths */
};

/* The date on which the stock of one product runs out: the first day whose use can not be covered in full.
 * stock = on_hand at count_date + accepted since, in units. DATE_MAX when it lasts longer than there are
 * dates; NONE when use is 0 or missing for ever, or no count. */
int64_t cover_until(int64_t count_date, int64_t stock, const struct use_since *use, size_t n);
/* The use on every day from `date` on; NONE when it changes after that. */
int64_t use_always(const struct use_since *use, size_t n, int64_t date);
/* Thousandths used on the days from <= day < until. */
int64_t use_between(const struct use_since *use, size_t n, int64_t from, int64_t until);
/* Days of cover left on `date`: cover_until − date, at least 0; NONE for NONE. */
int64_t cover_days(int64_t cover_until_date, int64_t date);

#endif
