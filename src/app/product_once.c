#include "product_once.h"
#include "base/id.h"
#include "store/store_catalogue.h"

static struct id product_of(const void *lines, size_t size, size_t i) {
    return *(const struct id *)(const void *)((const char *)lines + i * size);
}

static bool stood_before(const void *lines, size_t size, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (id_equal(product_of(lines, size, k), product_of(lines, size, i))) return true;
    return false;
}

enum err product_once(struct ctx *c, const void *lines, size_t size, size_t i, struct product *product_out,
                      bool *ok_out) {
    const char *pointer = arena_printf(c->arena, "/lines/%zu/product_id", i);
    if (!pointer) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    *ok_out = false;
    if (stood_before(lines, size, i)) {
        ctx_fault_item(c, pointer, "must be stated only once");
        return OK;
    }
    enum err err = store_product_get(c, product_of(lines, size, i), product_out);
    if (err == ERR_NOT_FOUND) ctx_fault_item(c, pointer, "is no product of ours");
    *ok_out = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}
