/* The trail: every use case that writes calls app_audit at least once, in its own unit. */
#ifndef CANARY_APP_AUDIT_H
#define CANARY_APP_AUDIT_H

#include "base/crypto.h"
#include "base/shape.h"
#include "base/text.h"

struct audit {
    const char *action; /* "order.confirm": the noun, a dot, the verb */
    const char *entity; /* "order" */
    struct id id;
    int64_t version;    /* of the entity after the change */
    const char *change; /* JSON object without personal values (app_change); NULL: {} */
    const char *reason; /* a person's words: kept apart, erasable; NULL: none asked for */
};

/* Appends the event: the next sequence number, server time, actor, request id, what the unit has written to
 * audited rows since its last event, leaf hash. So it comes after the writes that it speaks of: a unit that
 * writes after its last event is refused. */
MUST enum err app_audit(struct ctx *c, const struct audit *event);
/* The same with a sum of the caller's own: for what statements of a schema file did. */
struct db_rows;
MUST enum err app_audit_rows(struct ctx *c, const struct audit *event, const struct db_rows *rows);

/* {"member": new value, …} of the members that differ (all that are stated when `before` is NULL); a personal
 * member (F_PERSONAL) is {"member": "changed"}; hidden ones are included, F_INPUT ones are not. Of a new one
 * the members that stand in a row for good (F_KEPT) are left out: the event's sum of rows covers them. */
const char *app_change(struct ctx *c, const struct shape *shape, const void *before, const void *after);

/* Bytes: another value that has it takes 2^128 tries. Older rows have 32, and the log's reasons all. */
#define PRIVATE_DIGEST_SIZE 16
/* Keeps an erasable value beside an append-only row and gives the salted digest for that row: the first half
 * of SHA-256(salt || value). NULL or "" value: nothing is kept and digest_out is an empty blob (SQL NULL).
 * salt_out (may be NULL): the salt, in the arena; empty when nothing is kept. */
MUST enum err app_personal(struct ctx *c, struct id owner, const char *field, const char *value,
                           struct blob *digest_out, struct blob *salt_out);

struct audit_row;
/* Adds the canonical bytes of an event, line by line as schema/README.md says them, without its leaf hash. */
void app_audit_canonical(struct text *out, const struct audit_row *row);
/* The leaf of RFC 6962: SHA-256 of a zero byte and the canonical bytes. `canonical` is scratch that is used
 * again from call to call; it holds the bytes afterwards. false when its arena is full. */
bool app_audit_leaf(struct text *canonical, const struct audit_row *row, uint8_t leaf_out[SHA256_SIZE]);

#endif
