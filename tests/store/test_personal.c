/* Words about people beside a salt: the table that says where they are is whole, every way in sets the salt,
 * and erasing leaves none of them. */
#include "base/text.h"
#include "db/driver.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "store/store_personal.h"
#include "world_order.h"
#include <string.h>

static bool is_listed(const char *table) {
    for (int i = 0; i < PERSONAL_PLACES; i++)
        if (strcmp(store_personal_columns((enum personal_place)i)->table, table) == 0) return true;
    return false;
}

static bool has_salt(struct world *w, const char *table) {
    const struct db_driver *driver = w->c->db->driver;
    const struct db_stmt *s = world_statement(w->c, arena_printf(w->c->arena, "SELECT * FROM %s", table));
    struct db_prepared p;
    bool found = false;
    CHECK_OK(w->c, driver->prepare(w->c, w->c->db, s, &p));
    for (int i = 0; i < p.columns; i++)
        if (strcmp(driver->column_name(w->c->db, &p, i), "salt") == 0) found = true;
    driver->finalize(w->c->db, &p);
    return found;
}

/* "a b c" as SQL has it */
static const char *with_commas(struct world *w, const char *columns) {
    char *list = arena_strdup(w->c->arena, columns);
    for (char *at = list; *at; at++)
        if (*at == ' ') *at = ',';
    return list;
}

TEST(personal_table_names_every_table_with_a_salt_and_only_columns_there_are) {
    struct world *w = world_make();
    struct list tables;
    int64_t salted = 0;
    CHECK_OK(w->c, w->c->db->driver->tables(w->c, w->c->db, &tables));
    for (size_t i = 0; i < tables.n; i++) {
        const char *table = ((const char *const *)tables.at)[i];
        if (strcmp(table, "personal_value") == 0 || !has_salt(w, table)) continue;
        salted++;
        if (!is_listed(table)) check_fail(__FILE__, __LINE__, "%s has a salt and no row", table);
    }
    CHECK_INT(salted, PERSONAL_PLACES);
    for (int i = 0; i < PERSONAL_PLACES; i++) {
        const struct personal_columns *of = store_personal_columns((enum personal_place)i);
        CHECK(world_count(w, arena_printf(w->c->arena, "SELECT COUNT(*) FROM (SELECT %s FROM %s) AS x",
                                          with_commas(w, of->columns), of->table)) >= 0);
    }
}

struct salt {
    struct blob salt;
};

/* Of patient 0, in hexadecimal. */
static const char *salt_of(struct world *w) {
    static const struct field FIELDS[] = {FIELD(struct salt, K_HEX, salt)};
    static const struct shape shape = SHAPE("salt", struct salt, FIELDS);
    static const struct db_stmt S = {"test.salt", "SELECT salt FROM patient WHERE code = 'P-0'", NULL};
    struct salt row;
    CHECK_OK(w->c, db_one(w->c, &S, NO_ARGS, &shape, &row));
    return text_hex(w->c->arena, row.salt.at, row.salt.n);
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
    const char *before = salt_of(w);
    CHECK_OK(w->c, store_patient_set(w->c, &patient));
    CHECK_STR(salt_of(w), before);
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
