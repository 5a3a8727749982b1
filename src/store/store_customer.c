#include "db/db.h"
#include "store/store_catalogue.h"
#include "store/store_personal.h"

#define COLS "id, code, name, contact_name, contact_email, contact_phone, version"
#define MEMBERS "id code name contact_name contact_email contact_phone version"

enum { GET, BY_CODE, LIST, ADD, SET };
static const struct db_stmt S[] = {
    [GET] = {"customer.get", "SELECT " COLS " FROM customer WHERE id = $1", NULL},
    [BY_CODE] = {"customer.by-code", "SELECT " COLS " FROM customer WHERE code = $1", NULL},
    [LIST] = {"customer.list",
              "SELECT " COLS
              " FROM customer WHERE id > $1 AND code = COALESCE($2, code) ORDER BY id LIMIT $3",
              NULL},
    [ADD] = {"customer.add", "INSERT INTO customer (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7)", MEMBERS},
    [SET] = {"customer.set",
             "UPDATE customer SET code = $2, name = $3, contact_name = $4, contact_email = $5, "
             "contact_phone = $6, version = $7 WHERE id = $1",
             MEMBERS},
};

enum err store_customer_get(struct ctx *c, struct id id, struct customer *customer_out) {
    TRY(db_one(c, &S[GET], ARGS(db_id(&id)), &customer_shape, customer_out));
    return nest_open(c, &customer_shape, customer_out);
}

enum err store_customer_by_code(struct ctx *c, const char *code, struct customer *customer_out) {
    TRY(db_one(c, &S[BY_CODE], ARGS(db_text(code)), &customer_shape, customer_out));
    return nest_open(c, &customer_shape, customer_out);
}

enum err store_customer_list(struct ctx *c, const struct catalogue_filter *filter,
                             struct list *customers_out) {
    TRY(db_all(c, &S[LIST], ARGS(db_place(&filter->after), db_text(filter->code), db_int(filter->limit)),
               &customer_shape, customers_out));
    return nest_open_all(c, &customer_shape, *customers_out);
}

enum err store_customer_add(struct ctx *c, const struct customer *customer) {
    TRY(db_exec_row(c, &S[ADD], &customer_shape, customer, NULL));
    return store_personal_salt(c, PERSONAL_CUSTOMER, customer->id);
}

enum err store_customer_set(struct ctx *c, const struct customer *customer) {
    TRY(db_exec_row(c, &S[SET], &customer_shape, customer, NULL));
    return store_personal_salt(c, PERSONAL_CUSTOMER, customer->id);
}
