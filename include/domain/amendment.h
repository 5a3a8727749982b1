/* An amendment: what was wrong with a confirmation, said again and whole. The confirmation stays as it was
 * given. */
#ifndef CANARY_DOMAIN_AMENDMENT_H
#define CANARY_DOMAIN_AMENDMENT_H

#include "domain/drop.h"

/* The body. A member that is not stated is as it was held before; stated lines replace all lines, stated
 * evidence is added to what is there. */
struct amendment_in {
    struct id id;
    int64_t at; /* device time at which it was made; NONE: the time of receipt */
    const char *reason;
    struct list lines; /* struct drop_line; not stated: as before */
    const struct receiver *received_by;
    const struct fix *location;
    struct list evidence; /* struct drop_evidence */
    int64_t bypass;
    const char *note;
    int64_t dropped_at; /* when the drop was made, put right: a manager's alone */
};
extern const struct shape amendment_in_shape;

/* As it is answered beside its confirmation: what was held from then on. */
struct amendment {
    struct id id;
    int64_t at, received_at;
    struct id amended_by;
    const char *reason;
    int64_t stands;
    const struct receiver *received_by;
    const struct fix *location;
    struct list lines, evidence; /* struct field_event_line, struct field_event_evidence */
    int64_t bypass;
    const char *note;
    int64_t dropped_at, completed_at, outcome;
    int64_t synced_late, clock_skew_s;
};
extern const struct shape amendment_shape;

/* An arrival at a stop: the body, and as it is answered. */
struct arrival_in {
    struct id id;
    int64_t at; /* device time */
    const struct fix *location;
    const char *note;
};
extern const struct shape arrival_in_shape;

struct arrival {
    struct id id, delivery_id, driver_id;
    int64_t at, received_at;
    const struct fix *location;
    int64_t distance_m, accuracy_m;
    const char *note;
    int64_t synced_late, clock_skew_s;
};
extern const struct shape arrival_shape;

/* Does an amendment made at `at` stand, when the one that stands was made at `standing_at` (NONE: the
 * confirmation itself stands)? An older one that comes late is kept and changes nothing: what a person put
 * right since is not undone. */
bool amendment_stands(int64_t at, int64_t standing_at);

#endif
