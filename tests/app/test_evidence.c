/* Images: kept once, whole or not at all, and only what is one. */
#include "app/app_amend.h"
#include "app/app_delivery_view.h"
#include "app/app_discrepancy.h"
#include "app/app_drop.h"
#include "app/app_evidence.h"
#include "app/app_sweep.h"
#include "app/app_verify.h"
#include "base/crypto.h"
#include "base/date.h"
#include "base/id.h"
#include "base/image.h"
#include "base/text.h"
#include "store/store_discrepancy.h"
#include "world_order.h"
#include <string.h>

/* A grey pixel. */
static const uint8_t PNG[] = {
    0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,    13,  'I',  'H',  'D',  'R',  0,
    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,    0,   0x3a, 0x7e, 0x9b, 0x55, 0,
    0,    0,    10,   'I',  'D',  'A',  'T',  0x78, 0x9c, 0x63, 0x60, 0,   0,    0,    2,    0,    1,
    0x48, 0xaf, 0xa4, 0x71, 0,    0,    0,    0,    'I',  'E',  'N',  'D', 0xae, 0x42, 0x60, 0x82};

struct picture {
    uint8_t digest[SHA256_SIZE];
    struct blob sha256, image;
};

static void take_picture(struct picture *picture) {
    sha256(PNG, sizeof PNG, picture->digest);
    picture->sha256 = (struct blob){picture->digest, SHA256_SIZE};
    picture->image = (struct blob){PNG, sizeof PNG};
}

static enum err put(struct ctx *c, void *user) {
    const struct picture *picture = user;
    struct evidence evidence;
    bool is_new;
    TRY(app_evidence_put(c, picture->sha256, IMAGE_PNG, picture->image, &evidence, &is_new));
    CHECK(is_new);
    return OK;
}

TEST(evidence_is_kept_whole_or_not_at_all) {
    struct world *w = world_make();
    struct picture picture;
    take_picture(&picture);
    world_act(w, ROLE_DRIVER, w->driver[0]);
    world_fails_at_every_call(w, put, &picture);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM evidence JOIN evidence_image USING (sha256)"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'evidence.put'"), 1);
}

TEST(evidence_sent_twice_is_kept_once) {
    struct world *w = world_make();
    struct picture picture;
    struct evidence first, again;
    bool is_new;
    take_picture(&picture);
    world_act(w, ROLE_DRIVER, w->driver[0]);
    CHECK_OK(w->c, app_evidence_put(w->c, picture.sha256, IMAGE_PNG, picture.image, &first, &is_new));
    world_act(w, ROLE_DRIVER, w->driver[1]);
    world_at(w, "2026-03-03T00:00:00Z");
    CHECK_OK(w->c, app_evidence_put(w->c, picture.sha256, IMAGE_PNG, picture.image, &again, &is_new));
    CHECK(!is_new);
    CHECK_INT(again.received_at, first.received_at);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'evidence.put'"), 1);
}

TEST(evidence_is_what_its_bytes_are) {
    struct ctx *c = check_ctx();
    int64_t type;
    const char *found;
    CHECK_OK(c, image_sniff(c, PNG, sizeof PNG, &type, &found));
    CHECK_INT(type, IMAGE_PNG);
    CHECK_OK(c, image_sniff(c, PNG, 8, &type, &found));
    CHECK_INT(type, NONE);
    char both[sizeof PNG + 8];
    memcpy(both, PNG, sizeof PNG);
    memcpy(both + sizeof PNG, "<Script>", 8);
    CHECK_OK(c, image_sniff(c, both, sizeof both, &type, &found));
    CHECK_INT(type, NONE);
    CHECK_STR(found, "an image with a page or a script in it");
}

/* ---- named, awaited, missing, here ---- */

struct signed_drop {
    struct world *w;
    struct id order, delivery, event;
    struct picture picture;
};

