#include "seed.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

static bool before(const struct act *a, const struct act *b) {
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void swap(struct act *a, struct act *b) {
    struct act kept = *a;
    *a = *b;
    *b = kept;
}

static void grow(struct seed *s) {
    size_t cap = s->queue_cap ? 2 * s->queue_cap : 4096;
    struct act *larger = realloc(s->queue, cap * sizeof *larger);
    REQUIRE(larger);
    s->queue = larger;
    s->queue_cap = cap;
}

/* What lies behind the end never happens. */
void seed_push(struct seed *s, struct act act) {
    act.number = s->acts++;
    if (act.at > s->options.until) return;
    REQUIRE(act.at >= s->c->now);
    if (s->queued == s->queue_cap) grow(s);
    size_t i = s->queued++;
    s->queue[i] = act;
    for (; i > 0 && before(&s->queue[i], &s->queue[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&s->queue[i], &s->queue[(i - 1) / 2]);
}

static void sink(struct seed *s) {
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->queued; child++)
            if (before(&s->queue[child], &s->queue[least])) least = child;
        if (least == i) return;
        swap(&s->queue[i], &s->queue[least]);
        i = least;
    }
}

bool seed_pop(struct seed *s, struct act *act_out) {
    if (s->queued == 0) return false;
    *act_out = s->queue[0];
    s->queue[0] = s->queue[--s->queued];
    sink(s);
    return true;
}
