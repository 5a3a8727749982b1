#include "app/drop_judge.h"
#include "app/drop_scan.h"
#include "base/id.h"
#include "base/text.h"
#include "base/zone.h"
#include "store/store_delivery.h"
#include "store/store_drop.h"

enum err drop_check(struct ctx *c, const struct drop_in *in) {
    for (size_t i = 0; i < in->lines.n; i++) {
        struct drop_line filled;
        TRY(drop_scan_check(c, (const struct drop_line *)in->lines.at + i, i, &filled));
    }
    if (in->bypass == BYPASS_OTHER && !in->note)
        ctx_fault_item(c, "/note", "must say why there is no proof when bypass is other");
    return ctx_faults(c);
}

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the report is too large");
}

/* Units of a product that this attempt was sent out with. */
static int64_t sent_with(const struct list *lines, struct id product_id) {
    const struct delivery_line_row *line = lines->at;
    for (size_t i = 0; i < lines->n; i++)
        if (id_equal(line[i].product_id, product_id)) return line[i].authorised;
    return 0;
}

/* What this attempt still has to bring: its own lines, less what came by another one meanwhile. Of the
 * order's other products nothing: more of them is over, for they are no strangers to the order. */
MUST static enum err promised_lines(struct ctx *c, struct drop_work *work, struct drop_facts *facts) {
    TRY(store_delivery_lines_of(c, work->delivery.id, work->line, work->lines, &work->sent));
    struct promised_line *promised = arena_array(c->arena, work->lines + 1, sizeof *promised);
    if (!promised) return full(c);
    for (size_t i = 0; i < work->lines; i++) {
        const struct order_line_row *of = &work->line[i];
        int64_t sent = sent_with(&work->sent, of->product_id), outstanding = order_outstanding(of);
        promised[i] = (struct promised_line){.product_id = of->product_id,
                                             .critical = of->critical,
                                             .lot_tracked = of->lot_tracked,
                                             .authorised = sent < outstanding ? sent : outstanding,
                                             .shelf_life_min_days = of->shelf_life_min_days};
    }
    facts->promised = promised;
    facts->promised_n = work->lines;
    return OK;
}

static const char *name_stated(struct ctx *c, const struct drop_line *line) {
    char text[ID_TEXT_SIZE];
    if (!id_is_none(line->product_id)) return arena_strdup(c->arena, id_format(line->product_id, text));
    return line->code ? line->code : line->gtin;
}

static bool is_promised(const struct drop_facts *facts, struct id product_id) {
    for (size_t i = 0; i < facts->promised_n; i++)
        if (id_equal(facts->promised[i].product_id, product_id)) return true;
    return false;
}

static bool is_among(const struct list *ids, struct id id) {
    for (size_t i = 0; i < ids->n; i++)
        if (id_equal(((const struct id *)ids->at)[i], id)) return true;
    return false;
}

