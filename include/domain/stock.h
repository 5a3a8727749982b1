/* A count of a patient's stock. */
#ifndef CANARY_DOMAIN_STOCK_H
#define CANARY_DOMAIN_STOCK_H

#include "base/shape.h"

struct stock_count {
    struct id id, patient_id, order_id;
    int64_t date, at; /* civil date of the depot, instant */
    struct id by_id;
    struct list lines; /* struct stock_count_line */
};
extern const struct shape stock_count_shape;

struct stock_count_line {
    struct id product_id;
    int64_t on_hand; /* units */
};
extern const struct shape stock_count_line_shape;

#endif
