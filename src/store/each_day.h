/* A customer's commitments of a period, day by day, as the index commitment_due has them: within a day by
 * customer. */
#ifndef CANARY_STORE_EACH_DAY_H
#define CANARY_STORE_EACH_DAY_H

/* FROM and the beginning of WHERE of commitments m of the customer `customer` due in $1 … $2. */
#define FROM_EACH_DAY(customer)                                                                        \
    "FROM (WITH RECURSIVE each_day (day) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT day + 1 FROM " \
    "each_day "                                                                                        \
    "WHERE day < $2) SELECT day FROM each_day) y CROSS JOIN commitment m WHERE m.due_on = y.day "      \
    "AND m.due_on <= $2 AND m.customer_id = " customer

#endif
