#include "domain/gs1.h"
#include "base/date.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SEPARATOR '\x1d' /* GS: FNC1 as scanners send it */
#define DIGITS "0123456789"
/* GS1 character set 82: a subset of ISO 646. */
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define SET_82 DIGITS LETTERS "!\"%&'()*+,-./:;<=>?_"

/* ---- the application identifiers ---- */

enum what { NUMBER, DATE, TEXT, COUNT_OF };

struct ai {
    const char *ai, *name;
    enum what what;
    size_t min, max; /* characters of the value; the same: fixed, no separator needed */
    size_t at;       /* in struct gs1: char[max + 1] or int64_t */
};

#define AI(ai_, what_, min_, max_, member, name_) \
    { ai_, name_, what_, min_, max_, offsetof(struct gs1, member) }
static const struct ai AIS[] = {
    AI("00", NUMBER, 18, 18, sscc, "SSCC"),
    AI("01", NUMBER, 14, 14, gtin, "GTIN"),
    AI("02", NUMBER, 14, 14, content_gtin, "GTIN of the content"),
    AI("11", DATE, 6, 6, production, "production date"),
    AI("12", DATE, 6, 6, due, "due date"),
    AI("13", DATE, 6, 6, packaging, "packaging date"),
    AI("15", DATE, 6, 6, best_before, "best-before date"),
    AI("17", DATE, 6, 6, expiry, "expiry date"),
    AI("10", TEXT, 1, GS1_TEXT_MAX, lot, "lot"),
    AI("21", TEXT, 1, GS1_TEXT_MAX, serial, "serial number"),
    AI("30", COUNT_OF, 1, 8, count, "count"),
    AI("37", COUNT_OF, 1, 8, contained, "count of the content"),
};
enum { AI_N = COUNT(AIS) };

/* Which go together. */
static const struct rule {
    const char *ai, *other;
    bool needs; /* false: must not stand beside it */
    const char *why;
} RULES[] = {
    {"21", "01", true, "a serial number belongs to the GTIN of one item"},
    {"02", "01", false, "a scan is of an item or of a logistic unit's content"},
    {"37", "01", false, "it counts the content of a logistic unit (02), not an item"},
    {"02", "37", true, "a content belongs with its count"},
    {"37", "02", true, "a count of the content belongs with the content's GTIN"},
    {"37", "00", true, "a content belongs to the logistic unit it is in"},
};

static bool is_fixed(const struct ai *ai) {
    return ai->min == ai->max;
}

static const struct ai *ai_named(const char *at, size_t n) {
    for (size_t i = 0; i < AI_N; i++)
        if (strlen(AIS[i].ai) == n && memcmp(AIS[i].ai, at, n) == 0) return &AIS[i];
    return NULL;
}

/* ---- numbers ---- */

char gs1_check_digit(const char *digits, size_t n) {
    int sum = 0;
    for (size_t i = 2; i <= n; i++)
        sum += (digits[n - i] - '0') * (i % 2 ? 1 : 3);
    return (char)('0' + (10 - sum % 10) % 10);
}

static bool all_digits(const char *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (at[i] < '0' || at[i] > '9') return false;
    return true;
}

static bool gtin_length(size_t n) {
    return n == 8 || (n >= 12 && n <= 14);
}

static void pad_gtin(const char *digits, size_t n, char gtin_out[GS1_GTIN_SIZE]) {
    memset(gtin_out, '0', 14 - n);
    memcpy(gtin_out + 14 - n, digits, n);
    gtin_out[14] = 0;
}

bool gs1_gtin14(const char *gtin, char gtin_out[GS1_GTIN_SIZE]) {
    size_t n = strlen(gtin);
    gtin_out[0] = 0;
    if (!gtin_length(n) || !all_digits(gtin, n)) return false;
    pad_gtin(gtin, n, gtin_out);
    return true;
}

