/* Drops whose lines carry the barcode: what it fills in, what must agree with it, what is kept. */
#include "app/app_catalogue.h"
#include "app/app_drop.h"
#include "base/date.h"
#include "base/id.h"
#include "json/json.h"
#include "store/store_drop.h"
#include "world_order.h"

#define GS "\x1d"
#define BAG "0109312345000012" /* product 0 of the world */
#define OTHER "0109312345000029"
#define UNKNOWN "0109312345000098"

static const int64_t UNITS[] = {120, 45, 150};

struct scanned {
    struct world *w;
    struct id order, delivery;
};

static struct scanned on_road(void) {
    struct scanned s = {.w = world_make()};
    s.order = world_order(s.w, 0, "2026-03-16", UNITS, 3);
    s.delivery = world_book(s.w, s.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(s.w, s.delivery, 0);
    world_at(s.w, "2026-03-11T22:00:00Z");
    return s;
}

static struct drop_line line_of(const char *scan, int64_t qty) {
    struct drop_line line;
    shape_clear(&drop_line_shape, &line);
    line.scan = scan;
    line.qty = qty;
    return line;
}

static struct drop_in body_of(const struct scanned *s, const struct drop_line *line, size_t n) {
    static const struct receiver PATIENT = {"Zoë Marker", "patient"};
    struct drop_in in;
    shape_clear(&drop_in_shape, &in);
    in.id = id_new(s->w->c->now);
    in.at = s->w->c->now;
    in.received_by = &PATIENT;
    in.lines = (struct list){line, n};
    in.bypass = BYPASS_DEVICE_FAILED;
    return in;
}

static enum err confirm(struct scanned *s, const struct drop_in *in, struct drop_answer *answer_out) {
    struct delivery_row row = world_delivery(s->w, s->delivery);
    ctx_fault_clear(s->w->c);
    world_act(s->w, ROLE_DRIVER, s->w->driver[0]);
    return app_drop_confirm(s->w->c, &row, in, answer_out);
}

static const struct field_event_line *recorded(const struct drop_answer *answer, size_t i) {
    CHECK(i < answer->confirmation->lines.n);
    return (const struct field_event_line *)answer->confirmation->lines.at + i;
}

/* "pointer detail" of each fault, in lines. */
static const char *faults(struct ctx *c) {
    struct text text = text_in(c->arena);
    text_str(&text, "");
    for (const struct fault_item *item = c->fault.first; item; item = item->next)
        text_printf(&text, "%s%s %s", item == c->fault.first ? "" : "\n", item->pointer, item->detail);
    return text.at;
}

static void refused(struct drop_line line, const char *want) {
    struct scanned s = on_road();
    struct drop_answer answer;
    struct drop_in in = body_of(&s, &line, 1);
    CHECK_INT(confirm(&s, &in, &answer), ERR_INVALID);
    CHECK_STR(s.w->c->fault.slug, "request.invalid");
    CHECK_STR(faults(s.w->c), want);
    CHECK_INT(world_count(s.w, "SELECT COUNT(*) FROM field_event"), 0);
}

TEST(scan_names_product_lot_expiry_and_count) {
    struct scanned s = on_road();
    struct drop_answer answer;
    const char *scan = "]C1" BAG "1728053130120" GS "1024K11G40";
    const struct drop_line line[] = {line_of(scan, NONE), line_of("]E09312345000029", 45),
                                     line_of("(01)09312345000036", 150)};
    struct drop_in in = body_of(&s, line, 3);
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    const struct field_event_line *bag = recorded(&answer, 0);
    CHECK(id_equal(bag->product_id, s.w->product[0]));
    CHECK_INT(bag->qty, 120);
    CHECK_STR(bag->lot, "24K11G40");
    CHECK_INT(bag->expiry, date_parse("2028-05-31"));
    CHECK_INT(bag->scanned, 1);
    CHECK_STR(bag->scan, scan);
    CHECK_STR(bag->stated, "09312345000012");
    CHECK(id_equal(recorded(&answer, 1)->product_id, s.w->product[1]));
    CHECK(id_equal(recorded(&answer, 2)->product_id, s.w->product[2]));
    CHECK_INT(world_found(s.w, s.order, ""), 1); /* the second bag is lot-tracked, and its EAN has none */
    CHECK_INT(world_found(s.w, s.order, "lot_missing"), 1);
    CHECK_INT(answer.delivery->quality->scanned, 3);
    CHECK_INT(world_commitment(s.w, s.order).lines_right, 3);
}

/* What the label counts is what was packed; what the driver states is what was handed over. */
TEST(scan_a_stated_quantity_stands_beside_a_count) {
    struct scanned s = on_road();
    struct drop_answer answer;
    struct drop_line line[] = {line_of(BAG "3060", 118), line_of(BAG "3060", 2)};
    line[1].condition = CONDITION_DAMAGED;
    struct drop_in in = body_of(&s, line, 2);
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    CHECK_INT(recorded(&answer, 0)->qty, 118);
    CHECK_INT(recorded(&answer, 1)->qty, 2);
    CHECK_INT(world_found(s.w, s.order, "damaged"), 1);
}

TEST(scan_a_logistic_units_content_counts) {
    struct scanned s = on_road();
    struct drop_answer answer;
    const struct drop_line line = line_of("00123456789012345675"
                                          "0209312345000012"
                                          "37120" GS "10L7",
                                          NONE);
    struct drop_in in = body_of(&s, &line, 1);
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    CHECK(id_equal(recorded(&answer, 0)->product_id, s.w->product[0]));
    CHECK_INT(recorded(&answer, 0)->qty, 120);
    CHECK_STR(recorded(&answer, 0)->lot, "L7");
}

TEST(scan_of_an_unknown_gtin_is_kept_as_stated) {
    struct scanned s = on_road();
    struct drop_answer answer;
    const struct drop_line line = line_of(UNKNOWN "10L7", 3);
    struct drop_in in = body_of(&s, &line, 1);
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    CHECK(id_is_none(recorded(&answer, 0)->product_id));
    CHECK_STR(recorded(&answer, 0)->stated, "09312345000098");
    CHECK_INT(world_count(s.w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'wrong_item' AND stated = "
                               "'09312345000098' AND actual = 3"),
              1);
}

/* The catalogue holds a GTIN with 8, 12, 13 or 14 digits; all are the same number. */
TEST(scan_finds_a_gtin_of_every_length) {
    static const struct {
        const char *catalogue, *scan;
    } CASES[] = {{"02345673", "0100000002345673"},         {"02345673", "]E402345673"},
                 {"416000336108", "0100416000336108"},     {"416000336108", "]E00416000336108"},
                 {"1234567890128", "0101234567890128"},    {"01234567890128", "1234567890128"},
                 {"12345678901231", "(01)12345678901231"}, {"00416000336108", "416000336108"}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct scanned s = on_road();
        struct drop_answer answer;
        const struct drop_line line = line_of(CASES[i].scan, 120);
        struct drop_in in = body_of(&s, &line, 1);
        world_run(s.w, arena_printf(s.w->c->arena, "UPDATE product SET gtin = '%s' WHERE code = 'BAG2000'",
                                    CASES[i].catalogue));
        CHECK_OK(s.w->c, confirm(&s, &in, &answer));
        CHECK(id_equal(recorded(&answer, 0)->product_id, s.w->product[0]));
    }
}

TEST(scan_a_gtin_without_its_zeros_is_taken_in_the_catalogue) {
    struct world *w = world_make();
    struct product *product;
    CHECK_OK(w->c, app_catalogue_new(w->c, &noun_product, (void **)&product));
    product->code = "SAME";
    product->gtin = "9312345000012";
    product->name = "The same number";
    product->base_unit = "bag";
    product->units_per_box = 5;
    product->box_weight_g = 1000;
    CHECK_INT(app_catalogue_add(w->c, &noun_product, product), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "gtin.taken");
}

TEST(scan_what_is_stated_beside_it_may_say_the_same) {
    struct scanned s = on_road();
    struct drop_answer answer;
    struct drop_line line = line_of(BAG "1728053110ABC", 120);
    line.product_id = s.w->product[0];
    line.gtin = "9312345000012";
    line.lot = "a bc"; /* as a lot is typed by hand: it is the same to a recall */
    line.expiry = date_parse("2028-05-31");
    line.scanned = 0;
    struct drop_in in = body_of(&s, &line, 1);
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    CHECK_STR(recorded(&answer, 0)->lot, "ABC");
    CHECK_INT(recorded(&answer, 0)->scanned, 1);
    CHECK_STR(recorded(&answer, 0)->stated, NULL);
}

TEST(scan_every_contradiction_is_named) {
    struct drop_line line = line_of(BAG "1728053110ABC", 120);
    line.code = "CAP";
    line.gtin = "09312345000029";
    line.lot = "ABD";
    line.expiry = date_parse("2028-05-30");
    refused(line,
            "/lines/0/gtin must be the scan's, 09312345000012: leave out the one that is wrong\n"
            "/lines/0/lot must be the scan's, ABC: leave out the one that is wrong\n"
            "/lines/0/expiry must be the scan's, 2028-05-31: leave out the one that is wrong\n"
            "/lines/0/code must be the product of the scan, whose GTIN is 09312345000012: leave out the "
            "one that is wrong");
}

TEST(scan_beside_a_product_that_the_catalogue_has_without_a_gtin) {
    struct scanned s = on_road();
    struct drop_answer answer;
    struct drop_line line = line_of(UNKNOWN, 3);
    line.product_id = s.w->product[3]; /* it has none: the scan may be of it */
    struct drop_in in = body_of(&s, &line, 1);
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    CHECK(id_equal(recorded(&answer, 0)->product_id, s.w->product[3]));
    struct drop_line other = line_of(UNKNOWN, 3), taken = line_of(OTHER, 3), nothing = line_of(BAG, 3);
    other.code = "CAP"; /* it has another one */
    refused(other, "/lines/0/code must be the product of the scan, whose GTIN is "
                   "09312345000098: leave out the one that is wrong");
    taken.code = "SET"; /* the scan is another product's */
    refused(taken, "/lines/0/code must be the product of the scan, whose GTIN is "
                   "09312345000029: leave out the one that is wrong");
    nothing.code = "NO-SUCH"; /* and this is none */
    refused(nothing, "/lines/0/code must be the product of the scan, whose GTIN is "
                     "09312345000012: leave out the one that is wrong");
}

TEST(scan_that_cannot_be_read_names_the_position) {
    refused(line_of("0109312345000013", NONE),
            "/lines/0/scan cannot be read at position 15: the check digit of the "
            "GTIN (01) is 3, and should be 2: scan again");
    struct drop_line open = line_of(BAG "10ABC17280531", 3);
    open.code = "BAG2000";
    refused(open,
            "/lines/0/scan cannot be read at position 21: the lot (10) may end before here, for 17280531 "
            "can be the expiry date (17), and no separator (FNC1) says: scan with a scanner that sends "
            "them, or state the lot as printed beside the scan");
}

TEST(scan_an_ambiguous_one_is_settled_by_the_lot) {
    struct scanned s = on_road();
    struct drop_answer answer;
    struct drop_line line = line_of(BAG "10ABC17280531", 120);
    line.lot = "abc";
    struct drop_in in = body_of(&s, &line, 1);
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    CHECK_STR(recorded(&answer, 0)->lot, "ABC");
    CHECK_INT(recorded(&answer, 0)->expiry, date_parse("2028-05-31"));
}

TEST(scan_a_quantity_is_needed_from_one_of_them) {
    struct drop_line by_code = line_of(NULL, NONE);
    by_code.code = "CAP";
    refused(by_code, "/lines/0/qty is required: a whole number from 0 to 10000000");
    refused(line_of(BAG, NONE),
            "/lines/0/qty is required: a whole number from 0 to 10000000, for the scan holds no count");
    refused(line_of(BAG "3010000001", NONE),
            "/lines/0/scan holds a count of 10000001: at most 10000000 can be stated");
    refused(line_of("10ABC", 3),
            "/lines/0 must name a product_id, a code or a gtin, or hold a scan with a GTIN");
}

TEST(scan_of_a_recalled_lot_is_found) {
    struct scanned s = on_road();
    struct drop_answer answer;
    const struct drop_line line = line_of(BAG "10ABC", 120);
    struct drop_in in = body_of(&s, &line, 1);
    world_run(s.w,
              "INSERT INTO recall (id, product_id, lot, at, by_id, version) SELECT "
              "x'00112233445566778899aabbccddeeff', p.id, 'abc', 1, u.id, 1 FROM product p, user_account u "
              "WHERE p.code = 'BAG2000' AND u.role = 'manager'");
    CHECK_OK(s.w->c, confirm(&s, &in, &answer));
    CHECK_INT(world_found(s.w, s.order, "wrong_lot"), 1);
}

/* P2, P3: a copy is compared with the body as it was sent. */
TEST(scan_copies_and_other_content) {
    struct scanned s = on_road();
    struct drop_answer first, copy;
    struct drop_line line = line_of(BAG "1728053110ABC", 120);
    struct drop_in in = body_of(&s, &line, 1);
    struct text a = text_in(s.w->c->arena), b = text_in(s.w->c->arena);
    CHECK_OK(s.w->c, confirm(&s, &in, &first));
    json_object(&a, &drop_answer_shape, &first);
    world_run(s.w, "UPDATE product SET gtin = NULL"); /* whatever became of the catalogue */
    CHECK_OK(s.w->c, confirm(&s, &in, &copy));
    json_object(&b, &drop_answer_shape, &copy);
    CHECK_INT(copy.replay, 1);
    CHECK_STR(b.at, a.at);
    line.scan = "]C1" BAG "1728053110ABC"; /* it says the same, and is not the same statement */
    CHECK_INT(confirm(&s, &in, &copy), ERR_CONFLICT);
}

/* Events that were recorded before lines had scans have fingerprints without the member. */
TEST(scan_a_body_without_one_has_the_fingerprint_it_always_had) {
    struct ctx *c = check_ctx();
    struct drop_line line = line_of(NULL, 5);
    struct text text = text_in(c->arena);
    line.code = "BAG";
    json_object(&text, &drop_line_shape, &line);
    CHECK_STR(text.at,
              "{\"product_id\":null,\"code\":\"BAG\",\"gtin\":null,\"qty\":5,\"lot\":null,\"expiry\":null,"
              "\"condition\":null,\"scanned\":null}");
}

struct failing {
    struct scanned s;
    struct drop_in in;
    struct delivery_row row;
};

static enum err confirm_again(struct ctx *c, void *user) {
    struct failing *f = user;
    struct drop_answer answer;
    return app_drop_confirm(c, &f->row, &f->in, &answer);
}

TEST(scan_fails_at_every_call) {
    struct failing f = {.s = on_road()};
    struct drop_line line[] = {line_of(BAG "1728053110ABC", 120), line_of(UNKNOWN, 3)};
    line[0].code = "BAG2000";
    f.in = body_of(&f.s, line, 2);
    f.row = world_delivery(f.s.w, f.s.delivery);
    world_act(f.s.w, ROLE_DRIVER, f.s.w->driver[0]);
    world_fails_at_every_call(f.s.w, confirm_again, &f);
}
