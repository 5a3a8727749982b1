#include "store/audit_block.h"
#include "base/bytes.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/db_rows.h"
#include <stdlib.h>
#include <string.h>

/* A block is three parts: numbers, texts, and what looks random (sums, digests, ids that others made). The
 * first two are packed each for itself, since one kind spoils the statistics of the other. Columns stand one
 * after the other, because a column's values are like each other. Ids are numbers in a list of all ids of the
 * block, which is sorted, so that an id of ours takes what it is away from the one before. */

enum { NUMBERS, TEXTS, RANDOM, PARTS };
#define WORDS_MAX (3 * AUDIT_BLOCK)
#define UUID_TEXT (ID_TEXT_SIZE - 1)
/* In a change: the next number is an id, which stood there as a UUID; the next byte is meant as it is. */
#define ID_HERE 1
#define AS_IT_IS 2

struct packing {
    struct arena *arena;
    struct text part[PARTS];
    struct id *id; /* sorted, no two alike */
    size_t ids, ids_cap;
    const char *word[WORDS_MAX]; /* in the order of their first use */
    size_t words;
    bool failed;
};

struct unpacking {
    struct arena *arena;
    struct bytes part[PARTS];
    struct id *id;
    size_t ids;
    const char *word[WORDS_MAX];
    size_t words;
};

/* ---- ids ---- */

static void add_id(struct packing *p, struct id id) {
    if (p->ids == p->ids_cap) {
        size_t cap = p->ids_cap ? 2 * p->ids_cap : 4 * AUDIT_BLOCK;
        struct id *more = arena_array(p->arena, cap, sizeof *more);
        p->failed |= !more;
        if (!more) return;
        if (p->ids) memcpy(more, p->id, p->ids * sizeof *more);
        p->id = more;
        p->ids_cap = cap;
    }
    p->id[p->ids++] = id;
}

/* The UUID that a text has at `at`, as this program writes one that it made. */
static bool id_at(const char *at, struct id *id_out) {
    char text[ID_TEXT_SIZE], again[ID_TEXT_SIZE];
    uint8_t short_form[ID_SHORT_SIZE];
    if (at[0] != '0' || strnlen(at, UUID_TEXT) < UUID_TEXT || at[8] != '-' || at[13] != '-') return false;
    memcpy(text, at, UUID_TEXT);
    text[UUID_TEXT] = 0;
    return id_parse(text, id_out) && strcmp(id_format(*id_out, again), text) == 0 &&
           id_shorten(id_out, short_form);
}

static void add_ids_of(struct packing *p, const char *change) {
    struct id id;
    while (*change) {
        bool is_id = id_at(change, &id);
        if (is_id) add_id(p, id);
        change += is_id ? UUID_TEXT : 1;
    }
}

static void gather_ids(struct packing *p, const struct audit_row *rows) {
    for (size_t i = 0; i < AUDIT_BLOCK && !p->failed; i++) {
        if (!id_is_none(rows[i].actor_id)) add_id(p, rows[i].actor_id);
        add_id(p, rows[i].entity_id);
        add_id(p, rows[i].request_id);
        add_ids_of(p, rows[i].change);
    }
    if (p->failed) return;
    size_t kept = 1;
    qsort(p->id, p->ids, sizeof *p->id, id_compare_at);
    for (size_t i = 1; i < p->ids; i++)
        if (!id_equal(p->id[i], p->id[kept - 1])) p->id[kept++] = p->id[i];
    p->ids = kept;
}

static uint64_t place_of(const uint8_t short_form[ID_SHORT_SIZE]) {
    uint64_t place = 0;
    for (int i = 0; i < ID_SHORT_SIZE; i++)
        place = place << 8 | short_form[i];
    return place;
}

/* 0 and the id itself, or how far it is from the last one that has a short form. */
static void put_ids(struct packing *p) {
    uint8_t short_form[ID_SHORT_SIZE];
    uint64_t before = 0;
    bytes_add_number(&p->part[NUMBERS], p->ids);
    for (size_t i = 0; i < p->ids; i++) {
        bool is_short = id_shorten(&p->id[i], short_form) && place_of(short_form) > before;
        bytes_add_number(&p->part[NUMBERS], is_short ? place_of(short_form) - before : 0);
        if (is_short)
            before = place_of(short_form);
        else
            text_add(&p->part[RANDOM], (const char *)p->id[i].b, sizeof p->id[i].b);
    }
}

static struct id lengthen(uint64_t place) {
    uint8_t short_form[ID_SHORT_SIZE];
    for (int i = ID_SHORT_SIZE; i-- > 0; place >>= 8)
        short_form[i] = (uint8_t)place;
    return id_lengthen(short_form);
}

