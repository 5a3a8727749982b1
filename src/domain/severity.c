#include "base/log.h"
#include "domain/reconcile.h"

/* Section 4 of the contract, in its order. */
static const struct {
    int64_t usual, critical, low_cover;
} SEVERITY[KIND_COUNT] = {
    [KIND_MISSED] = {S2, S1, S1},          [KIND_LATE] = {S3, S3, S3},
    [KIND_EARLY] = {S4, S4, S4},           [KIND_SHORT] = {S3, S2, S3},
    [KIND_NOT_DELIVERED] = {S3, S2, S3},   [KIND_OVER] = {S4, S4, S4},
    [KIND_WRONG_ITEM] = {S2, S2, S2},      [KIND_UNORDERED] = {S4, S4, S4},
    [KIND_DAMAGED] = {S3, S3, S3},         [KIND_REFUSED] = {S4, S4, S4},
    [KIND_NOT_LOADED] = {S3, S3, S3},      [KIND_EXPIRED] = {S1, S1, S1},
    [KIND_SHORT_DATED] = {S3, S3, S3},     [KIND_LOT_MISSING] = {S4, S4, S4},
    [KIND_WRONG_LOT] = {S1, S1, S1},       [KIND_WRONG_PLACE] = {S2, S2, S2},
    [KIND_WRONG_RECIPIENT] = {S3, S3, S3}, [KIND_NO_PROOF] = {S4, S4, S4},
    [KIND_CONTESTED] = {S2, S2, S2},
};

static int64_t severer(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t severity_of(int64_t kind, bool critical, bool low_cover) {
    REQUIRE(kind >= 0 && kind < KIND_COUNT);
    int64_t severity = SEVERITY[kind].usual;
    if (critical) severity = severer(severity, SEVERITY[kind].critical);
    if (low_cover) severity = severer(severity, SEVERITY[kind].low_cover);
    return severity;
}

bool kind_is_line(int64_t kind) {
    return kind >= KIND_SHORT && kind <= KIND_WRONG_LOT;
}

bool kind_is_document(int64_t kind) {
    return kind >= KIND_WRONG_PLACE && kind <= KIND_NO_PROOF;
}