/* recalled: the order's products of which some lot is. The lots of most need no look. */
MUST static enum err find_recall(struct ctx *c, const struct list *recalled, bool ordered,
                                 const struct drop_line *line, struct stated_line *stated) {
    if (!line->lot || (ordered && !is_among(recalled, stated->product_id))) return OK;
    enum err err = store_drop_recalled(c, stated->product_id, line->lot);
    stated->recalled = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* By id, code or GTIN. What the catalogue does not know is kept as stated, never dropped. */
MUST static enum err resolve(struct ctx *c, const struct drop_facts *facts, const struct list *recalled,
                             const struct drop_line *line, struct stated_line *stated) {
    struct drop_product product = {.id = line->product_id};
    enum err err = OK;
    if (!is_promised(facts, line->product_id))
        err = store_drop_product(c, line->product_id, line->code, line->gtin, &product);
    if (err == ERR_NOT_FOUND) {
        stated->stated = name_stated(c, line);
        return OK;
    }
    if (err != OK) return err;
    stated->product_id = product.id;
    stated->lot_tracked = product.lot_tracked;
    stated->shelf_life_min_days = product.shelf_life_min_days;
    return find_recall(c, recalled, is_promised(facts, product.id), line, stated);
}

MUST static enum err stated_lines(struct ctx *c, const struct drop_work *work, const struct drop_in *in,
                                  struct drop_facts *facts, struct field_event_line **lines_out) {
    struct stated_line *stated = arena_array(c->arena, in->lines.n + 1, sizeof *stated);
    struct field_event_line *row = arena_array(c->arena, in->lines.n + 1, sizeof *row);
    struct list recalled;
    if (!stated || !row) return full(c);
    TRY(store_drop_recalled_products(c, work->order.id, &recalled));
    for (size_t i = 0; i < in->lines.n; i++) {
        struct drop_line filled;
        const struct drop_line *line = &filled;
        TRY(drop_scan_fill(c, (const struct drop_line *)in->lines.at + i, i, &filled));
        int64_t condition = line->condition == NONE ? CONDITION_OK : line->condition;
        stated[i] = (struct stated_line){
            .qty = line->qty, .lot = line->lot, .expiry = line->expiry, .condition = condition};
        TRY(resolve(c, facts, &recalled, line, &stated[i]));
        row[i] = (struct field_event_line){.own_id = work->event.own_id,
                                           .position = (int64_t)i,
                                           .product_id = stated[i].product_id,
                                           .stated = name_stated(c, line),
                                           .qty = line->qty,
                                           .lot = line->lot,
                                           .expiry = line->expiry,
                                           .condition = condition,
                                           .scanned = line->scanned == 1,
                                           .scan = line->scan};
        if (!id_is_none(line->product_id) && !id_is_none(stated[i].product_id)) row[i].stated = NULL;
    }
    facts->stated = stated;
    facts->stated_n = in->lines.n;
    *lines_out = row;
    return OK;
}

/* The names that may receive, asked for only when it was not the patient. */
MUST static enum err listed_names(struct ctx *c, const struct drop_work *work, struct drop_facts *facts) {
    struct list names;
    if (!facts->has_receiver || text_equal(facts->relation, "patient")) return OK;
    TRY(store_drop_receivers(c, work->delivery.patient_id, &names));
    const char **listed = arena_array(c->arena, names.n + 1, sizeof *listed);
    if (!listed) return full(c);
    for (size_t i = 0; i < names.n; i++)
        listed[i] = ((const struct drop_name *)names.at)[i].name;
    facts->listed = listed;
    facts->listed_n = names.n;
    return OK;
}

MUST static enum err where_and_who(struct ctx *c, struct drop_work *work, const struct drop_in *in,
                                   struct drop_facts *facts) {
    struct drop_home home;
    TRY(store_drop_home(c, work->order.id, &home));
    work->stock = (struct stock_kept){work->delivery.patient_id, home.stock, home.cover_until};
    facts->date = zone_date(home.timezone, work->dropped_at);
    facts->home = (struct point){home.lat, home.lon};
    facts->fix = (struct point){NONE, NONE};
    facts->accuracy_m = NONE;
    if (in->location) facts->fix = (struct point){in->location->lat, in->location->lon};
    if (in->location) facts->accuracy_m = in->location->accuracy_m;
    facts->has_receiver = in->received_by != NULL;
    facts->receiver_name = in->received_by ? in->received_by->name : NULL;
    facts->relation = in->received_by ? in->received_by->relation : NULL;
    facts->has_proof = in->evidence.n > 0 || in->bypass != NONE;
    return listed_names(c, work, facts);
}

static void set_distance(struct point home, const struct fix *fix, struct field_event *event) {
    event->distance_m = event->accuracy_m = NONE;
    if (!fix) return;
    event->accuracy_m = fix->accuracy_m;
    if (home.lat == NONE || home.lon == NONE) return;
    event->distance_m = (int64_t)(place_distance_m(home, (struct point){fix->lat, fix->lon}) + 0.5);
}

enum err drop_measure(struct ctx *c, struct id order_id, const struct fix *fix, struct field_event *event) {
    struct drop_home home;
    if (!fix) return OK;
    TRY(store_drop_home(c, order_id, &home));
    set_distance((struct point){home.lat, home.lon}, fix, event);
    return OK;
}

enum err drop_judge(struct ctx *c, struct drop_work *work, const struct drop_in *in,
                    struct field_event_line **lines_out, struct verdict *verdict_out) {
    struct drop_facts facts = {0};
    facts.order_closed = work->order.state == ORDER_CANCELLED || work->order.state == ORDER_SKIPPED;
    TRY(promised_lines(c, work, &facts));
    TRY(stated_lines(c, work, in, &facts, lines_out));
    TRY(where_and_who(c, work, in, &facts));
    if (reconcile(c->arena, c->rules, &facts, verdict_out) != OK) return full(c);
    work->event.bypass = in->bypass;
    work->event.place = verdict_out->place;
    set_distance(facts.home, in->location, &work->event);
    work->event.receiver_known = verdict_out->receiver_known;
    return OK;
}