static void get_ids(struct unpacking *u) {
    struct bytes *numbers = &u->part[NUMBERS];
    uint64_t n = bytes_number(numbers), before = 0, step;
    if (n > (uint64_t)(numbers->end - numbers->at)) n = 0; /* none takes less than a byte */
    u->id = arena_array(u->arena, (size_t)n + 1, sizeof *u->id);
    for (; u->id && u->ids < n; u->ids++) {
        step = bytes_number(numbers);
        struct blob whole = step == 0 ? bytes_take(&u->part[RANDOM], sizeof(struct id)) : (struct blob){0};
        before += step;
        if (whole.at)
            memcpy(&u->id[u->ids], whole.at, whole.n);
        else
            u->id[u->ids] = lengthen(before);
    }
}

static uint64_t number_of(const struct packing *p, struct id id) {
    const struct id *found = bsearch(&id, p->id, p->ids, sizeof *p->id, id_compare_at);
    return (uint64_t)(found - p->id);
}

static struct id get_id(struct unpacking *u, uint64_t number) {
    if (number < u->ids) return u->id[number];
    u->part[NUMBERS].bad = true;
    return (struct id){{0}};
}

/* ---- words: a number that is new brings its word ---- */

static void put_word(struct packing *p, const char *word) {
    size_t i = 0;
    p->failed |= !word;
    if (!word) return;
    while (i < p->words && strcmp(p->word[i], word) != 0)
        i++;
    bytes_add_number(&p->part[NUMBERS], i);
    if (i < p->words) return;
    p->word[p->words++] = word;
    text_add(&p->part[TEXTS], word, strlen(word) + 1);
}

static const char *get_word(struct unpacking *u) {
    uint64_t i = bytes_number(&u->part[NUMBERS]);
    if (i == u->words && u->words < WORDS_MAX) u->word[u->words++] = bytes_text(&u->part[TEXTS]);
    if (i < u->words) return u->word[i];
    u->part[NUMBERS].bad = true;
    return "";
}

/* ---- changes ---- */

static void put_change(struct packing *p, const char *change) {
    struct text *texts = &p->part[TEXTS];
    struct id id;
    while (*change) {
        bool is_id = id_at(change, &id);
        if (is_id) {
            text_char(texts, ID_HERE);
            bytes_add_number(texts, number_of(p, id));
        } else {
            if (*change == ID_HERE || *change == AS_IT_IS) text_char(texts, AS_IT_IS);
            text_char(texts, *change);
        }
        change += is_id ? UUID_TEXT : 1;
    }
    text_add(texts, "", 1);
}

static const char *get_change(struct unpacking *u) {
    struct bytes *texts = &u->part[TEXTS];
    struct text change = text_in(u->arena);
    char id[ID_TEXT_SIZE];
    text_str(&change, "");
    for (uint8_t byte; !texts->bad && texts->at < texts->end && (byte = *texts->at++) != 0;) {
        if (byte == ID_HERE)
            text_str(&change, id_format(get_id(u, bytes_number(texts)), id));
        else if (byte != AS_IT_IS)
            text_char(&change, (char)byte);
        else if (texts->at < texts->end)
            text_char(&change, (char)*texts->at++);
    }
    texts->bad |= change.failed;
    return change.at;
}

/* ---- sums of rows ---- */

static bool is_short_sum(struct blob rows) {
    return rows.n > DB_ROWS_TOTAL && rows.n % DB_ROWS_PER_TABLE == 1 && rows.at[DB_ROWS_TOTAL] == 1;
}

static uint16_t low_16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* The lowest bits of the total are those of the tables' sums together: so the last one follows from the
 * others. `tables` is the first of n. */
static uint16_t last_sum(const uint8_t *total, const uint8_t *tables, size_t n) {
    uint16_t rest = low_16(total);
    for (size_t i = 0; i + 1 < n; i++)
        rest = (uint16_t)(rest - low_16(tables + i * DB_ROWS_PER_TABLE + DB_ROWS_KEY));
    return rest;
}

static bool follows(const uint8_t *sums, size_t tables) {
    const uint8_t *first = sums + DB_ROWS_TOTAL + 1;
    return tables > 0 &&
           last_sum(sums, first, tables) == low_16(first + (tables - 1) * DB_ROWS_PER_TABLE + DB_ROWS_KEY);
}

static void put_other(struct packing *p, struct blob rows) {
    bytes_add_number(&p->part[NUMBERS], rows.at ? 1 : 0);
    if (!rows.at) return;
    bytes_add_number(&p->part[NUMBERS], rows.n);
    text_add(&p->part[RANDOM], (const char *)rows.at, rows.n);
}

/* 0: none. 1: any bytes, their length and they themselves. Else two more than the number of tables, the
 * total, their keys, and the sums of all but the last. */
