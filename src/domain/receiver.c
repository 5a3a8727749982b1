#include "domain/receiver.h"
#include "base/text.h"
#include <string.h>

/* Folded name; "" for one that is missing or not UTF-8, which matches nobody. */
static enum err fold(struct arena *arena, const char *name, const char **folded_out) {
    bool readable = name && text_utf8_valid(name, strlen(name));
    const char *folded = readable ? text_fold(arena, name) : "";
    if (!folded) return ERR_LIMIT;
    *folded_out = folded;
    return OK;
}

static enum err find_listed(struct arena *arena, const struct drop_facts *facts, bool *known_out) {
    const char *name, *listed;
    *known_out = false;
    TRY(fold(arena, facts->receiver_name, &name));
    for (size_t i = 0; *name && i < facts->listed_n && !*known_out; i++) {
        TRY(fold(arena, facts->listed[i], &listed));
        *known_out = text_equal(name, listed);
    }
    return OK;
}

enum err receiver_judge(struct arena *arena, const struct drop_facts *facts, bool *known_out) {
    bool stated = facts->has_receiver == 1;
    *known_out = stated && text_equal(facts->relation, "patient");
    return stated && !*known_out ? find_listed(arena, facts, known_out) : OK;
}
