#include "domain/catalogue.h"
#include "base/limits.h"

#define ID_AND_CODE(type)                                                     \
    FIELD(type, K_ID, id, .flags = F_READONLY, .doc = "made by the service"), \
        FIELD(type, K_TEXT, code, .flags = F_REQUIRED, .max = LIMIT_CODE,     \
              .doc = "short, unique, for people", .example = "\"SYD\"")
#define VERSION(type) FIELD(type, K_INT, version, .flags = F_READONLY, .doc = "counts changes; the ETag")

#define DEPOT(kind_, ...) FIELD(struct depot, kind_, __VA_ARGS__)
static const struct field DEPOT_FIELDS[] = {
    ID_AND_CODE(struct depot),
    DEPOT(K_TEXT, name, .flags = F_REQUIRED, .doc = "name of the warehouse", .example = "\"Sydney\""),
    DEPOT(K_TEXT, timezone, .flags = F_REQUIRED, .max = 64,
          .doc = "IANA time zone in which its windows are read", .example = "\"Australia/Sydney\""),
    DEPOT(K_TEXT, address, .max = 400, .doc = "postal address", .example = "\"1 Dock Road, Sydney\""),
    DEPOT(K_OBJ, location, .sub = &location_shape, .doc = "where it stands"),
    DEPOT(K_DEG, lat, .flags = F_HIDDEN, .min = -900000000, .max = 900000000),
    DEPOT(K_DEG, lon, .flags = F_HIDDEN),
    VERSION(struct depot),
};
const struct shape depot_shape = SHAPE("depot", struct depot, DEPOT_FIELDS);

#define WINDOW(kind_, ...) FIELD(struct zone_window, kind_, __VA_ARGS__)
#define WINDOW_AS(kind_, name_, ...) FIELD_AS(struct zone_window, kind_, name_, __VA_ARGS__)
static const struct field WINDOW_FIELDS[] = {
    WINDOW_AS(K_TIME, "from", from_min, .flags = F_REQUIRED, .doc = "local time it begins",
              .example = "\"08:00\""),
    WINDOW_AS(K_TIME, "to", to_min, .flags = F_REQUIRED, .doc = "local time it ends, up to 24:00",
              .example = "\"12:00\""),
    WINDOW(K_INT, stops_max, .max = 10000, .doc = "deliveries it takes a day; 10 unless told",
           .example = "10"),
};
const struct shape zone_window_shape = SHAPE("zone_window", struct zone_window, WINDOW_FIELDS);

static const struct field WINDOW_ROW_FIELDS[] = {
    WINDOW(K_TIME, from_min),
    WINDOW(K_TIME, to_min),
    WINDOW(K_INT, stops_max),
};
const struct shape zone_window_row_shape = SHAPE("zone_window_row", struct zone_window, WINDOW_ROW_FIELDS);

#define ZONE(kind_, ...) FIELD(struct zone, kind_, __VA_ARGS__)
static const struct field ZONE_FIELDS[] = {
    ID_AND_CODE(struct zone),
    ZONE(K_ID, depot_id, .flags = F_REQUIRED, .doc = "the depot whose vans serve it; stays"),
    ZONE(K_TEXT, name, .flags = F_REQUIRED, .doc = "name of the area", .example = "\"Inner West\""),
    ZONE(K_INTS, weekdays, .max = 7,
         .doc = "days it is served, 1 = Monday … 7 = Sunday; [1,2,3,4,5] unless told",
         .example = "[1,2,3,4,5]"),
    ZONE(K_INT, weekday_mask, .flags = F_HIDDEN),
    ZONE(K_LIST, windows, .sub = &zone_window_shape, .max = 24,
         .doc = "windows offered; 08:00–12:00 and 12:00–16:00 with 10 stops each unless told"),
    ZONE(K_INT, weight_max_g, .max = 1000000000, .doc = "grams it takes a day; 1,000,000 unless told",
         .example = "1000000"),
    VERSION(struct zone),
};
const struct shape zone_shape = SHAPE("zone", struct zone, ZONE_FIELDS);

