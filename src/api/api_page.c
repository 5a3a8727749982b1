#include "api/api.h"
#include "base/limits.h"
#include "base/text.h"
#include <string.h>

/* Eight bytes of the order key, big end first, and the id: 48 hex digits. */
#define CURSOR_BYTES 24

const char *api_cursor(struct ctx *c, int64_t key, struct id id) {
    uint8_t bytes[CURSOR_BYTES];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)key >> (56 - 8 * i));
    memcpy(bytes + 8, id.b, sizeof id.b);
    return text_hex(c->arena, bytes, sizeof bytes);
}

enum err api_cursor_read(struct ctx *c, const char *after, int64_t *key_out, struct id *id_out) {
    *key_out = NONE;
    *id_out = (struct id){0};
    if (!after) return OK;
    uint8_t bytes[CURSOR_BYTES];
    if (strlen(after) != 2 * sizeof bytes || !text_unhex(after, bytes, sizeof bytes)) {
        ctx_fault_item(c, "?after", "is no cursor of ours: take `next` of the answer before");
        return FAIL(c, ERR_INVALID, "cursor.invalid", "Start the list again without `after`.");
    }
    uint64_t key = 0;
    for (size_t i = 0; i < 8; i++)
        key = key << 8 | bytes[i];
    *key_out = (int64_t)key;
    memcpy(id_out->b, bytes + 8, sizeof id_out->b);
    return OK;
}

int64_t api_limit(int64_t limit) {
    return limit == NONE ? LIMIT_PAGE_DEFAULT : limit;
}
