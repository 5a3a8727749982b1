/* A point on the map, and how a member that is an object in JSON lies flat in a table. */
#ifndef CANARY_DOMAIN_LOCATION_H
#define CANARY_DOMAIN_LOCATION_H

#include "base/ctx.h"
#include "base/shape.h"

struct location {
    int64_t lat, lon; /* 1e-7 degrees */
};
extern const struct shape location_shape;

/* A record whose shape has an object member ("location") and a hidden flat member for each part of it
 * ("lat", or "location_lat"): nest_open makes the objects from the flat members (NULL when no part is
 * stated), nest_close writes the flat members from the objects. Store functions open what they read;
 * use cases close what they write. */
MUST enum err nest_open(struct ctx *c, const struct shape *shape, void *record);
MUST enum err nest_open_all(struct ctx *c, const struct shape *shape, struct list records);
void nest_close(const struct shape *shape, void *record);
/* The flat member of one part; NULL when the object is not kept flat. */
const struct field *nest_flat(const struct shape *shape, const char *object, const char *part);

#endif
