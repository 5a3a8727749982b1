#include "db/rows.h"
#include "domain/contact.h"
#include "domain/drop.h"
#include "domain/evidence.h"
#include "domain/stock.h"
#include "store/store_audit.h"
#include "store/store_plan.h"
#include "volume.h"
#include <string.h>

static const struct field RUN_STOP[] = {FIELD(struct driver_stop_row, K_ID, delivery_id),
                                        FIELD(struct driver_stop_row, K_ID, run_id),
                                        FIELD(struct driver_stop_row, K_ID, driver_id)};
static const struct shape stop_row_shape = SHAPE("run_stop", struct driver_stop_row, RUN_STOP);
static const struct field AWAITED[] = {FIELD(struct awaited, K_ID, event_id),
                                       FIELD(struct awaited, K_INT, since)};
static const struct shape awaited_shape = SHAPE("evidence_awaited", struct awaited, AWAITED);
static const struct field PERSONAL[] = {
    FIELD(struct personal, K_ID, owner), FIELD(struct personal, K_TEXT, field),
    FIELD(struct personal, K_TEXT, value), FIELD(struct personal, K_HEX, salt)};
static const struct shape personal_shape = SHAPE("personal_value", struct personal, PERSONAL);
static const struct field FOUND_STATE[] = {
    FIELD(struct found_state, K_ID, discrepancy_id), FIELD(struct found_state, K_INT, version),
    FIELD(struct found_state, K_INT, at),
    FIELD(struct found_state, K_ENUM, state, .names = &discrepancy_state_names)};
static const struct shape found_state_shape = SHAPE("discrepancy_state", struct found_state, FOUND_STATE);
static const struct field SLOT_USE[] = {
    FIELD(struct slot_use, K_ID, zone_id), FIELD(struct slot_use, K_INT, date),
    FIELD(struct slot_use, K_INT, from_min), FIELD(struct slot_use, K_INT, to_min),
    FIELD(struct slot_use, K_INT, stops)};
static const struct shape slot_use_shape = SHAPE("slot_use", struct slot_use, SLOT_USE);
static const struct field DAY_USE[] = {FIELD(struct day_use, K_ID, zone_id),
                                       FIELD(struct day_use, K_INT, date),
                                       FIELD(struct day_use, K_INT, weight_g)};
static const struct shape day_use_shape = SHAPE("day_use", struct day_use, DAY_USE);
#define ENTRY(kind_, name_) FIELD(struct audit_entry, kind_, name_)
static const struct field AUDIT_ENTRY[] = {
    ENTRY(K_INT, seq),       ENTRY(K_INT, at),      ENTRY(K_ID, actor_id),  ENTRY(K_INT, role),
    ENTRY(K_INT, action),    ENTRY(K_INT, entity),  ENTRY(K_ID, entity_id), ENTRY(K_INT, entity_version),
    ENTRY(K_ID, request_id), ENTRY(K_TEXT, change), ENTRY(K_HEX, rows),     ENTRY(K_HEX, leaf_hash)};
static const struct shape audit_entry_shape = SHAPE("audit_entry", struct audit_entry, AUDIT_ENTRY);
static const struct field BLOCK[] = {FIELD(struct block, K_INT, number), FIELD(struct block, K_HEX, packed)};
static const struct shape block_shape = SHAPE("audit_block", struct block, BLOCK);
static const struct field PLACE[] = {FIELD(struct block_place, K_ID, entity_id),
                                     FIELD(struct block_place, K_INT, block)};
static const struct shape place_shape = SHAPE("audit_place", struct block_place, PLACE);
static const struct field NOUN[] = {FIELD(struct block_noun, K_INT, entity),
                                    FIELD(struct block_noun, K_INT, block)};
static const struct shape noun_shape = SHAPE("audit_noun", struct block_noun, NOUN);
static const struct field NODE[] = {FIELD(struct node, K_INT, level), FIELD(struct node, K_INT, number),
                                    FIELD(struct node, K_HEX, hash)};
static const struct shape node_shape = SHAPE("audit_node", struct node, NODE);

/* The store's members, and the salt that it keeps to itself. */
static struct field found_field[COLUMNS];
static struct shape found_shape = {"discrepancy", sizeof(struct found), found_field, 0};

