#include "domain/stock.h"
#include "base/bytes.h"
#include "base/date.h"
#include "base/err.h"
#include "base/id.h"
#include "base/limits.h"
#include <string.h>

static const struct field COUNT_LINE_FIELDS[] = {
    FIELD(struct stock_count_line, K_ID, product_id, .flags = F_REQUIRED, .doc = "what was counted"),
    FIELD(struct stock_count_line, K_INT, on_hand, .flags = F_REQUIRED, .max = LIMIT_UNITS,
          .doc = "base units at home", .example = "40"),
};
const struct shape stock_count_line_shape = SHAPE("count_line", struct stock_count_line, COUNT_LINE_FIELDS);

static const struct field COUNT_FIELDS[] = {
    FIELD(struct stock_count, K_ID, id, .flags = F_KEPT, .doc = "of the count"),
    FIELD(struct stock_count, K_ID, patient_id, .flags = F_HIDDEN | F_KEPT),
    FIELD(struct stock_count, K_ID, order_id, .flags = F_KEPT, .doc = "on whose call it was taken"),
    FIELD(struct stock_count, K_DATE, date, .doc = "civil date of the depot", .example = "\"2026-03-09\""),
    FIELD(struct stock_count, K_INSTANT, at, .flags = F_KEPT, .doc = "when it was recorded"),
    FIELD(struct stock_count, K_ID, by_id, .flags = F_KEPT, .doc = "who recorded it"),
    FIELD(struct stock_count, K_LIST, lines, .flags = F_KEPT, .sub = &stock_count_line_shape,
          .doc = "what was counted"),
    FIELD(struct stock_count, K_HEX, counted, .flags = F_HIDDEN | F_KEPT),
};
const struct shape stock_count_shape = SHAPE("count", struct stock_count, COUNT_FIELDS);

/* ---- units of a product ---- */

static void put_units(struct text *packed, const struct id *product_id, int64_t units) {
    uint8_t short_form[ID_SHORT_SIZE];
    bool is_short = id_shorten(product_id, short_form);
    bytes_add_number(packed, 2 * (uint64_t)units + !is_short);
    text_add(packed, is_short ? (const char *)short_form : (const char *)product_id->b,
             is_short ? sizeof short_form : sizeof product_id->b);
}

static bool take_units(struct bytes *packed, struct id *product_id_out, int64_t *units_out) {
    uint64_t number = bytes_number(packed);
    struct blob id = bytes_take(packed, number % 2 ? sizeof product_id_out->b : ID_SHORT_SIZE);
    if (packed->bad || number / 2 > LIMIT_UNITS) return false;
    *units_out = (int64_t)(number / 2);
    if (number % 2)
        memcpy(product_id_out->b, id.at, id.n);
    else
        *product_id_out = id_lengthen(id.at);
    return true;
}

static struct blob blob_of(const struct text *packed) {
    return packed->failed ? (struct blob){NULL, 0} : (struct blob){(const uint8_t *)packed->at, packed->n};
}

/* ---- a count as one column ---- */

struct blob stock_count_pack(struct arena *arena, struct list lines) {
    const struct stock_count_line *line = lines.at;
    struct text packed = text_in(arena);
    text_str(&packed, "");
    for (size_t i = 0; i < lines.n; i++)
        put_units(&packed, &line[i].product_id, line[i].on_hand);
    return blob_of(&packed);
}

bool stock_count_unpack(struct arena *arena, struct blob counted, struct list *lines_out) {
    struct stock_count_line *line = arena_array(arena, counted.n / (1 + ID_SHORT_SIZE) + 1, sizeof *line);
    struct bytes from = bytes_of(counted);
    size_t n = 0;
    if (!line) return false;
    for (; from.at < from.end; n++)
        if (!take_units(&from, &line[n].product_id, &line[n].on_hand)) return false;
    *lines_out = (struct list){line, n};
    return true;
}

/* ---- what is there now as one column ---- */

enum { LEAST = 1 + ID_SHORT_SIZE + 4 }; /* bytes of a product */
#define MOST_UNITS (INT64_MAX / 2000)   /* no sum of thousandths of them overflows */
#define MOST_USE (INT64_C(1000) * LIMIT_UNITS)

struct blob stock_pack(struct arena *arena, const struct stock_now *now, size_t n) {
    struct text packed = text_in(arena);
    text_str(&packed, "");
    for (size_t i = 0; i < n; i++) {
        put_units(&packed, &now[i].product_id, now[i].counted);
        bytes_add_signed(&packed, now[i].date);
        bytes_add_signed(&packed, now[i].at);
        bytes_add_signed(&packed, now[i].units);
        bytes_add_signed(&packed, now[i].use_per_day == NONE ? -1 : now[i].use_per_day);
    }
    return blob_of(&packed);
}

static bool take_now(struct bytes *packed, struct stock_now *now_out) {
    if (!take_units(packed, &now_out->product_id, &now_out->counted)) return false;
    now_out->date = bytes_signed(packed);
    now_out->at = bytes_signed(packed);
    now_out->units = bytes_signed(packed);
    now_out->use_per_day = bytes_signed(packed);
    if (now_out->use_per_day < 0) now_out->use_per_day = NONE;
    bool in_range = now_out->date >= DATE_MIN && now_out->date <= DATE_MAX && now_out->units >= 0 &&
                    now_out->units <= MOST_UNITS && now_out->use_per_day <= MOST_USE;
    return in_range && !packed->bad;
}

bool stock_unpack(struct arena *arena, struct blob packed, struct stock_now **now_out, size_t *n_out) {
    struct stock_now *now = arena_array(arena, packed.n / LEAST + 1, sizeof *now);
    struct bytes from = bytes_of(packed);
    size_t n = 0;
    if (!now) return false;
    for (; from.at < from.end; n++)
        if (!take_now(&from, &now[n])) return false;
    *now_out = now;
    *n_out = n;
    return true;
}
