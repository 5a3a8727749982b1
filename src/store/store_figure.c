#include "store/store_figure.h"
#include "base/id.h"
#include "db/db.h"

/* An id that is none is no bytes in a key, which has no nulls. */
#define COLS "whose, span, begins, CASE WHEN length(id) > 0 THEN id END AS id, counts"
#define KEY "whose = $1 AND span = $2 AND begins = $3 AND id = $4"
#define BETWEEN "whose = $1 AND span = $2 AND begins BETWEEN $3 AND $4"

enum { STATE, STATE_SET, NEXT_DAY, GET, SET, REMOVE, EACH, EACH_ID, OUTSIDE, OPEN_ADD, OPEN_REMOVE };
static const struct db_stmt S[] = {
    [STATE] = {"figure.state", "SELECT through, known_from FROM figure_state WHERE one = 1", NULL},
    [STATE_SET] = {"figure.state-set",
                   "INSERT INTO figure_state (one, through, known_from) VALUES (1, $1, $2) "
                   "ON CONFLICT (one) DO UPDATE SET through = $1, known_from = $2",
                   "through known_from"},
    [NEXT_DAY] = {"figure.next-day",
                  "SELECT due_on FROM commitment WHERE due_on > COALESCE(CAST($1 AS BIGINT), -1000000) "
                  "AND known_until = 9223372036854775807 ORDER BY due_on LIMIT 1",
                  NULL},
    [GET] = {"figure.get", "SELECT " COLS " FROM figure WHERE " KEY, NULL},
    [SET] = {"figure.set",
             "INSERT INTO figure (whose, span, begins, id, counts) VALUES ($1, $2, $3, $4, $5) "
             "ON CONFLICT (whose, span, begins, id) DO UPDATE SET counts = $5",
             NULL},
    [REMOVE] = {"figure.remove", "DELETE FROM figure WHERE " KEY, NULL},
    [EACH] = {"figure.each", "SELECT " COLS " FROM figure WHERE " BETWEEN " ORDER BY whose, span, begins, id",
              NULL},
    [EACH_ID] = {"figure.each-id",
                 "SELECT " COLS " FROM figure WHERE " BETWEEN " AND id = $5 ORDER BY whose, span, begins, id",
                 NULL},
    [OUTSIDE] = {"figure.outside", "SELECT COUNT(*) FROM figure WHERE begins < $1 OR begins > $2", NULL},
    [OPEN_ADD] = {"figure.open-add",
                  "INSERT INTO figure_open (order_id) VALUES ($1) ON CONFLICT (order_id) DO NOTHING", NULL},
    [OPEN_REMOVE] = {"figure.open-remove", "DELETE FROM figure_open WHERE order_id = $1", NULL},
};

static const struct field STATE_FIELDS[] = {FIELD(struct figure_state, K_DATE, through),
                                            FIELD(struct figure_state, K_INSTANT, known_from)};
static const struct shape state_shape = SHAPE("figure_state", struct figure_state, STATE_FIELDS);

struct figure_row {
    struct figure figure;
    struct blob counts;
};
#define ROW(kind_, name_, ...) FIELD_AS(struct figure_row, kind_, name_, __VA_ARGS__)
static const struct field ROW_FIELDS[] = {ROW(K_ENUM, "whose", figure.whose, .names = &figure_whose_names),
                                          ROW(K_ENUM, "span", figure.span, .names = &figure_span_names),
                                          ROW(K_DATE, "begins", figure.begins), ROW(K_ID, "id", figure.id),
                                          ROW(K_HEX, "counts", counts)};
static const struct shape row_shape = SHAPE("figure", struct figure_row, ROW_FIELDS);

/* ---- how far they go ---- */

