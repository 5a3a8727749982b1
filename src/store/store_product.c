#include "db/db.h"
#include "domain/gs1.h"
#include "store/store_catalogue.h"

#define COLS                                                                                \
    "id, code, gtin, name, base_unit, units_per_box, box_weight_g, lot_tracked, critical, " \
    "shelf_life_min_days, active, version"
#define MEMBERS                                                                                        \
    "id code gtin name base_unit units_per_box box_weight_g lot_tracked critical shelf_life_min_days " \
    "active version"

enum { GET, BY_CODE, BY_GTIN, LIST, ADD, SET };
static const struct db_stmt S[] = {
    [GET] = {"product.get", "SELECT " COLS " FROM product WHERE id = $1", NULL},
    [BY_CODE] = {"product.by-code", "SELECT " COLS " FROM product WHERE code = $1", NULL},
    [BY_GTIN] = {"product.by-gtin",
                 "SELECT " COLS " FROM product WHERE gtin IN ($1, $2, $3, $4) ORDER BY gtin LIMIT 1", NULL},
    [LIST] = {"product.list",
              "SELECT " COLS " FROM product WHERE id > $1 AND code = COALESCE($2, code) "
              "AND active = COALESCE($3, active) ORDER BY id LIMIT $4",
              NULL},
    [ADD] = {"product.add",
             "INSERT INTO product (" COLS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
             MEMBERS},
    [SET] = {"product.set",
             "UPDATE product SET code = $2, gtin = $3, name = $4, base_unit = $5, units_per_box = $6, "
             "box_weight_g = $7, lot_tracked = $8, critical = $9, shelf_life_min_days = $10, active = $11, "
             "version = $12 WHERE id = $1",
             MEMBERS},
};

enum err store_product_get(struct ctx *c, struct id id, struct product *product_out) {
    return db_one(c, &S[GET], ARGS(db_id(&id)), &product_shape, product_out);
}

enum err store_product_by_code(struct ctx *c, const char *code, struct product *product_out) {
    return db_one(c, &S[BY_CODE], ARGS(db_text(code)), &product_shape, product_out);
}

enum err store_product_by_gtin(struct ctx *c, const char *gtin, struct product *product_out) {
    char form[GS1_FORMS][GS1_GTIN_SIZE];
    gs1_gtin_forms(gtin, form);
    return db_one(c, &S[BY_GTIN],
                  ARGS(db_text(form[0]), db_text(form[1]), db_text(form[2]), db_text(form[3])),
                  &product_shape, product_out);
}

enum err store_product_list(struct ctx *c, const struct catalogue_filter *filter, struct list *products_out) {
    return db_all(
        c, &S[LIST],
        ARGS(db_place(&filter->after), db_text(filter->code), db_int(filter->active), db_int(filter->limit)),
        &product_shape, products_out);
}

enum err store_product_add(struct ctx *c, const struct product *product) {
    return db_exec_row(c, &S[ADD], &product_shape, product, NULL);
}

enum err store_product_set(struct ctx *c, const struct product *product) {
    return db_exec_row(c, &S[SET], &product_shape, product, NULL);
}
