#include "check.h"
#include "domain/reconcile.h"

/* The default severities as the rules state them: usual, with a critical product, with cover below 3 days. */
static const struct {
    int64_t kind, usual, critical, low_cover;
} EXPECTED[] = {
    {KIND_MISSED, S2, S1, S1},          {KIND_LATE, S3, S3, S3},
    {KIND_EARLY, S4, S4, S4},           {KIND_SHORT, S3, S2, S3},
    {KIND_NOT_DELIVERED, S3, S2, S3},   {KIND_OVER, S4, S4, S4},
    {KIND_WRONG_ITEM, S2, S2, S2},      {KIND_UNORDERED, S4, S4, S4},
    {KIND_DAMAGED, S3, S3, S3},         {KIND_REFUSED, S4, S4, S4},
    {KIND_NOT_LOADED, S3, S3, S3},      {KIND_EXPIRED, S1, S1, S1},
    {KIND_SHORT_DATED, S3, S3, S3},     {KIND_LOT_MISSING, S4, S4, S4},
    {KIND_WRONG_LOT, S1, S1, S1},       {KIND_WRONG_PLACE, S2, S2, S2},
    {KIND_WRONG_RECIPIENT, S3, S3, S3}, {KIND_NO_PROOF, S4, S4, S4},
    {KIND_CONTESTED, S2, S2, S2},
};

TEST(severity_of_every_kind) {
    CHECK_INT(COUNT(EXPECTED), KIND_COUNT);
    for (size_t i = 0; i < COUNT(EXPECTED); i++) {
        CHECK_INT(EXPECTED[i].kind, i);
        CHECK_INT(severity_of(EXPECTED[i].kind, false, false), EXPECTED[i].usual);
        CHECK_INT(severity_of(EXPECTED[i].kind, true, false), EXPECTED[i].critical);
        CHECK_INT(severity_of(EXPECTED[i].kind, false, true), EXPECTED[i].low_cover);
    }
}

TEST(severity_takes_the_severer_of_two) {
    CHECK_INT(severity_of(KIND_MISSED, true, true), S1);
    CHECK_INT(severity_of(KIND_SHORT, true, true), S2);
    CHECK_INT(severity_of(KIND_LATE, true, true), S3);
}

static void ask_below(void) {
    (void)severity_of(NONE, false, false);
}

static void ask_above(void) {
    (void)severity_of(KIND_COUNT, false, false);
}

TEST(severity_of_no_kind_is_our_mistake) {
    CHECK_DIES(ask_below);
    CHECK_DIES(ask_above);
}

/* Twelve kinds are about lines, three about documents; the clock's and the contest are neither. */
TEST(severity_kinds_of_lines_and_documents) {
    static const int64_t NEITHER[] = {KIND_MISSED, KIND_LATE, KIND_EARLY, KIND_CONTESTED};
    static const int64_t DOCUMENT[] = {KIND_WRONG_PLACE, KIND_WRONG_RECIPIENT, KIND_NO_PROOF};
    int64_t lines = 0, documents = 0;
    for (int64_t kind = 0; kind < KIND_COUNT; kind++) {
        lines += kind_is_line(kind);
        documents += kind_is_document(kind);
    }
    CHECK_INT(lines, KIND_COUNT - COUNT(NEITHER) - COUNT(DOCUMENT));
    CHECK_INT(documents, COUNT(DOCUMENT));
    for (size_t i = 0; i < COUNT(NEITHER); i++)
        CHECK(!kind_is_line(NEITHER[i]) && !kind_is_document(NEITHER[i]));
    for (size_t i = 0; i < COUNT(DOCUMENT); i++)
        CHECK(kind_is_document(DOCUMENT[i]) && !kind_is_line(DOCUMENT[i]));
}