/* A drop at 10:00 on 5 March in Sydney that names the picture, or has a bypass instead. */
static void drop_it(struct signed_drop *d, int64_t bypass) {
    static const int64_t UNITS[] = {10};
    struct world *w = d->w = world_make();
    take_picture(&d->picture);
    const char *sha256 = text_hex(w->c->arena, d->picture.digest, SHA256_SIZE);
    d->order = world_order(w, 0, "2026-03-16", UNITS, 1);
    d->delivery = world_book(w, d->order, "2026-03-05", "08:00", "12:00");
    world_dispatch(w, d->delivery, 0);
    world_at(w, "2026-03-04T23:00:00Z");
    world_act(w, ROLE_DRIVER, w->driver[0]);
    const struct drop_evidence named = {EVIDENCE_PHOTO, sha256};
    const struct drop_line line = {.product_id = w->product[0],
                                   .qty = 10,
                                   .lot = "L1",
                                   .expiry = date_parse("2028-01-01"),
                                   .condition = CONDITION_OK,
                                   .scanned = NONE};
    const struct receiver patient = {"P", "patient"};
    struct delivery_row row = world_delivery(w, d->delivery);
    struct drop_answer answer;
    struct drop_in in;
    shape_clear(&drop_in_shape, &in);
    in.id = d->event = id_new(w->c->now);
    in.at = w->c->now;
    in.received_by = &patient;
    in.lines = (struct list){&line, 1};
    in.bypass = bypass;
    in.evidence = bypass == NONE ? (struct list){&named, 1} : (struct list){NULL, 0};
    CHECK_OK(w->c, app_drop_confirm(w->c, &row, &in, &answer));
}

static int64_t proof_state(struct signed_drop *d) {
    struct delivery_row row = world_delivery(d->w, d->delivery);
    struct delivery_view view;
    CHECK_OK(d->w->c, app_delivery_view(d->w->c, &row, d->w->c->now, &view));
    return view.quality->proof_state;
}

static enum err sweep_all(struct ctx *c, void *user) {
    struct sweep_receipt *receipt = user;
    return app_sweep(c, 100, receipt);
}

static int64_t sweep_at(struct signed_drop *d, const char *instant) {
    struct sweep_receipt receipt;
    world_at(d->w, instant);
    world_act(d->w, ROLE_SYSTEM, (struct id){{0}});
    CHECK_OK(d->w->c, app_sweep(d->w->c, 100, &receipt));
    return receipt.no_proof;
}

static void send_it(struct signed_drop *d, const char *instant) {
    world_at(d->w, instant);
    world_act(d->w, ROLE_DRIVER, d->w->driver[0]);
    CHECK_OK(d->w->c, put(d->w->c, &d->picture));
}

TEST(evidence_that_comes_in_time_leaves_no_trace) {
    struct signed_drop d;
    drop_it(&d, NONE);
    CHECK_INT(proof_state(&d), PROOF_AWAITED);
    CHECK_INT(sweep_at(&d, "2026-03-05T22:59:59Z"), 0);
    send_it(&d, "2026-03-05T22:59:59.500Z");
    CHECK_INT(sweep_at(&d, "2026-03-07T00:00:00Z"), 0);
    CHECK_INT(proof_state(&d), PROOF_PRESENT);
    CHECK_INT(world_found(d.w, d.order, "no_proof"), 0);
}

TEST(evidence_that_comes_late_resolves_what_the_sweep_found) {
    struct signed_drop d;
    drop_it(&d, NONE);
    CHECK_INT(sweep_at(&d, "2026-03-05T23:00:00Z"), 1);
    CHECK_INT(sweep_at(&d, "2026-03-05T23:01:00Z"), 0);
    CHECK_INT(proof_state(&d), PROOF_MISSING);
    CHECK_INT(world_commitment(d.w, d.order).faults_proof, 1);
    send_it(&d, "2026-03-06T12:00:00Z");
    CHECK_INT(proof_state(&d), PROOF_PRESENT);
    CHECK_INT(world_commitment(d.w, d.order).faults_proof, 0);
    CHECK_INT(world_commitment(d.w, d.order).faults, 0);
    CHECK_INT(world_count(d.w,
                          "SELECT COUNT(*) FROM discrepancy WHERE kind = 'no_proof' AND state = 'resolved' "
                          "AND reason = 'evidence_arrived' AND closed_at > detected_at"),
              1);
    CHECK_INT(world_count(d.w, "SELECT COUNT(*) FROM audit_event WHERE action = 'discrepancy.evidence' "
                               "AND role = 'system' AND actor_id IS NULL"),
              1);
    CHECK_INT(world_count(d.w, "SELECT COUNT(*) FROM discrepancy_state"), 1);
}

