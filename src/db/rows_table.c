#include "db/db_rows.h"
#include "base/value.h"
#include <string.h>

/* Everything else that is a table is audited, a new one from its first row on. */
const struct db_rows_unaudited db_rows_unaudited[] = {
    {"audit_entry", "it is the log: its leaves and signed heads prove it"},
    {"audit_word", "the log's words, written by the schema's files: a leaf has the word, not the number"},
    {"audit_node", "made from the log's leaves: the verification makes them again"},
    {"audit_block", "the log's past: the subtrees and signed heads prove it"},
    {"audit_place", "where the blocks have an entity: the verification holds it against them"},
    {"audit_noun", "where the blocks have a noun: the verification holds it against them"},
    {"evidence_image", "an image stands under its own hash, and the verification hashes it again"},
    {"session", "who is signed in now; only hashes of tokens, gone when they expire"},
    {"found_second",
     "when something of a customer was found: the verification holds discrepancies against it"},
    {"idempotency", "answers kept for repeats: a copy of what was answered, not a fact"},
    {"patient_word", "an index for searches, made anew with every change of its patient; single words could "
                     "be guessed from hashes"},
    {"figure", "sums of what commitments count: the verification adds them up again"},
    {"figure_open", "commitments that no sum has yet: the verification looks for each"},
    {"figure_state", "how far the sums go: the verification holds it against them"},
    {"plan_reach", "made of orders and pauses: the verification counts them again"},
    {"id_writer",
     "how far ids went: were it wrong, the key of a table would refuse an id that is made again"},
    {"to_call", "orders by their patients' cover: the verification looks for each"},
    {"to_call_through", "how far those go: the verification holds them against it"},
    {"schema_migration", "written before there is a log; schema.migrate tells of it"},
};
const size_t db_rows_unaudited_n = sizeof db_rows_unaudited / sizeof db_rows_unaudited[0];

bool db_rows_is_audited(const char *table) {
    for (size_t i = 0; i < db_rows_unaudited_n; i++)
        if (strcmp(db_rows_unaudited[i].table, table) == 0) return false;
    return strncmp(table, "sqlite_", 7) != 0;
}
