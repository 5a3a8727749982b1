/* The state of an order after an attempt. */
#include "check.h"
#include "domain/order.h"

static int64_t after(int64_t accepted, int64_t refused, bool handed_over) {
    const struct order_line_row line = {.authorised = 10, .accepted = accepted, .refused = refused};
    return order_state_after(&line, 1, handed_over);
}

TEST(order_state_after_an_attempt) {
    CHECK_INT(after(10, 0, true), ORDER_DELIVERED);
    CHECK_INT(after(4, 6, true), ORDER_DELIVERED);
    CHECK_INT(after(4, 0, true), ORDER_PART_DELIVERED);
    CHECK_INT(after(0, 0, true), ORDER_PART_DELIVERED);
    CHECK_INT(after(0, 0, false), ORDER_CONFIRMED);
    CHECK_INT(after(4, 0, false), ORDER_PART_DELIVERED);
    CHECK_INT(after(10, 0, false), ORDER_DELIVERED); /* all of it came before this attempt failed */
}