static void put_sums(struct packing *p, struct blob rows) {
    size_t tables = is_short_sum(rows) ? (rows.n - DB_ROWS_TOTAL - 1) / DB_ROWS_PER_TABLE : 0;
    if (!follows(rows.at, tables)) {
        put_other(p, rows);
        return;
    }
    const char *at = (const char *)rows.at;
    bytes_add_number(&p->part[NUMBERS], tables + 2);
    text_add(&p->part[RANDOM], at, DB_ROWS_TOTAL);
    at += DB_ROWS_TOTAL + 1;
    for (size_t i = 0; i < tables; i++, at += DB_ROWS_PER_TABLE) {
        text_add(&p->part[NUMBERS], at, DB_ROWS_KEY);
        if (i + 1 < tables) text_add(&p->part[RANDOM], at + DB_ROWS_KEY, DB_ROWS_PER_TABLE - DB_ROWS_KEY);
    }
}

static struct blob get_other(struct unpacking *u) {
    return bytes_take(&u->part[RANDOM], bytes_number(&u->part[NUMBERS]));
}

static void copy(uint8_t *to, struct bytes *from, size_t n) {
    struct blob bytes = bytes_take(from, n);
    if (bytes.at) memcpy(to, bytes.at, n);
}

static struct blob get_sums(struct unpacking *u) {
    uint64_t number = bytes_number(&u->part[NUMBERS]);
    if (number == 0) return (struct blob){NULL, 0};
    if (number == 1) return get_other(u);
    size_t tables = number - 2 <= DB_ROWS_TABLES ? (size_t)number - 2 : 0;
    size_t n = DB_ROWS_TOTAL + 1 + tables * DB_ROWS_PER_TABLE;
    uint8_t *sums = tables ? arena_alloc(u->arena, n) : NULL;
    u->part[NUMBERS].bad |= !sums;
    if (!sums) return (struct blob){NULL, 0};
    uint8_t *first = sums + DB_ROWS_TOTAL + 1, *last = sums + n - DB_ROWS_PER_TABLE;
    copy(sums, &u->part[RANDOM], DB_ROWS_TOTAL);
    sums[DB_ROWS_TOTAL] = 1;
    for (uint8_t *at = first; at <= last; at += DB_ROWS_PER_TABLE) {
        copy(at, &u->part[NUMBERS], DB_ROWS_KEY);
        if (at < last) copy(at + DB_ROWS_KEY, &u->part[RANDOM], DB_ROWS_PER_TABLE - DB_ROWS_KEY);
    }
    uint16_t rest = last_sum(sums, first, tables);
    last[DB_ROWS_KEY] = (uint8_t)rest;
    last[DB_ROWS_KEY + 1] = (uint8_t)(rest >> 8);
    return (struct blob){sums, n};
}

/* ---- columns, one after the other; `before` is the event before, or a blank one ---- */

static uint64_t id_or_none(const struct packing *p, struct id id, bool is_none) {
    return is_none ? 0 : number_of(p, id) + 1;
}

static struct id get_id_or(struct unpacking *u, struct id none) {
    uint64_t number = bytes_number(&u->part[NUMBERS]);
    return number == 0 ? none : get_id(u, number - 1);
}

static void put_at(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    bytes_add_signed(&p->part[NUMBERS], (int64_t)((uint64_t)row->at - (uint64_t)before->at));
}

static void get_at(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    row->at = (int64_t)((uint64_t)before->at + (uint64_t)bytes_signed(&u->part[NUMBERS]));
}

static void put_actor(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    (void)before;
    bytes_add_number(&p->part[NUMBERS], id_or_none(p, row->actor_id, id_is_none(row->actor_id)));
}

static void get_actor(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    (void)before;
    row->actor_id = get_id_or(u, (struct id){{0}});
}

static void put_entity_id(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    (void)before;
    bytes_add_number(&p->part[NUMBERS], number_of(p, row->entity_id));
}

static void get_entity_id(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    (void)before;
    row->entity_id = get_id(u, bytes_number(&u->part[NUMBERS]));
}

/* Events of one request follow each other. */
static void put_request(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    bool is_same = id_equal(row->request_id, before->request_id);
    bytes_add_number(&p->part[NUMBERS], id_or_none(p, row->request_id, is_same));
}

static void get_request(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    row->request_id = get_id_or(u, before->request_id);
}

static void put_words(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    (void)before;
    put_word(p, names_word(&role_names, row->role));
    put_word(p, row->action);
    put_word(p, row->entity);
}

static void get_words(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    (void)before;
    row->role = names_value(&role_names, get_word(u));
    row->action = get_word(u);
    row->entity = get_word(u);
    u->part[NUMBERS].bad |= row->role == NONE;
}

static void put_version(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    (void)before;
    bytes_add_signed(&p->part[NUMBERS], row->entity_version);
}

static void get_version(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    (void)before;
    row->entity_version = bytes_signed(&u->part[NUMBERS]);
}

