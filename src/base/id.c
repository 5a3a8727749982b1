#include "base/id.h"
#include "base/log.h"
#include "base/random.h"
#include <string.h>
#include <uuid/uuid.h>

/* libuuid 2.38 has no version 7; RFC 9562, section 5.7. */
struct id id_new(int64_t now) {
    REQUIRE(now >= 0 && now < INT64_C(1) << 48);
    struct id id;
    for (int i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(now >> (40 - 8 * i));
    random_fill(id.b + 6, sizeof id.b - 6);
    id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    return id;
}

bool id_parse(const char *text, struct id *id_out) {
    struct id id;
    if (!text || uuid_parse(text, id.b) != 0 || id_is_none(id)) return false;
    *id_out = id;
    return true;
}

const char *id_format(struct id id, char text[ID_TEXT_SIZE]) {
    uuid_unparse_lower(id.b, text);
    return text;
}

bool id_equal(struct id a, struct id b) {
    return id_compare(a, b) == 0;
}

bool id_is_none(struct id id) {
    return id_equal(id, (struct id){{0}});
}

int id_compare(struct id a, struct id b) {
    return memcmp(a.b, b.b, sizeof a.b);
}