void gs1_gtin_forms(const char *gtin, char form_out[GS1_FORMS][GS1_GTIN_SIZE]) {
    static const size_t LENGTH[GS1_FORMS] = {14, 13, 12, 8};
    char full[GS1_GTIN_SIZE];
    if (!gs1_gtin14(gtin, full) && strlen(gtin) < sizeof full) memcpy(full, gtin, strlen(gtin) + 1);
    for (size_t i = 0; i < GS1_FORMS; i++) {
        const char *from = strlen(full) == 14 ? full + 14 - LENGTH[i] : full;
        bool zeros = strspn(full, "0") >= (size_t)(from - full);
        memcpy(form_out[i], zeros ? from : form_out[i - 1], strlen(zeros ? from : form_out[i - 1]) + 1);
    }
}

/* ---- lots ---- */

static char folded(const char **at) {
    while (**at == ' ')
        ++*at;
    char c = **at;
    if (c) ++*at;
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool gs1_same_lot(const char *a, const char *b) {
    for (;;) {
        char x = folded(&a), y = folded(&b);
        if (x != y || !x) return x == y;
    }
}

/* ---- what is being read ---- */

struct reader {
    const char *data;
    size_t n;
    bool brackets;
    const struct gs1_known *known;
    struct gs1_fault *fault;
};

/* One element: where it begins, its value, and where the next one begins. */
struct element {
    const struct ai *ai;
    size_t at, value, n, next;
    bool open; /* the end of the data ends it, no separator */
};

struct reading {
    struct gs1 record;
    struct element seen[AI_N]; /* by row of AIS; .ai NULL: not in it */
};

__attribute__((format(printf, 3, 4))) static bool refuse(const struct reader *r, size_t at, const char *fmt,
                                                         ...) {
    va_list args;
    va_start(args, fmt);
    r->fault->at = at;
    vsnprintf(r->fault->text, sizeof r->fault->text, fmt, args);
    va_end(args);
    return false;
}

static void clear(struct reading *reading) {
    memset(reading, 0, sizeof *reading);
    for (size_t i = 0; i < AI_N; i++)
        if (AIS[i].what == DATE || AIS[i].what == COUNT_OF)
            *(int64_t *)((char *)&reading->record + AIS[i].at) = NONE;
}

static const struct element *seen(const struct reading *reading, const char *ai) {
    const struct element *element = &reading->seen[ai_named(ai, 2) - AIS];
    return element->ai ? element : NULL;
}

/* ---- a value into the record ---- */

static bool put_number(const struct reader *r, const struct element *e, char *member) {
    const char *value = r->data + e->value;
    char right = gs1_check_digit(value, e->n);
    if (value[e->n - 1] != right)
        return refuse(r, e->value + e->n - 1,
                      "the check digit of the %s (%s) is %c, and should be %c: scan again", e->ai->name,
                      e->ai->ai, value[e->n - 1], right);
    memcpy(member, value, e->n);
    member[e->n] = 0;
    return true;
}

static bool put_text(const struct reader *r, const struct element *e, char *member) {
    (void)r;
    memcpy(member, r->data + e->value, e->n);
    member[e->n] = 0;
    return true;
}

static int two_digits(const char *at) {
    return (at[0] - '0') * 10 + at[1] - '0';
}

static int full_year(int yy, int this_year) {
    int ahead = yy - this_year % 100, century = this_year / 100;
    if (ahead >= 51) century--;
    if (ahead <= -50) century++;
    return century * 100 + yy;
}

/* YYMMDD; day 00 is the month's last one. */
static bool put_date(const struct reader *r, const struct element *e, char *member) {
    const char *value = r->data + e->value;
    int year = full_year(two_digits(value), r->known->year), month = two_digits(value + 2);
    int day = two_digits(value + 4);
    if (month < 1 || month > 12)
        return refuse(r, e->value + 2, "the %s (%s) has no such month: %.2s", e->ai->name, e->ai->ai,
                      value + 2);
    int64_t date = date_of(year, month, day ? day : date_days_in_month(year, month));
    if (date == NONE)
        return refuse(r, e->value + 4, "the %s (%s) has no such day: %d-%02d-%.2s", e->ai->name, e->ai->ai,
                      year, month, value + 4);
    *(int64_t *)member = date;
    return true;
}

static bool put_count(const struct reader *r, const struct element *e, char *member) {
    int64_t value = 0;
    for (size_t i = 0; i < e->n; i++)
        value = value * 10 + r->data[e->value + i] - '0';
    *(int64_t *)member = value;
    return true;
}

static bool (*const PUT[])(const struct reader *r, const struct element *e, char *member) = {
    [NUMBER] = put_number, [DATE] = put_date, [TEXT] = put_text, [COUNT_OF] = put_count};

static bool check_length(const struct reader *r, const struct element *e) {
    const struct ai *ai = e->ai;
    const char *unit = ai->what == TEXT ? "characters" : "digits";
    if (e->n == 0) return refuse(r, e->value, "the %s (%s) is empty", ai->name, ai->ai);
    if (e->n < ai->min)
        return refuse(r, e->value + e->n, "the %s (%s) has %zu %s, only %zu stand here", ai->name, ai->ai,
                      ai->min, unit, e->n);
    if (e->n > ai->max)
        return refuse(r, e->value + ai->max,
                      "the %s (%s) has at most %zu %s: a separator (FNC1) is missing before here", ai->name,
                      ai->ai, ai->max, unit);
    return true;
}

static bool check_characters(const struct reader *r, const struct element *e) {
    const char *allowed = e->ai->what == TEXT ? SET_82 : DIGITS;
    for (size_t i = e->value; i < e->value + e->n; i++) {
        char byte = r->data[i];
        if (byte && strchr(allowed, byte)) continue;
        if (byte > ' ' && byte <= '~')
            return refuse(r, i, "%c cannot stand in the %s (%s)", byte, e->ai->name, e->ai->ai);
        return refuse(r, i, "byte 0x%02x cannot stand in the %s (%s)", (unsigned char)byte, e->ai->name,
                      e->ai->ai);
    }
    return true;
}

/* Twice is once when both say the same. */
static bool put(const struct reader *r, const struct element *e, struct reading *reading) {
    struct element *before = &reading->seen[e->ai - AIS];
    if (!check_characters(r, e) || !check_length(r, e)) return false;
    if (before->ai) {
        if (before->n == e->n && memcmp(r->data + before->value, r->data + e->value, e->n) == 0) return true;
        return refuse(r, e->at, "the %s (%s) stands twice, with other content", e->ai->name, e->ai->ai);
    }
    *before = *e;
    return PUT[e->ai->what](r, e, (char *)&reading->record + e->ai->at);
}

static bool check_rules(const struct reader *r, const struct reading *reading) {
    for (size_t i = 0; i < COUNT(RULES); i++) {
        const struct element *element = seen(reading, RULES[i].ai);
        if (!element || (seen(reading, RULES[i].other) != NULL) == RULES[i].needs) continue;
        return refuse(r, element->at, "the %s (%s) %s %s: %s", element->ai->name, element->ai->ai,
                      RULES[i].needs ? "needs" : "cannot stand beside", RULES[i].other, RULES[i].why);
    }
    return true;
}

/* ---- where an element ends ---- */

static bool no_ai(const struct reader *r, size_t at, size_t n) {
    if (n < 2 || !all_digits(r->data + at, n))
        return refuse(r, at, "no application identifier begins here: it is two digits, as 01 or 10");
    return refuse(
        r, at,
        "the application identifier %.*s is not known here: 00 01 02 10 11 12 13 15 17 21 30 37 are; "
        "state the product, lot and expiry without the scan",
        n > 4 ? 4 : (int)n, r->data + at);
}

/* From the AI at `at` to the separator, to the length, or to the end. */
static bool find_plain(const struct reader *r, size_t at, struct element *e) {
    size_t left = r->n - at;
    const struct ai *ai = left >= 2 ? ai_named(r->data + at, 2) : NULL;
    if (!ai) return no_ai(r, at, left < 2 ? left : 2);
    const char *value = r->data + at + 2;
    const char *end = memchr(value, SEPARATOR, left - 2);
    *e = (struct element){.ai = ai, .at = at, .value = at + 2, .n = end ? (size_t)(end - value) : left - 2};
    if (is_fixed(ai) && e->n > ai->max) e->n = ai->max;
    e->next = e->value + e->n;
    e->open = !is_fixed(ai) && !end;
    /* a separator after a fixed length is not needed, and no harm */
    if (e->next < r->n && r->data[e->next] == SEPARATOR) e->next++;
    return true;
}

/* "(10) ABC " up to the next bracket; blanks beside brackets are the printer's. */
static bool find_bracketed(const struct reader *r, size_t at, struct element *e) {
    const char *data = r->data;
    size_t close = at + 1, end;
    if (data[at] != '(')
        return refuse(r, at, "an application identifier in brackets must begin here, as (10)");
    while (close < r->n && data[close] != ')' && close < at + 6)
        close++;
    if (close == r->n || data[close] != ')') return refuse(r, at, "this bracket has no end");
    const struct ai *ai = ai_named(data + at + 1, close - at - 1);
    if (!ai) return no_ai(r, at + 1, close - at - 1);
    *e = (struct element){.ai = ai, .at = at + 1, .value = close + 1};
    while (e->value < r->n && data[e->value] == ' ')
        e->value++;
    for (end = e->value; end < r->n && data[end] != '(' && data[end] != SEPARATOR;)
        end++;
    e->next = end < r->n && data[end] == SEPARATOR ? end + 1 : end;
    while (end > e->value && data[end - 1] == ' ')
        end--;
    e->n = end - e->value;
    return true;
}

static bool find(const struct reader *r, size_t at, struct element *e) {
    return r->brackets ? find_bracketed(r, at, e) : find_plain(r, at, e);
}

/* ---- one reading: as the standard says ---- */

/* *before_out, *last_out: the reading before its last element, and that one. */
static bool read_elements(const struct reader *r, size_t at, struct reading *reading_out,
                          struct reading *before_out, struct element *last_out) {
    clear(reading_out);
    if (at == r->n) return refuse(r, at, "nothing was scanned");
    while (at < r->n) {
        *before_out = *reading_out;
        if (!find(r, at, last_out) || !put(r, last_out, reading_out)) return false;
        at = last_out->next;
    }
    return check_rules(r, reading_out);
}

/* ---- the others: its open end cut short ---- */

struct others {
    struct reader reader; /* its faults interest nobody */
    bool separators;      /* somewhere in the data */
    size_t n;             /* readings */
    size_t at;            /* the first cut, of the first one */
    int best;             /* the most that one of them has of what is known */
    size_t bests;         /* how many have that much */
    struct gs1 record;    /* the first of them */
};

/* How much of what is known this reading has; -1: it says otherwise. */
static int agreement(const struct gs1_known *known, const struct gs1 *record) {
    char gtin[GS1_GTIN_SIZE];
    const char *scanned = record->gtin[0] ? record->gtin : record->content_gtin;
    bool lot = known->lot && record->lot[0], number = known->gtin && scanned[0];
    if (lot && !gs1_same_lot(known->lot, record->lot)) return -1;
    if (number && (!gs1_gtin14(known->gtin, gtin) || strcmp(gtin, scanned) != 0)) return -1;
    return lot + number;
}

/* Where the reading was cut first, and whether a fixed length stands behind it. */
struct cut {
    size_t at;
    bool fixed;
};

static void add_other(struct others *o, const struct reading *reading, struct cut cut) {
    if (!check_rules(&o->reader, reading) || (o->separators && !cut.fixed)) return;
    int has = agreement(o->reader.known, &reading->record);
    if (o->n++ == 0) o->at = cut.at;
    if (has == o->best) o->bests++;
    if (has <= o->best) return;
    o->best = has;
    o->bests = 1;
    o->record = reading->record;
}

/* Every reading in which `e`, which is open, ends before the end. At most 20 characters are cut, so this is
 * not much; element strings nest no deeper than they have characters. */
static void cut_open(struct others *o, const struct reading *before, const struct element *e,
                     struct cut cut) {
    for (size_t n = 1; n < e->n; n++) {
        struct reading reading = *before, whole;
        struct element part = *e, next = *e;
        struct cut so_far = {cut.at ? cut.at : e->value + n, cut.fixed};
        bool good = true;
        part.n = n;
        next.next = e->value + n;
        if (!put(&o->reader, &part, &reading)) continue;
        while (good && next.next < o->reader.n) {
            whole = reading;
            good = find(&o->reader, next.next, &next);
            if (good && next.open) cut_open(o, &whole, &next, so_far);
            good = good && put(&o->reader, &next, &reading);
            so_far.fixed = so_far.fixed || is_fixed(next.ai);
        }
        if (good) add_other(o, &reading, so_far);
    }
}

enum outcome { NO_READING, ONE_READING, MANY_READINGS };

static enum outcome ambiguous(const struct reader *r, const struct element *last, size_t at) {
    const char *next = r->data + at;
    bool lot = strcmp(last->ai->ai, "10") == 0;
    refuse(
        r, at,
        "the %s (%s) may end before here, for %.*s can be the %s (%.2s), and no separator (FNC1) says: scan "
        "with a scanner that sends them, or %s",
        last->ai->name, last->ai->ai, r->n - at > 8 ? 8 : (int)(r->n - at), next, ai_named(next, 2)->name,
        next,
        lot ? "state the lot as printed beside the scan" : "state product, lot and expiry without the scan");
    return MANY_READINGS;
}

static enum outcome choose(const struct reader *r, size_t from, struct gs1 *record_out) {
    struct reading reading, before;
    struct element last;
    struct gs1_fault nobody;
    struct others others = {.reader = *r, .best = -1};
    if (!read_elements(r, from, &reading, &before, &last)) return NO_READING;
    others.reader.fault = &nobody;
    others.separators = memchr(r->data + from, SEPARATOR, r->n - from) != NULL;
    if (last.open) cut_open(&others, &before, &last, (struct cut){0, false});
    int has = agreement(r->known, &reading.record);
    bool other = others.best > has && others.bests == 1;
    *record_out = other ? others.record : reading.record;
    return others.n == 0 || has > others.best || other ? ONE_READING : ambiguous(r, &last, others.at);
}

/* ---- the number alone ---- */

static bool read_number(const struct reader *r, size_t from, struct gs1 *record_out) {
    const char *digits = r->data + from;
    size_t n = r->n - from;
    struct reading reading;
    clear(&reading);
    *record_out = reading.record;
    for (size_t i = 0; i < n; i++)
        if (!all_digits(digits + i, 1))
            return refuse(r, from + i, "a barcode of this kind holds digits only");
    if (!gtin_length(n)) return refuse(r, r->n, "%zu digits stand alone: a GTIN has 8, 12, 13 or 14", n);
    char right = gs1_check_digit(digits, n);
    if (digits[n - 1] != right)
        return refuse(r, r->n - 1, "the check digit of the GTIN %.*s is %c, and should be %c: scan again",
                      (int)n, digits, digits[n - 1], right);
    pad_gtin(digits, n, record_out->gtin);
    return true;
}

/* Digits that may be either. */
static bool read_either(const struct reader *r, size_t from, struct gs1 *record_out) {
    struct gs1 elements, number;
    enum outcome outcome = choose(r, from, &elements);
    struct gs1_fault many = *r->fault;
    bool alone = read_number(r, from, &number);
    if (outcome == NO_READING || (outcome == ONE_READING && !alone)) {
        *record_out = outcome == ONE_READING ? elements : number;
        return alone || outcome == ONE_READING;
    }
    if (!alone) return refuse(r, many.at, "%s", many.text);
    int e = outcome == ONE_READING ? agreement(r->known, &elements) : 0, a = agreement(r->known, &number);
    *record_out = a > e ? number : elements;
    if (outcome == ONE_READING && e != a) return true;
    return refuse(
        r, from,
        "this is the GTIN %.*s, or begins with the application identifier %.2s: scan with a scanner that "
        "sends symbology identifiers, or state the GTIN beside the scan",
        (int)(r->n - from), r->data + from, r->data + from);
}

/* ---- what stands in front ---- */

enum form { EITHER, ELEMENTS, NUMBER_ALONE };

static const struct {
    const char *prefix;
    enum form form;
} SYMBOLOGIES[] = {
    {"]C1", ELEMENTS},     /* GS1-128 */
    {"]d2", ELEMENTS},     /* GS1 DataMatrix */
    {"]Q3", ELEMENTS},     /* GS1 QR Code */
    {"]e0", ELEMENTS},     /* GS1 DataBar */
    {"]E0", NUMBER_ALONE}, /* EAN-13, UPC-A */
    {"]E4", NUMBER_ALONE}, /* EAN-8 */
    {"]I1", NUMBER_ALONE}, /* ITF-14, check digit looked at */
};

static bool read_front(const struct reader *r, size_t *from_out, enum form *form_out) {
    *from_out = 0;
    *form_out = EITHER;
    for (size_t i = 0; i < COUNT(SYMBOLOGIES); i++)
        if (r->n >= 3 && memcmp(r->data, SYMBOLOGIES[i].prefix, 3) == 0) {
            *from_out = 3;
            *form_out = SYMBOLOGIES[i].form;
        }
    if (*from_out == 0 && r->n > 0 && r->data[0] == ']')
        return refuse(r, 0,
                      "this barcode is none of GS1's: its symbology identifier is not ]C1, ]d2, ]Q3, ]e0, "
                      "]E0, ]E4 or ]I1");
    if (*form_out == NUMBER_ALONE || *from_out == r->n || r->data[*from_out] != SEPARATOR) return true;
    *form_out = ELEMENTS;
    ++*from_out;
    return true;
}

static bool read_any(struct reader *r, struct gs1 *record_out) {
    size_t from;
    enum form form;
    if (!read_front(r, &from, &form)) return false;
    if (form == NUMBER_ALONE) return read_number(r, from, record_out);
    r->brackets = from < r->n && r->data[from] == '(';
    if (form == EITHER && gtin_length(r->n) && all_digits(r->data, r->n))
        return read_either(r, from, record_out);
    return choose(r, from, record_out) == ONE_READING;
}

enum err gs1_read(const char *data, size_t n, const struct gs1_known *known, struct gs1 *record_out,
                  struct gs1_fault *fault_out) {
    struct reader reader = {.data = data, .n = n, .known = known, .fault = fault_out};
    struct gs1 record;
    if (!read_any(&reader, &record)) return ERR_INVALID;
    *record_out = record;
    return OK;
}

/* ---- writing ---- */

static size_t format_value(const struct ai *ai, const struct gs1 *record, char *text, size_t size) {
    const char *member = (const char *)record + ai->at;
    int64_t number = ai->what == DATE || ai->what == COUNT_OF ? *(const int64_t *)member : 0;
    int year, month, day;
    switch (ai->what) {
    case DATE:
        if (number == NONE) return 0;
        date_split(number, &year, &month, &day);
        return (size_t)snprintf(text, size, "%s%02d%02d%02d", ai->ai, year % 100, month, day);
    case COUNT_OF:
        if (number == NONE) return 0;
        return (size_t)snprintf(text, size, "%s%lld", ai->ai, (long long)number);
    case NUMBER:
    case TEXT:
        break;
    }
    return *member ? (size_t)snprintf(text, size, "%s%s", ai->ai, member) : 0;
}

void gs1_format(const struct gs1 *record, char text[GS1_FORMAT_SIZE]) {
    size_t n = (size_t)snprintf(text, GS1_FORMAT_SIZE, "]C1");
    for (size_t i = 0; i < AI_N; i++) {
        size_t added = format_value(&AIS[i], record, text + n, GS1_FORMAT_SIZE - n);
        n += added;
        if (added && !is_fixed(&AIS[i])) text[n++] = SEPARATOR;
    }
    text[n] = 0;
}