struct volume_table volume_table[TABLES] = {
    [T_ORDER] = {.name = "patient_order", .shape = &order_row_shape},
    [T_ORDER_LINE] = {.name = "order_line", .shape = &order_line_row_shape},
    [T_CONTACT] = {.name = "contact", .shape = &contact_shape},
    [T_COUNT] = {.name = "stock_count", .shape = &stock_count_shape},
    [T_DELIVERY] = {.name = "delivery", .shape = &delivery_row_shape},
    [T_PROMISE] = {.name = "promise", .shape = &promise_row_shape},
    [T_RUN] = {.name = "run", .shape = &run_row_shape},
    [T_RUN_STOP] = {.name = "run_stop", .shape = &stop_row_shape},
    [T_EVENT] = {.name = "field_event", .shape = &field_event_shape},
    [T_EVENT_LINE] = {.name = "field_event_line", .shape = &field_event_line_shape},
    [T_EVENT_EVIDENCE] = {.name = "field_event_evidence", .shape = &field_event_evidence_shape},
    [T_AWAITED] = {.name = "evidence_awaited", .shape = &awaited_shape},
    [T_EVIDENCE] = {.name = "evidence", .shape = &evidence_shape},
    [T_PERSONAL] = {.name = "personal_value", .shape = &personal_shape},
    [T_COMMITMENT] = {.name = "commitment", .shape = &commitment_shape},
    [T_DISCREPANCY] = {.name = "discrepancy", .shape = &found_shape},
    [T_DISCREPANCY_STATE] = {.name = "discrepancy_state", .shape = &found_state_shape},
    [T_PLAN_RECEIPT] = {.name = "plan_receipt", .shape = &plan_receipt_shape},
    [T_SLOT_USE] = {.name = "slot_use", .shape = &slot_use_shape},
    [T_DAY_USE] = {.name = "day_use", .shape = &day_use_shape},
    [T_AUDIT] = {.name = "audit_entry", .shape = &audit_entry_shape},
    [T_BLOCK] = {.name = "audit_block", .shape = &block_shape},
    [T_PLACE] = {.name = "audit_place", .shape = &place_shape},
    [T_NOUN] = {.name = "audit_noun", .shape = &noun_shape},
    [T_NODE] = {.name = "audit_node", .shape = &node_shape},
};

static void make_found_shape(void) {
    if (found_shape.n > 0) return;
    memcpy(found_field, discrepancy_shape.field, discrepancy_shape.n * sizeof *found_field);
    found_field[discrepancy_shape.n] =
        (struct field){.name = "salt", .kind = K_HEX, .at = offsetof(struct found, salt)};
    found_shape.n = discrepancy_shape.n + 1;
}

/* A column that no record knows stays null, if it may. */
static void add_column(struct volume_table *table, sqlite3_stmt *info) {
    const char *name = (const char *)sqlite3_column_text(info, 0);
    const struct field *field = shape_field(table->shape, name);
    if (table->columns == COLUMNS) volume_fail("table %s has too many columns", table->name);
    if (!field && sqlite3_column_int(info, 1) == 1)
        volume_fail("column %s.%s is new: nothing here fills it", table->name, name);
    table->column[table->columns] = field;
    table->column_name[table->columns] = strdup(name);
    if (!table->column_name[table->columns]) volume_fail("no memory");
    table->columns++;
}

void volume_tables_read(sqlite3 *db) {
    sqlite3_stmt *info;
    make_found_shape();
    const char *sql = "SELECT name, \"notnull\" FROM pragma_table_info(?1) ORDER BY cid";
    if (sqlite3_prepare_v2(db, sql, -1, &info, NULL) != SQLITE_OK) volume_fail("%s", sqlite3_errmsg(db));
    for (size_t i = 0; i < TABLES; i++) {
        struct volume_table *table = &volume_table[i];
        db_rows_key(table->name, table->key);
        sqlite3_bind_text(info, 1, table->name, -1, SQLITE_STATIC);
        while (sqlite3_step(info) == SQLITE_ROW)
            add_column(table, info);
        if (table->columns == 0) volume_fail("there is no table %s", table->name);
        sqlite3_reset(info);
    }
    sqlite3_finalize(info);
}

/* Member by member: half of the time of a row went into waiting for records that had just been written to be
 * copied whole. */
static void set_cell(const struct field *field, const void *record, struct db_cell *cell, uint8_t *id) {
    struct db_arg arg = db_value_arg(field, record);
    bool is_none = arg.type == DB_ARG_ID ? false : arg.type == DB_ARG_INT ? arg.integer == NONE : !arg.at;
    cell->type = CELL_NULL;
    if (is_none) return;
    if (arg.type == DB_ARG_INT) {
        cell->type = CELL_INT;
        cell->integer = arg.integer;
        return;
    }
    cell->type = arg.type == DB_ARG_TEXT ? CELL_TEXT : CELL_BLOB;
    cell->at = arg.type == DB_ARG_ID ? memcpy(id, arg.id, sizeof arg.id) : arg.at;
    cell->n = arg.type == DB_ARG_ID ? sizeof arg.id : arg.n;
}

void volume_cells(enum table table, const void *record, struct volume_row *row_out) {
    const struct volume_table *t = &volume_table[table];
    for (size_t i = 0; i < t->columns; i++) {
        row_out->cell[i].n = 0;
        if (t->column[i])
            set_cell(t->column[i], record, &row_out->cell[i], row_out->id[i]);
        else
            row_out->cell[i].type = CELL_NULL;
    }
}

void volume_hash(enum table table, const struct db_cell *cells, uint8_t hash_out[SHA256_SIZE]) {
    const struct volume_table *t = &volume_table[table];
    struct rows_image image;
    rows_image_begin(&image, t->name);
    for (size_t i = 0; i < t->columns; i++)
        rows_image_cell(&image, &cells[i]);
    rows_image_end(&image, hash_out);
}