#define CLOSURE(kind_, ...) FIELD(struct closure, kind_, __VA_ARGS__)
static const struct field CLOSURE_FIELDS[] = {
    CLOSURE(K_ID, id, .flags = F_READONLY, .doc = "made by the service"),
    CLOSURE(K_ID, depot_id, .flags = F_REQUIRED, .doc = "the depot that does not deliver; stays"),
    CLOSURE(K_DATE, date, .flags = F_REQUIRED, .doc = "civil date of the depot", .example = "\"2026-12-25\""),
    CLOSURE(K_TEXT, reason, .doc = "why; \"closed\" unless told", .example = "\"Christmas Day\""),
    CLOSURE(K_IDS, affected, .flags = F_READONLY | F_OMIT,
            .doc =
                "deliveries booked on that date, in the answer to POST and PATCH; nothing moves by itself"),
    VERSION(struct closure),
};
const struct shape closure_shape = SHAPE("closure", struct closure, CLOSURE_FIELDS);

#define PRODUCT(kind_, ...) FIELD(struct product, kind_, __VA_ARGS__)
static const struct field PRODUCT_FIELDS[] = {
    ID_AND_CODE(struct product),
    PRODUCT(K_TEXT, gtin, .max = 14, .doc = "GS1 trade item number: 8, 12, 13 or 14 digits",
            .example = "\"09312345000012\""),
    PRODUCT(K_TEXT, name, .flags = F_REQUIRED, .doc = "name on the box", .example = "\"PD solution 2 l\""),
    PRODUCT(K_TEXT, base_unit, .flags = F_REQUIRED, .max = LIMIT_CODE, .doc = "what every quantity counts",
            .example = "\"bag\""),
    PRODUCT(K_INT, units_per_box, .flags = F_REQUIRED, .min = 1, .max = LIMIT_UNITS,
            .doc = "base units in a box", .example = "5"),
    PRODUCT(K_INT, box_weight_g, .flags = F_REQUIRED, .doc = "grams of a full box", .example = "12000"),
    PRODUCT(K_BOOL, lot_tracked, .doc = "a drop has to name its lot; false unless told"),
    PRODUCT(K_BOOL, critical, .doc = "the patient can not do without; false unless told"),
    PRODUCT(K_INT, shelf_life_min_days, .max = 36600,
            .doc = "days it must last after the drop; 0 unless told", .example = "90"),
    PRODUCT(K_BOOL, active, .doc = "may be prescribed; true unless told", .example = "true"),
    VERSION(struct product),
};
const struct shape product_shape = SHAPE("product", struct product, PRODUCT_FIELDS);

#define CONTACT(...) FIELD(struct customer_contact, K_TEXT, __VA_ARGS__)
static const struct field CONTACT_FIELDS[] = {
    CONTACT(name, .flags = F_PERSONAL, .doc = "who answers there", .example = "\"C. Contact\""),
    CONTACT(email, .flags = F_PERSONAL, .doc = "their e-mail address", .example = "\"clinic@example.org\""),
    CONTACT(phone, .flags = F_PERSONAL, .max = 40, .doc = "their telephone number",
            .example = "\"02 5550 0100\""),
};
static const struct shape contact_shape = SHAPE("customer_contact", struct customer_contact, CONTACT_FIELDS);

#define CUSTOMER(kind_, ...) FIELD(struct customer, kind_, __VA_ARGS__)
static const struct field CUSTOMER_FIELDS[] = {
    ID_AND_CODE(struct customer),
    CUSTOMER(K_TEXT, name, .flags = F_REQUIRED, .doc = "name of the clinic or hospital",
             .example = "\"Harbour Renal Clinic\""),
    CUSTOMER(K_OBJ, contact, .flags = F_PERSONAL, .sub = &contact_shape, .doc = "whom to ask there"),
    CUSTOMER(K_TEXT, contact_name, .flags = F_HIDDEN | F_PERSONAL),
    CUSTOMER(K_TEXT, contact_email, .flags = F_HIDDEN | F_PERSONAL),
    CUSTOMER(K_TEXT, contact_phone, .flags = F_HIDDEN | F_PERSONAL, .max = 40),
    VERSION(struct customer),
};
const struct shape customer_shape = SHAPE("customer", struct customer, CUSTOMER_FIELDS);
