/* What a rep does on the telephone in the test world, each by its use case: from the call to the booking. */
#ifndef CANARY_TESTS_WORLD_CALL_H
#define CANARY_TESTS_WORLD_CALL_H

#include "domain/contact.h"
#include "domain/order_view.h"
#include "world_order.h"

/* A world whose orders are planned through a date; the rep acts. */
struct world *world_planned(const char *through);
/* The order of a patient that is due on a date. */
struct order_row world_order_due(struct world *w, int patient, const char *due);

/* A call now that reached who it should, and says nothing else. */
struct contact_in world_reached(struct world *w);
/* replay_out may be NULL. */
enum err world_contact(struct world *w, struct order_row *order, struct contact_in in, bool *replay_out);
/* Counts of products 0, 1 and 2. */
enum err world_put_count(struct world *w, const struct order_row *order, int64_t a, int64_t b, int64_t c_);
/* Reached, identified, counted: 100 bags of 2000, 10 of 2500, 300 caps. */
struct order_row world_counted(struct world *w, int patient, const char *due);

/* Of products 0 to 3; NONE: not said. */
#define QTY(...) ((const int64_t[4]){__VA_ARGS__})
enum err world_confirm(struct world *w, struct order_row *order, const int64_t ordered[4],
                       const char *reason);
/* Counted, then 140 bags of 2000 and 80 of 2500. */
struct order_row world_confirmed(struct world *w, int patient, const char *due);
/* In the morning of a date. */
struct delivery_row world_booked(struct world *w, struct order_row *order, const char *date);
/* A dispatcher writes down what a driver said: of what world_confirmed has, all but 20 of the second product,
 * which are damaged. */
void world_drop_by_phone(struct world *w, const struct delivery_row *delivery);

struct order_view world_order_view(struct world *w, const struct order_row *order);
/* Of one product; NONE everywhere when the order has no such line. */
struct order_line_view world_order_line(struct world *w, const struct order_row *order, int product);
/* The day up to which the patient is covered. */
int64_t world_cover(struct world *w, int patient);

#endif
