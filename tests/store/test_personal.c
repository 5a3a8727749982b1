/* Words about people beside a salt: the table that says where they are is whole, every way in sets the salt,
 * and erasing leaves none of them. */
#include "store/store_order.h"
#include "store/store_patient.h"
#include "store/store_personal.h"
#include "world_order.h"
#include <string.h>

struct name {
    const char *name;
};
static const struct field NAME_FIELDS[] = {FIELD(struct name, K_TEXT, name)};
static const struct shape name_shape = SHAPE("name", struct name, NAME_FIELDS);

static struct list names_of(struct world *w, const char *sql) {
    struct db_stmt *s = arena_alloc(w->c->arena, sizeof *s);
    struct list names;
    *s = (struct db_stmt){"test.names", sql, NULL};
    CHECK_OK(w->c, db_all(w->c, s, NO_ARGS, &name_shape, &names));
    return names;
}

static const char *name_at(struct list names, size_t i) {
    return ((const struct name *)names.at)[i].name;
}

static bool is_listed(const char *table) {
    for (int i = 0; i < PERSONAL_PLACES; i++)
        if (strcmp(store_personal_columns((enum personal_place)i)->table, table) == 0) return true;
    return false;
}

TEST(personal_table_names_every_table_with_a_salt_and_only_columns_there_are) {
    struct world *w = world_make();
    struct list tables = names_of(
        w, "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND "
           "p.name = 'salt' AND m.name <> 'personal_value' ORDER BY m.name");
    CHECK_INT((int64_t)tables.n, PERSONAL_PLACES);
    for (size_t i = 0; i < tables.n; i++)
        if (!is_listed(name_at(tables, i)))
            check_fail(__FILE__, __LINE__, "%s has a salt and no row", name_at(tables, i));
    for (int i = 0; i < PERSONAL_PLACES; i++) {
        const struct personal_columns *of = store_personal_columns((enum personal_place)i);
        int64_t words = 1;
        for (const char *at = of->columns; *at; at++)
            words += *at == ' ';
        CHECK_INT(world_count(w, arena_printf(w->c->arena,
                                              "SELECT COUNT(*) FROM pragma_table_info('%s') "
                                              "WHERE ' %s ' LIKE '%% ' || name || ' %%'",
                                              of->table, of->columns)),
                  words);
    }
}

TEST(personal_words_bring_their_salt_and_keep_it) {
    struct world *w = world_make();
    const int64_t units[] = {20, 0, 0};
    struct patient patient;
    struct order_row order = world_order_row(w, world_order(w, 0, "2026-03-16", units, 3));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order WHERE salt IS NOT NULL"), 0);
    order.reason = "Zoë Marker is away";
    CHECK_OK(w->c, store_order_set(w->c, &order));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order WHERE length(salt) = 16"), 1);
    CHECK_OK(w->c, store_patient_get(w->c, w->patient[0], &patient));
    CHECK_OK(w->c, store_patient_set(w->c, &patient));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient WHERE code = 'P-0' AND length(salt) = 16"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_receiver r JOIN patient p ON p.id = r.patient_id "
                             "WHERE p.code = 'P-0' AND length(r.salt) = 16"),
              1);
    int64_t last = world_count(w, "SELECT unicode(substr(CAST(hex(salt) AS TEXT), 9)) * 1000 + "
                                  "unicode(hex(salt)) FROM patient WHERE code = 'P-0'");
    CHECK_OK(w->c, store_patient_set(w->c, &patient));
    CHECK_INT(world_count(w, "SELECT unicode(substr(CAST(hex(salt) AS TEXT), 9)) * 1000 + "
                             "unicode(hex(salt)) FROM patient WHERE code = 'P-0'"),
              last);
}

/* Whatever words there are, in whatever table: none is left of the patient, all are of the others. */
TEST(personal_erase_leaves_no_word_and_no_salt) {
    struct world *w = world_make();
    const int64_t units[] = {20, 0, 0};
    struct patient patient;
    int64_t erased;
    for (int i = 0; i < 2; i++) {
        CHECK_OK(w->c, store_patient_get(w->c, w->patient[i], &patient));
        CHECK_OK(w->c, store_patient_set(w->c, &patient));
        struct order_row order = world_order_row(w, world_order(w, i, "2026-03-16", units, 3));
        order.reason = "Zoë Marker is away";
        CHECK_OK(w->c, store_order_set(w->c, &order));
    }
    CHECK_OK(w->c, store_personal_erase(w->c, w->patient[0], &erased));
    CHECK(erased > 3);
    CHECK_INT(world_count(w,
                          "SELECT COUNT(*) FROM patient WHERE name = '' AND phone IS NULL AND address IS "
                          "NULL AND lat IS NULL AND lon IS NULL AND access_notes IS NULL AND salt IS NULL"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order WHERE reason IS NULL AND salt IS NULL"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order WHERE reason IS NOT NULL AND salt IS NOT "
                             "NULL"),
              1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_receiver WHERE patient_id = (SELECT id FROM "
                             "patient WHERE code = 'P-0')"),
              0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_word WHERE patient_id = (SELECT id FROM patient "
                             "WHERE code = 'P-0')"),
              0);
    CHECK_OK(w->c, store_personal_erase(w->c, w->patient[0], &erased));
    CHECK_INT(erased, 0);
}