static void put_digest(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    (void)before;
    bytes_add_number(&p->part[NUMBERS], row->reason_digest.n);
    if (row->reason_digest.n)
        text_add(&p->part[RANDOM], (const char *)row->reason_digest.at, row->reason_digest.n);
}

static void get_digest(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    (void)before;
    uint64_t n = bytes_number(&u->part[NUMBERS]);
    row->reason_digest = n ? bytes_take(&u->part[RANDOM], n) : (struct blob){NULL, 0};
}

static void put_the_change(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    (void)before;
    put_change(p, row->change);
}

static void get_the_change(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    (void)before;
    row->change = get_change(u);
}

static void put_rows(struct packing *p, const struct audit_row *row, const struct audit_row *before) {
    (void)before;
    put_sums(p, row->rows);
}

static void get_rows(struct unpacking *u, struct audit_row *row, const struct audit_row *before) {
    (void)before;
    row->rows = get_sums(u);
}

static const struct {
    void (*put)(struct packing *p, const struct audit_row *row, const struct audit_row *before);
    void (*get)(struct unpacking *u, struct audit_row *row, const struct audit_row *before);
} COLUMN[] = {
    {put_at, get_at},           {put_actor, get_actor},           {put_entity_id, get_entity_id},
    {put_request, get_request}, {put_words, get_words},           {put_version, get_version},
    {put_digest, get_digest},   {put_the_change, get_the_change}, {put_rows, get_rows},
};

/* ---- a block ---- */

static const struct audit_row BLANK;

static struct blob blob_of(const struct text *text) {
    return (struct blob){(const uint8_t *)(text->n ? text->at : ""), text->n};
}

static struct blob join(struct packing *p) {
    struct text block = text_in(p->arena);
    for (int i = 0; i < PARTS; i++) {
        struct blob part = blob_of(&p->part[i]);
        if (i != RANDOM) part = bytes_zip(p->arena, part);
        p->failed |= !part.at || p->part[i].failed;
        bytes_add_number(&block, part.n);
        if (part.at) text_add(&block, (const char *)part.at, part.n);
    }
    return p->failed || block.failed ? (struct blob){NULL, 0} : blob_of(&block);
}

static bool is_whole(const struct audit_row *rows) {
    for (size_t i = 0; i < AUDIT_BLOCK; i++)
        if (rows[i].seq != rows[0].seq + (int64_t)i || !rows[i].change || rows[i].role == NONE) return false;
    return (rows[0].seq - 1) % AUDIT_BLOCK == 0;
}

struct blob audit_block_pack(struct arena *arena, const struct audit_row *rows) {
    struct packing *p = arena_alloc(arena, sizeof *p);
    if (!p || !is_whole(rows)) return (struct blob){NULL, 0};
    p->arena = arena;
    for (int i = 0; i < PARTS; i++)
        p->part[i] = text_in(arena);
    gather_ids(p, rows);
    if (p->failed) return (struct blob){NULL, 0};
    put_ids(p);
    for (size_t column = 0; column < COUNT(COLUMN); column++)
        for (size_t i = 0; i < AUDIT_BLOCK; i++)
            COLUMN[column].put(p, &rows[i], i ? &rows[i - 1] : &BLANK);
    return join(p);
}

static bool split(struct unpacking *u, struct blob packed) {
    struct bytes block = bytes_of(packed);
    for (int i = 0; i < PARTS; i++) {
        struct blob part = bytes_take(&block, bytes_number(&block));
        if (i != RANDOM && part.at) part = bytes_unzip(u->arena, part, LIMIT_AUDIT_BLOCK);
        if (!part.at) return false;
        u->part[i] = bytes_of(part);
    }
    return !block.bad && block.at == block.end;
}

/* Everything was read, and nothing is left. */
static bool is_read(const struct unpacking *u) {
    for (int i = 0; i < PARTS; i++)
        if (u->part[i].bad || u->part[i].at != u->part[i].end) return false;
    return true;
}

struct audit_row *audit_block_unpack(struct arena *arena, int64_t number, struct blob packed) {
    struct unpacking *u = arena_alloc(arena, sizeof *u);
    struct audit_row *rows = arena_array(arena, AUDIT_BLOCK, sizeof *rows);
    if (!u || !rows) return NULL;
    u->arena = arena;
    if (!packed.at || !split(u, packed)) return NULL;
    get_ids(u);
    if (!u->id) return NULL;
    for (size_t column = 0; column < COUNT(COLUMN); column++)
        for (size_t i = 0; i < AUDIT_BLOCK; i++)
            COLUMN[column].get(u, &rows[i], i ? &rows[i - 1] : &BLANK);
    for (size_t i = 0; i < AUDIT_BLOCK; i++)
        rows[i].seq = number * AUDIT_BLOCK + 1 + (int64_t)i;
    return is_read(u) ? rows : NULL;
}
