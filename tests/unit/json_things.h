/* A record with one member of each kind, and the short forms that the tests of the codecs share. */
#ifndef CANARY_TESTS_JSON_THINGS_H
#define CANARY_TESTS_JSON_THINGS_H

#include "check.h"
#include "json/json.h"

struct part {
    const char *code;
    int64_t qty;
};
extern const struct shape part_shape;

struct thing {
    struct id id;
    const char *name, *note, *secret, *password, *extra;
    int64_t qty, rank, flag, day, at, open_at, use, lat, unit;
    double share;
    struct blob hash;
    const struct part *part;
    struct list parts, ids, tags, weekdays;
    int64_t version;
};
extern const struct shape thing_shape;

/* {"name":"x", + members + } decoded into a thing. */
enum err thing_decode(struct ctx *c, const char *members, struct thing *thing_out);
enum err json_of(struct ctx *c, const char *body, struct thing *thing_out);
/* The detail of the fault at the pointer, NULL when there is none. */
const char *fault_at(const struct ctx *c, const char *pointer);
size_t fault_count(const struct ctx *c);

#define CHECK_REFUSED(members, pointer, text)                                 \
    do {                                                                      \
        struct ctx *refused_c = check_ctx();                                  \
        struct thing refused;                                                 \
        CHECK_INT(thing_decode(refused_c, (members), &refused), ERR_INVALID); \
        CHECK_STR(refused_c->fault.slug, "request.invalid");                  \
        CHECK_STR(fault_at(refused_c, (pointer)), (text));                    \
        CHECK_INT(fault_count(refused_c), 1);                                 \
    } while (0)

#define CHECK_TAKEN(members, member, value)                          \
    do {                                                             \
        struct ctx *taken_c = check_ctx();                           \
        struct thing taken;                                          \
        CHECK_OK(taken_c, thing_decode(taken_c, (members), &taken)); \
        CHECK_INT(taken.member, (value));                            \
    } while (0)

#endif