TEST(evidence_that_comes_late_undoes_no_persons_word) {
    struct signed_drop d;
    struct list found;
    drop_it(&d, NONE);
    CHECK_INT(sweep_at(&d, "2026-03-06T00:00:00Z"), 1);
    CHECK_OK(d.w->c, store_discrepancy_no_proof(d.w->c, d.event, &found));
    struct discrepancy row = *(const struct discrepancy *)found.at;
    world_act(d.w, ROLE_MANAGER, d.w->manager);
    CHECK_OK(d.w->c, app_discrepancy_resolve(d.w->c, &row, "Asked the patient"));
    CHECK_INT(world_commitment(d.w, d.order).faults_proof, 1);
    send_it(&d, "2026-03-06T12:00:00Z");
    CHECK_INT(world_count(d.w, "SELECT COUNT(*) FROM discrepancy WHERE reason = 'Asked the patient'"), 1);
    CHECK_INT(world_commitment(d.w, d.order).faults_proof, 0);
}

TEST(f10_a_coded_bypass_is_proof_and_is_shown) {
    struct signed_drop d;
    drop_it(&d, BYPASS_INFECTION_RISK);
    CHECK_INT(sweep_at(&d, "2026-03-09T00:00:00Z"), 0);
    CHECK_INT(proof_state(&d), PROOF_PRESENT);
    CHECK_INT(world_count(d.w, "SELECT COUNT(*) FROM field_event WHERE bypass = 'infection_risk'"), 1);
}

TEST(f10_a_bypass_stated_afterwards_is_the_reason_why_nothing_is_missing) {
    struct signed_drop d;
    struct amend_found found;
    struct drop_answer answer;
    struct amendment_in in;
    drop_it(&d, NONE);
    CHECK_INT(sweep_at(&d, "2026-03-06T00:00:00Z"), 1);
    world_act(d.w, ROLE_MANAGER, d.w->manager);
    shape_clear(&amendment_in_shape, &in);
    in.id = id_new(d.w->c->now);
    in.at = d.w->c->now;
    in.reason = "The telephone fell into the water";
    in.bypass = BYPASS_DEVICE_FAILED;
    CHECK_OK(d.w->c, app_amend_find(d.w->c, d.event, &found));
    CHECK_OK(d.w->c, app_amend(d.w->c, &found, &in, &answer));
    CHECK_INT(proof_state(&d), PROOF_PRESENT);
    CHECK_INT(world_count(d.w,
                          "SELECT COUNT(*) FROM discrepancy WHERE kind = 'no_proof' AND state = 'resolved' "
                          "AND reason = 'bypass_stated'"),
              1);
}

TEST(evidence_sweep_and_arrival_are_whole_or_not_at_all) {
    struct signed_drop d;
    struct sweep_receipt receipt;
    drop_it(&d, NONE);
    world_at(d.w, "2026-03-06T00:00:00Z");
    world_act(d.w, ROLE_SYSTEM, (struct id){{0}});
    world_fails_at_every_call(d.w, sweep_all, &receipt);
    CHECK_INT(world_found(d.w, d.order, "no_proof"), 1);
    world_act(d.w, ROLE_DRIVER, d.w->driver[0]);
    world_fails_at_every_call(d.w, put, &d.picture);
    CHECK_INT(world_commitment(d.w, d.order).faults_proof, 0);
}

TEST(evidence_that_was_exchanged_is_found_by_verification) {
    struct world *w = world_make();
    struct verify_result result;
    struct picture picture;
    take_picture(&picture);
    world_act(w, ROLE_DRIVER, w->driver[0]);
    CHECK_OK(w->c, put(w->c, &picture));
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &result));
    int64_t before = result.findings;
    world_run(w, "DROP TRIGGER evidence_image_no_update");
    world_run(w, "UPDATE evidence_image SET image = x'00'");
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &result));
    CHECK(result.findings > before);
}
