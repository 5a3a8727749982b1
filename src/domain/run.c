#include "domain/run.h"
#include "base/err.h"
#include "base/limits.h"

#define ROW(kind_, ...) FIELD(struct run_row, kind_, __VA_ARGS__)
static const struct field ROW_FIELDS[] = {
    ROW(K_ID, id, .flags = F_READONLY),
    ROW(K_ID, depot_id, .flags = F_REQUIRED),
    ROW(K_DATE, date, .flags = F_REQUIRED),
    ROW(K_ID, driver_id, .flags = F_REQUIRED),
    ROW(K_TEXT, vehicle, .flags = F_REQUIRED, .max = LIMIT_CODE, .example = "\"Van 3\""),
    ROW(K_ENUM, state, .flags = F_READONLY, .names = &run_state_names),
    ROW(K_INT, version, .flags = F_READONLY),
};
const struct shape run_row_shape = SHAPE("run_new", struct run_row, ROW_FIELDS);

#define STOP(kind_, ...) FIELD(struct run_stop, kind_, __VA_ARGS__)
static const struct field STOP_FIELDS[] = {
    STOP(K_INT, stop),
    STOP(K_ID, delivery_id),
    STOP(K_ID, patient_id),
    STOP(K_OBJ, window, .sub = &span_shape),
    STOP(K_ENUM, state, .names = &delivery_state_names),
    STOP(K_TIME, from_min, .flags = F_HIDDEN),
    STOP(K_TIME, to_min, .flags = F_HIDDEN),
};
const struct shape run_stop_shape = SHAPE("run_stop", struct run_stop, STOP_FIELDS);

#define LOAD(kind_, ...) FIELD(struct load_line, kind_, __VA_ARGS__)
static const struct field LOAD_FIELDS[] = {
    LOAD(K_ID, product_id),
    LOAD(K_TEXT, code),
    LOAD(K_TEXT, name),
    LOAD(K_INT, units),
    LOAD(K_INT, boxes, .doc = "whole boxes, rounded up for each home"),
    LOAD(K_INT, weight_g, .max = INT64_MAX),
};
const struct shape load_line_shape = SHAPE("load_line", struct load_line, LOAD_FIELDS);

#define VIEW(kind_, ...) FIELD(struct run_view, kind_, __VA_ARGS__)
static const struct field VIEW_FIELDS[] = {
    VIEW(K_ID, id),
    VIEW(K_ID, depot_id),
    VIEW(K_DATE, date),
    VIEW(K_ID, driver_id),
    VIEW(K_TEXT, vehicle),
    VIEW(K_ENUM, state, .names = &run_state_names),
    VIEW(K_LIST, stops, .sub = &run_stop_shape),
    VIEW(K_LIST, load, .sub = &load_line_shape),
    VIEW(K_LIST, recalled_lots, .sub = &recalled_lot_shape, .doc = "not to be loaded: of its products"),
    VIEW(K_INT, version),
};
const struct shape run_view_shape = SHAPE("run", struct run_view, VIEW_FIELDS);

#define LINE(kind_, ...) FIELD(struct driver_line, kind_, __VA_ARGS__)
static const struct field LINE_FIELDS[] = {
    LINE(K_ID, product_id),
    LINE(K_TEXT, code),
    LINE(K_TEXT, name),
    LINE(K_TEXT, base_unit),
    LINE(K_INT, units),
    LINE(K_INT, units_per_box),
    LINE(K_BOOL, lot_tracked, .doc = "true: state the lot with the drop"),
};
const struct shape driver_line_shape = SHAPE("driver_line", struct driver_line, LINE_FIELDS);

#define DOOR(kind_, ...) FIELD(struct driver_stop, kind_, __VA_ARGS__)
static const struct field DOOR_FIELDS[] = {
    DOOR(K_INT, stop),
    DOOR(K_ID, delivery_id),
    DOOR(K_ID, order_id, .flags = F_HIDDEN),
    DOOR(K_ID, patient_id, .flags = F_HIDDEN),
    DOOR(K_TEXT, name),
    DOOR(K_TEXT, address),
    DOOR(K_TEXT, phone),
    DOOR(K_TEXT, access_notes),
    DOOR(K_OBJ, location, .sub = &fix_shape),
    DOOR(K_OBJ, window, .sub = &span_shape),
    DOOR(K_INSTANT, starts_at),
    DOOR(K_INSTANT, ends_at),
    DOOR(K_ENUM, state, .names = &delivery_state_names),
    DOOR(K_LIST, lines, .sub = &driver_line_shape),
    DOOR(K_TIME, from_min, .flags = F_HIDDEN),
    DOOR(K_TIME, to_min, .flags = F_HIDDEN),
    DOOR(K_DEG, lat, .flags = F_HIDDEN),
    DOOR(K_DEG, lon, .flags = F_HIDDEN),
};
const struct shape driver_stop_shape = SHAPE("driver_stop", struct driver_stop, DOOR_FIELDS);

#define OWN(kind_, ...) FIELD(struct driver_run, kind_, __VA_ARGS__)
static const struct field OWN_FIELDS[] = {
    OWN(K_ID, id),
    OWN(K_ID, depot_id),
    OWN(K_DATE, date),
    OWN(K_TEXT, vehicle),
    OWN(K_ENUM, state, .names = &run_state_names),
    OWN(K_LIST, stops, .sub = &driver_stop_shape),
    OWN(K_LIST, recalled_lots, .sub = &recalled_lot_shape,
        .doc = "under recall now, of the products on this run: look through the van before leaving"),
};
const struct shape driver_run_shape = SHAPE("driver_run", struct driver_run, OWN_FIELDS);
