#include "domain/evidence.h"
#include "base/err.h"
#include "base/image.h"
#include "base/limits.h"

#define ROW(kind_, ...) FIELD(struct evidence, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    ROW(K_HEX, sha256),
    ROW(K_ID, id, .flags = F_HIDDEN | F_KEPT),
    ROW(K_ENUM, type, .flags = F_KEPT, .names = &image_type_names, .doc = "by its bytes"),
    ROW(K_INT, bytes, .flags = F_KEPT, .min = 1, .max = LIMIT_IMAGE, .doc = "how many", .example = "183402"),
    ROW(K_INSTANT, received_at, .flags = F_KEPT, .doc = "when it came first"),
    ROW(K_ID, by_id, .flags = F_HIDDEN | F_KEPT),
};
const struct shape evidence_shape = SHAPE("evidence_image", struct evidence, FIELDS);

#define REUSE(kind_, ...) FIELD(struct evidence_reuse, kind_, __VA_ARGS__)
static const struct field REUSE_FIELDS[] = {
    REUSE(K_ID, event_id), REUSE(K_INT, position), REUSE(K_ID, delivery_id),
    REUSE(K_ID, other_id), REUSE(K_INSTANT, at),
};
const struct shape evidence_reuse_shape = SHAPE("evidence_reuse", struct evidence_reuse, REUSE_FIELDS);
