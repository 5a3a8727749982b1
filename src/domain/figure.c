#include "domain/figure.h"
#include "base/date.h"
#include "base/id.h"
#include "base/zone.h"
#include <string.h>

#define LAST_ON_EARTH "Etc/GMT+12" /* twelve hours behind UTC, in spite of its name */

static const char *const WHOSE_WORDS[] = {
    [FIGURE_CUSTOMER] = "customer", [FIGURE_DEPOT] = "depot", [FIGURE_DRIVER] = "driver"};
static const char *const SPAN_WORDS[] = {[FIGURE_DAY] = "day", [FIGURE_MONTH] = "month"};
const struct names figure_whose_names = {WHOSE_WORDS, COUNT(WHOSE_WORDS)};
const struct names figure_span_names = {SPAN_WORDS, COUNT(SPAN_WORDS)};

_Static_assert(FIGURE_KEY == sizeof(struct id) + 3 * sizeof(int64_t), "a key has no padding");

/* ---- which days, which commitments ---- */

int64_t figure_last_over(const char *timezone, int64_t now) {
    int64_t date = zone_date(timezone, now);
    if (date == NONE) date = zone_date(LAST_ON_EARTH, now);
    return date - 1;
}

bool figure_is_settled(const struct commitment *row) {
    return row->excluded != NONE || row->completed_at != NONE || row->known_from > row->missed_after;
}

/* ---- sums ---- */

static struct id owner(const struct commitment *row, enum figure_whose whose) {
    return whose == FIGURE_CUSTOMER ? row->customer_id
           : whose == FIGURE_DEPOT  ? row->depot_id
                                    : row->driver_id;
}

int64_t figure_begins(enum figure_span span, int64_t date) {
    int year, month, day;
    date_split(date, &year, &month, &day);
    return span == FIGURE_DAY ? date : date - day + 1;
}

int64_t figure_ends(enum figure_span span, int64_t date) {
    int year, month, day;
    date_split(date, &year, &month, &day);
    return span == FIGURE_DAY ? date : date - day + date_days_in_month(year, month);
}

struct figure figure_of(const struct commitment *row, enum figure_whose whose, enum figure_span span) {
    struct figure figure = {owner(row, whose), whose, span, figure_begins(span, row->due_on), {0}};
    if (figure_is_settled(row)) kpi_add(&figure.kpi, row, BASIS_COMMITMENT, INT64_MAX);
    return figure;
}

bool figure_same_key(const struct figure *a, const struct figure *b) {
    return memcmp(a, b, FIGURE_KEY) == 0;
}

bool figure_is_zero(const struct figure *figure) {
    static const struct kpi ZERO;
    return memcmp(&figure->kpi, &ZERO, sizeof ZERO) == 0;
}

void figure_subtract(struct kpi *kpi, const struct kpi *less) {
    int64_t *sum = (int64_t *)kpi;
    const int64_t *part = (const int64_t *)less;
    for (size_t i = 0; i < FIGURE_COUNTS; i++)
        sum[i] -= part[i];
}

int64_t figure_commitments(const struct kpi *kpi) {
    int64_t n = kpi->due;
    for (size_t i = 0; i < COUNT(kpi->excluded); i++)
        n += kpi->excluded[i];
    return n;
}

/* ---- as bytes ---- */

size_t figure_write(const struct kpi *kpi, uint8_t bytes_out[FIGURE_BYTES]) {
    const int64_t *count = (const int64_t *)kpi;
    size_t n = 0;
    for (size_t i = 0; i < FIGURE_COUNTS; i++) {
        uint64_t rest = (uint64_t)count[i];
        for (; rest > 0x7f; rest >>= 7)
            bytes_out[n++] = (uint8_t)(0x80 | (rest & 0x7f));
        bytes_out[n++] = (uint8_t)rest;
    }
    return n;
}

/* Bytes read; 0: no number of 64 bits stands there. */
static size_t read_count(const uint8_t *at, size_t n, int64_t *count_out) {
    uint64_t count = 0;
    for (size_t i = 0; i < n && i < 10; i++) {
        count |= (uint64_t)(at[i] & 0x7f) << (7 * i);
        if (at[i] & 0x80) continue;
        *count_out = (int64_t)count;
        return i + 1;
    }
    return 0;
}

bool figure_read(struct blob bytes, struct kpi *kpi_out) {
    int64_t *count = (int64_t *)kpi_out;
    size_t at = 0;
    for (size_t i = 0; i < FIGURE_COUNTS; i++) {
        size_t n = read_count(bytes.at + at, bytes.n - at, &count[i]);
        if (n == 0) return false;
        at += n;
    }
    return at == bytes.n;
}