enum err store_figure_state(struct ctx *c, struct figure_state *state_out) {
    struct figure_state none = {NONE, NONE};
    enum err err = db_one(c, &S[STATE], NO_ARGS, &state_shape, state_out);
    if (err == ERR_NOT_FOUND) *state_out = none;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err store_figure_state_set(struct ctx *c, const struct figure_state *state) {
    return db_exec_row(c, &S[STATE_SET], &state_shape, state, NULL);
}

enum err store_figure_next_day(struct ctx *c, const struct figure_state *state, int64_t *date_out) {
    return db_value(c, &S[NEXT_DAY], ARGS(db_int(state->through)), date_out);
}

/* ---- sums ---- */

static struct db_arg id_in_key(const struct id *id) {
    return id_is_none(*id) ? db_blob("", 0) : db_id(id);
}

#define KEY_OF(figure)                                                                          \
    db_word(&figure_whose_names, (figure)->whose), db_word(&figure_span_names, (figure)->span), \
        db_int((figure)->begins), id_in_key(&(figure)->id)

MUST static enum err unpack(struct ctx *c, struct figure_row *row) {
    if (figure_read(row->counts, &row->figure.kpi)) return OK;
    return FAIL(c, ERR_CORRUPT, "db.corrupt", "a row of table figure holds no counts");
}

MUST static enum err set(struct ctx *c, const struct figure *figure) {
    uint8_t bytes[FIGURE_BYTES];
    size_t n = figure_write(&figure->kpi, bytes);
    if (figure_commitments(&figure->kpi) == 0) return db_exec(c, &S[REMOVE], ARGS(KEY_OF(figure)), NULL);
    return db_exec(c, &S[SET], ARGS(KEY_OF(figure), db_blob(bytes, n)), NULL);
}

enum err store_figure_add(struct ctx *c, const struct figure *change) {
    struct figure_row row;
    struct figure sum = *change;
    if (figure_is_zero(change)) return OK;
    enum err err = db_one(c, &S[GET], ARGS(KEY_OF(change)), &row_shape, &row);
    if (err == OK) {
        TRY(unpack(c, &row));
        kpi_sum(&sum.kpi, &row.figure.kpi);
    } else if (err != ERR_NOT_FOUND) {
        return err;
    }
    return set(c, &sum);
}

enum err store_figure_open_add(struct ctx *c, struct id order_id) {
    return db_exec(c, &S[OPEN_ADD], ARGS(db_id(&order_id)), NULL);
}

/* ---- what a change of a commitment does to them ---- */

MUST static enum err replace_one(struct ctx *c, const struct commitment *was, const struct commitment *is,
                                 enum figure_whose whose, enum figure_span span) {
    struct figure more = is ? figure_of(is, whose, span) : figure_of(was, whose, span);
    struct figure less = was ? figure_of(was, whose, span) : more;
    if (!is) more.kpi = (struct kpi){0};
    if (!was) less.kpi = (struct kpi){0};
    if (figure_same_key(&more, &less)) {
        figure_subtract(&more.kpi, &less.kpi);
        return store_figure_add(c, &more);
    }
    struct figure taken = less;
    taken.kpi = (struct kpi){0};
    figure_subtract(&taken.kpi, &less.kpi);
    TRY(store_figure_add(c, &taken));
    return store_figure_add(c, &more);
}

MUST static enum err replace_open(struct ctx *c, const struct commitment *was, const struct commitment *is) {
    bool was_open = was && !figure_is_settled(was), is_open = is && !figure_is_settled(is);
    if (is_open && !was_open) return store_figure_open_add(c, is->order_id);
    if (was_open && !is_open) return db_exec(c, &S[OPEN_REMOVE], ARGS(db_id(&was->order_id)), NULL);
    return OK;
}

static const struct commitment *if_summed(const struct commitment *row, const struct figure_state *state) {
    return row && state->through != NONE && row->due_on <= state->through ? row : NULL;
}

enum err store_figure_replace(struct ctx *c, const struct commitment *was, const struct commitment *is) {
    struct figure_state state;
    TRY(store_figure_state(c, &state));
    was = if_summed(was, &state);
    is = if_summed(is, &state);
    if (!was && !is) return OK;
    for (enum figure_whose whose = 0; whose < FIGURE_WHOSE; whose++)
        for (enum figure_span span = 0; span < FIGURE_SPANS; span++)
            TRY(replace_one(c, was, is, whose, span));
    TRY(replace_open(c, was, is));
    if (!is || is->known_from <= state.known_from) return OK;
    state.known_from = is->known_from;
    return store_figure_state_set(c, &state);
}

/* ---- reading ---- */

struct reading {
    enum err (*row)(struct ctx *c, void *figure, void *user);
    void *user;
};

static enum err read_row(struct ctx *c, void *record, void *user) {
    struct figure_row *row = record;
    const struct reading *reading = user;
    TRY(unpack(c, row));
    return reading->row(c, &row->figure, reading->user);
}

enum err store_figure_each(struct ctx *c, enum figure_whose whose, enum figure_span span, int64_t from,
                           int64_t to, struct id id, enum err (*row)(struct ctx *c, void *figure, void *user),
                           void *user) {
    struct figure_row record;
    struct reading reading = {row, user};
    const struct db_arg args[] = {db_word(&figure_whose_names, whose), db_word(&figure_span_names, span),
                                  db_int(from), db_int(to), db_id(&id)};
    bool all = id_is_none(id);
    return db_each(c, &S[all ? EACH : EACH_ID], args, all ? 4 : 5, &row_shape, &record, read_row, &reading);
}

enum err store_figure_outside(struct ctx *c, int64_t from, int64_t to, int64_t *rows_out) {
    return db_value(c, &S[OUTSIDE], ARGS(db_int(from), db_int(to)), rows_out);
}
