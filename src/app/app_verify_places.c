/* Where an entity's packed events are, and a noun's: the tables against the blocks. */
#include "base/crypto.h"
#include "base/id.h"
#include "store/store_verify.h"
#include "verify_walk.h"
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(struct id entity_id, int64_t block) {
    uint8_t bytes[sizeof entity_id.b + sizeof block];
    memcpy(bytes, entity_id.b, sizeof entity_id.b);
    memcpy(bytes + sizeof entity_id.b, &block, sizeof block);
    return hash_64(bytes, sizeof bytes);
}

static uint64_t hash_of_noun(uint64_t noun, int64_t block) {
    const int64_t both[] = {(int64_t)noun, block};
    return hash_64(both, sizeof both);
}

static uint64_t hash_of_word(const char *word) {
    return hash_64(word, strlen(word));
}

static void note_noun(struct verify_places *places, uint64_t noun) {
    for (size_t i = 0; i < places->nouns; i++)
        if (places->noun[i] == noun) return;
    places->noun[places->nouns++] = noun;
}

static void add_nouns(struct verify_places *places, int64_t block) {
    if (block <= places->unnamed) {
        places->noun[0] = hash_of_word("");
        places->nouns = 1;
    }
    for (size_t i = 0; i < places->nouns; i++)
        places->nouns_sum += hash_of_noun(places->noun[i], block);
    places->nouns = 0;
}

static void add_block(struct verify_places *places, int64_t block) {
    qsort(places->entity, places->n, sizeof *places->entity, id_compare_at);
    for (size_t i = 0; i < places->n; i++) {
        if (i > 0 && id_equal(places->entity[i], places->entity[i - 1])) continue;
        places->sum += hash_of(places->entity[i], block);
        places->rows++;
    }
    places->n = 0;
    add_nouns(places, block);
}

enum err verify_places_begin(struct ctx *c, struct verify_walk *walk) {
    return store_audit_unnamed(c, &walk->places.unnamed);
}

void verify_place_event(struct verify_walk *walk, const struct audit_row *row) {
    walk->places.entity[walk->places.n++] = row->entity_id;
    note_noun(&walk->places, hash_of_word(row->entity));
    if (walk->places.n == AUDIT_BLOCK) add_block(&walk->places, (row->seq - 1) / AUDIT_BLOCK);
}

static enum err take_off(struct ctx *c, void *record, void *user) {
    const struct verify_place *row = record;
    struct verify_places *places = user;
    (void)c;
    places->sum -= hash_of(row->entity_id, row->block);
    places->rows--;
    return OK;
}

static enum err take_off_noun(struct ctx *c, void *record, void *user) {
    const struct verify_noun *row = record;
    struct verify_places *places = user;
    (void)c;
    places->nouns_sum -= hash_of_noun(hash_of_word(row->entity), row->block);
    return OK;
}

enum err verify_places(struct ctx *c, struct verify_walk *walk) {
    if (walk->places.is_cut) return OK;
    TRY(store_verify_places(c, take_off, &walk->places));
    if (walk->places.rows != 0 || walk->places.sum != 0)
        verify_find(walk, "table audit_place does not say where the log's blocks have their events");
    TRY(store_verify_nouns(c, take_off_noun, &walk->places));
    if (walk->places.nouns_sum != 0)
        verify_find(walk, "table audit_noun does not say where the log's blocks have each noun");
    return OK;
}
