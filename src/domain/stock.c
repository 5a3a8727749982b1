#include "domain/stock.h"
#include "base/bytes.h"
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

/* ---- a count as one column ---- */

struct blob stock_count_pack(struct arena *arena, struct list lines) {
    const struct stock_count_line *line = lines.at;
    struct text packed = text_in(arena);
    uint8_t short_form[ID_SHORT_SIZE];
    text_str(&packed, "");
    for (size_t i = 0; i < lines.n; i++) {
        const struct id *id = &line[i].product_id;
        bool is_short = id_shorten(id, short_form);
        bytes_add_number(&packed, 2 * (uint64_t)line[i].on_hand + !is_short);
        text_add(&packed, is_short ? (const char *)short_form : (const char *)id->b,
                 is_short ? sizeof short_form : sizeof id->b);
    }
    return packed.failed ? (struct blob){NULL, 0} : (struct blob){(const uint8_t *)packed.at, packed.n};
}

static bool unpack_line(struct bytes *counted, struct stock_count_line *line_out) {
    uint64_t number = bytes_number(counted);
    struct blob id = bytes_take(counted, number % 2 ? sizeof line_out->product_id.b : ID_SHORT_SIZE);
    if (counted->bad || number / 2 > LIMIT_UNITS) return false;
    line_out->on_hand = (int64_t)(number / 2);
    if (number % 2)
        memcpy(line_out->product_id.b, id.at, id.n);
    else
        line_out->product_id = id_lengthen(id.at);
    return true;
}

bool stock_count_unpack(struct arena *arena, struct blob counted, struct list *lines_out) {
    struct stock_count_line *line = arena_array(arena, counted.n / (1 + ID_SHORT_SIZE) + 1, sizeof *line);
    struct bytes from = bytes_of(counted);
    size_t n = 0;
    if (!line) return false;
    while (from.at < from.end)
        if (!unpack_line(&from, &line[n++])) return false;
    *lines_out = (struct list){line, n};
    return true;
}

/* ---- what is there now as one column ---- */

enum { PACKED = 16 + 4 * 8 };

static uint8_t *put(uint8_t *at, int64_t value) {
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)((uint64_t)value >> (8 * i));
    return at;
}

static int64_t take(const uint8_t **at) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t) * (*at)++ << (8 * i);
    return (int64_t)value;
}

struct blob stock_pack(struct arena *arena, const struct stock_now *now, size_t n) {
    uint8_t *packed = arena_array(arena, n + 1, PACKED), *at = packed;
    if (!packed) return (struct blob){NULL, 0};
    for (size_t i = 0; i < n; i++) {
        memcpy(at, now[i].product_id.b, 16);
        at = put(at + 16, now[i].date);
        at = put(at, now[i].at);
        at = put(at, now[i].units);
        at = put(at, now[i].use_per_day);
    }
    return (struct blob){packed, n * PACKED};
}

bool stock_unpack(struct arena *arena, struct blob packed, struct stock_now **now_out, size_t *n_out) {
    size_t n = packed.n / PACKED;
    const uint8_t *at = packed.at;
    struct stock_now *now = arena_array(arena, n + 1, sizeof *now);
    if (!now || packed.n % PACKED != 0) return false;
    for (size_t i = 0; i < n; i++) {
        memcpy(now[i].product_id.b, at, 16);
        at += 16;
        now[i].date = take(&at);
        now[i].at = take(&at);
        now[i].units = take(&at);
        now[i].use_per_day = take(&at);
    }
    *now_out = now;
    *n_out = n;
    return true;
}
