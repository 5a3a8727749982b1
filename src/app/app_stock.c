#include "app/app_stock.h"
#include "base/id.h"
#include "base/log.h"
#include "domain/stock.h"
#include "domain/suggest.h"
#include "store/store_stock.h"
#include <string.h>

/* The use of one product from each version on. A version that does not name it ends its use; of two versions
 * from the same date the later one holds. */
static size_t use_of(const struct list *uses, struct id product_id, struct use_since *use) {
    const struct stock_use_row *row = uses->at;
    size_t n = 0;
    for (size_t i = 0; i < uses->n; i++) {
        bool version_begins = i == 0 || !id_equal(row[i].prescription_id, row[i - 1].prescription_id);
        if (version_begins && (n == 0 || use[n - 1].from != row[i].effective_from)) n++;
        if (version_begins) use[n - 1] = (struct use_since){row[i].effective_from, 0};
        if (id_equal(row[i].product_id, product_id)) use[n - 1].use_per_day = row[i].use_per_day;
    }
    return n;
}

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "this patient has more prescriptions than fit");
}

MUST static enum err unreadable(struct ctx *c) {
    return FAIL(c, ERR_CORRUPT, "db.corrupt", "what is kept of a patient's stock cannot be read");
}

/* All versions, and room for what one product makes of them. */
MUST static enum err load_uses(struct ctx *c, struct id patient_id, struct list *uses_out,
                               struct use_since **room_out) {
    TRY(store_stock_use(c, patient_id, uses_out));
    *room_out = arena_array(c->arena, uses_out->n + 1, sizeof **room_out);
    return *room_out ? OK : full(c);
}

/* A product in use that was never counted is left out: it can only make the cover shorter. The prescriptions
 * are asked when the use of one changes. */
MUST static enum err least_cover(struct ctx *c, struct id patient_id, const struct stock_now *now, size_t n,
                                 int64_t *date_out) {
    struct list uses;
    struct use_since *use = NULL;
    *date_out = NONE;
    for (size_t i = 0; i < n; i++) {
        const struct use_since always = {now[i].date, now[i].use_per_day};
        int64_t until = cover_until(now[i].date, now[i].units, &always, 1);
        if (now[i].use_per_day == NONE) {
            if (!use) TRY(load_uses(c, patient_id, &uses, &use));
            size_t versions = use_of(&uses, now[i].product_id, use);
            until = cover_until(now[i].date, now[i].units, use, versions);
        }
        if (until != NONE && (*date_out == NONE || until < *date_out)) *date_out = until;
    }
    return OK;
}

MUST static enum err reckon(struct ctx *c, struct id patient_id, const struct stock_now *now, size_t n,
                            struct stock_kept *kept_out) {
    *kept_out = (struct stock_kept){.patient_id = patient_id, .cover_until = NONE};
    if (n == 0) return OK; /* never counted: nothing is kept */
    kept_out->stock = stock_pack(c->arena, now, n);
    if (!kept_out->stock.at) return full(c);
    return least_cover(c, patient_id, now, n, &kept_out->cover_until);
}

static struct stock_now now_of(const struct stock_row *row, int64_t use_per_day) {
    return (struct stock_now){row->product_id, row->date, row->at, row->on_hand, row->on_hand + row->accepted,
                              use_per_day};
}

/* From the rows that were written, whatever is kept. */
MUST static enum err reckon_anew(struct ctx *c, struct id patient_id, struct stock_kept *kept_out) {
    struct list uses, last;
    struct use_since *use;
    TRY(load_uses(c, patient_id, &uses, &use));
    TRY(store_stock_last(c, patient_id, &uses, &last));
    struct stock_now *now = arena_array(c->arena, last.n + 1, sizeof *now);
    if (!now) return full(c);
    for (size_t i = 0; i < last.n; i++) {
        const struct stock_row *row = (const struct stock_row *)last.at + i;
        int64_t always = use_always(use, use_of(&uses, row->product_id, use), row->date);
        now[i] = now_of(row, always);
    }
    return reckon(c, patient_id, now, last.n, kept_out);
}

enum err app_stock_refresh(struct ctx *c, struct id patient_id) {
    struct stock_kept kept;
    TRY(reckon_anew(c, patient_id, &kept));
    return store_stock_keep(c, &kept);
}

/* As stock.accepted has it: by the time that figures use; of a drop that completed nothing, by the earlier of
 * both clocks. */
static int64_t came_at(const struct field_event *event) {
    if (event->completed_at != NONE) return event->completed_at;
    return event->at < event->received_at ? event->at : event->received_at;
}

static void add(struct stock_now *now, size_t n, int64_t at, const struct field_event_line *line) {
    if (line->condition != CONDITION_OK) return;
    for (size_t i = 0; i < n; i++)
        if (id_equal(now[i].product_id, line->product_id) && at > now[i].at) now[i].units += line->qty;
}

enum err app_stock_add(struct ctx *c, const struct stock_kept *before, const struct field_event *event,
                       struct list lines) {
    struct stock_kept kept;
    struct stock_now *now;
    size_t products;
    REQUIRE(event->kind == EVENT_CONFIRMATION);
    if (!before->stock.at) return app_stock_refresh(c, before->patient_id);
    if (!stock_unpack(c->arena, before->stock, &now, &products)) return unreadable(c);
    for (size_t i = 0; i < lines.n; i++)
        add(now, products, came_at(event), (const struct field_event_line *)lines.at + i);
    TRY(reckon(c, before->patient_id, now, products, &kept));
    return store_stock_keep(c, &kept);
}

enum err app_stock_is_right(struct ctx *c, const struct stock_kept *kept, bool *right_out) {
    struct stock_kept right;
    TRY(reckon_anew(c, kept->patient_id, &right));
    *right_out = right.stock.at && kept->cover_until == right.cover_until && kept->stock.n == right.stock.n &&
                 memcmp(kept->stock.at, right.stock.at, right.stock.n) == 0;
    return OK;
}

MUST static enum err from_counts(struct ctx *c, struct id patient_id, struct id product_id,
                                 struct stock_now *now_out) {
    struct stock_row row;
    enum err err = store_stock_of_product(c, patient_id, product_id, &row);
    if (err == OK) *now_out = now_of(&row, NONE);
    return err;
}

enum err app_stock_now(struct ctx *c, struct id patient_id, struct blob kept, struct id product_id,
                       struct stock_now *now_out) {
    struct stock_now *now;
    size_t products;
    /* what cannot be read is the verification's to tell: a recall reads the counts */
    if (!kept.at || !stock_unpack(c->arena, kept, &now, &products))
        return from_counts(c, patient_id, product_id, now_out);
    for (size_t i = 0; i < products; i++) {
        *now_out = now[i];
        if (id_equal(now[i].product_id, product_id)) return OK;
    }
    return from_counts(c, patient_id, product_id, now_out);
}

enum err app_stock_used(struct ctx *c, struct id patient_id, const struct stock_now *now, int64_t until,
                        int64_t *milli_out) {
    const struct use_since always = {now->date, now->use_per_day};
    struct list uses;
    struct use_since *use;
    if (now->use_per_day != NONE) {
        *milli_out = use_between(&always, 1, now->date, until);
        return OK;
    }
    TRY(load_uses(c, patient_id, &uses, &use));
    *milli_out = use_between(use, use_of(&uses, now->product_id, use), now->date, until);
    return OK;
}
