/* Images: kept once, whole or not at all, and only what is one. */
#include "app/app_evidence.h"
#include "base/crypto.h"
#include "base/image.h"
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
