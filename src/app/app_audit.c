#include "app/app_audit.h"
#include "app/app_log.h"
#include "base/random.h"
#include "base/id.h"
#include "base/log.h"
#include "db/db_rows.h"
#include "json/json.h"
#include "store/store_audit.h"
#include <inttypes.h>
#include <string.h>

#define SALT_SIZE 16

MUST static enum err memory_out(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "the request needs more memory than one may have");
}

MUST static enum err keep_personal(struct ctx *c, struct id owner, const char *field, const char *value,
                                   struct blob *digest_out, struct blob *salt_out) {
    *digest_out = (struct blob){NULL, 0};
    if (salt_out) *salt_out = (struct blob){NULL, 0};
    if (!value || !*value) return OK;
    uint8_t *salt = arena_alloc(c->arena, SALT_SIZE), *digest = arena_alloc(c->arena, SHA256_SIZE);
    if (!salt || !digest) return memory_out(c);
    random_fill(salt, SALT_SIZE);
    sha256_two(salt, SALT_SIZE, value, strlen(value), digest);
    *digest_out = (struct blob){digest, SHA256_SIZE};
    if (salt_out) *salt_out = (struct blob){salt, SALT_SIZE};
    return store_personal_add(c, owner, field, value, salt);
}

enum err app_personal(struct ctx *c, struct id owner, const char *field, const char *value,
                      struct blob *digest_out, struct blob *salt_out) {
    TRY(keep_personal(c, owner, field, value, digest_out, salt_out));
    if (digest_out->n > 0) digest_out->n = PRIVATE_DIGEST_SIZE;
    return OK;
}

static void add_int(struct text *out, int64_t value) {
    text_char(out, '\n');
    text_int(out, value);
}

/* No word: its number is none of audit_word's, so the row is not what was written. */
static void add_line(struct text *out, const char *line) {
    text_char(out, '\n');
    text_str(out, line ? line : "-");
}

static void add_hex(struct text *out, const void *bytes, size_t n) {
    text_char(out, '\n');
    if (bytes && n)
        text_add_hex(out, bytes, n);
    else
        text_char(out, '-');
}

void app_audit_canonical(struct text *out, const struct audit_row *row) {
    text_str(out, row->rows.at ? "canary-audit-2" : "canary-audit-1"); /* 1: from before there were sums */
    add_int(out, row->seq);
    add_int(out, row->at);
    add_hex(out, row->actor_id.b, id_is_none(row->actor_id) ? 0 : sizeof row->actor_id.b);
    add_line(out, names_word(&role_names, row->role));
    add_line(out, row->action);
    add_line(out, row->entity);
    add_hex(out, row->entity_id.b, sizeof row->entity_id.b);
    add_int(out, row->entity_version);
    add_hex(out, row->reason_digest.at, row->reason_digest.n);
    add_hex(out, row->request_id.b, sizeof row->request_id.b);
    if (row->rows.at) add_hex(out, row->rows.at, row->rows.n);
    add_line(out, row->change);
}

bool app_audit_leaf(struct text *canonical, const struct audit_row *row, uint8_t leaf_out[SHA256_SIZE]) {
    canonical->n = 0;
    app_audit_canonical(canonical, row);
    if (canonical->failed) return false;
    sha256_two("", 1, canonical->at, canonical->n, leaf_out); /* "" is one zero byte: the leaf prefix */
    return true;
}

MUST static enum err begin(struct ctx *c, const struct audit *event, struct audit_row *row_out) {
    *row_out = (struct audit_row){.at = c->now,
                                  .actor_id = c->actor.user_id,
                                  .role = c->actor.role,
                                  .action = event->action,
                                  .entity = event->entity,
                                  .entity_id = event->id,
                                  .entity_version = event->version,
                                  .request_id = c->request_id,
                                  .change = event->change ? event->change : "{}"};
    REQUIRE(row_out->role != NONE);
    TRY(store_audit_next(c, &row_out->seq));
    const char *field = arena_printf(c->arena, "reason:%" PRId64, row_out->seq);
    if (!field) return memory_out(c);
    return keep_personal(c, event->id, field, event->reason, &row_out->reason_digest, NULL);
}

MUST static enum err append(struct ctx *c, struct audit_row *row, const struct db_rows *rows) {
    uint8_t sums[DB_ROWS_BYTES], leaf[SHA256_SIZE];
    struct text canonical = text_in(c->arena);
    row->rows = (struct blob){sums, db_rows_write(rows, sums)};
    if (!app_audit_leaf(&canonical, row, leaf)) return memory_out(c);
    row->leaf_hash = (struct blob){leaf, sizeof leaf};
    TRY(app_log_grow(c, row->seq, leaf)); /* first, so that the event is the last that a unit writes */
    return store_audit_add(c, row);
}

enum err app_audit(struct ctx *c, const struct audit *event) {
    struct audit_row row;
    struct db_rows rows;
    TRY(begin(c, event, &row));
    TRY(db_rows_take(c, &rows));
    return append(c, &row, &rows);
}

enum err app_audit_rows(struct ctx *c, const struct audit *event, const struct db_rows *rows) {
    struct audit_row row;
    struct db_rows own;
    TRY(begin(c, event, &row));
    TRY(db_rows_take(c, &own)); /* is in the caller's sum */
    return append(c, &row, rows);
}

/* {"name":value} of one member, without the braces. */
static void add_member(struct text *out, const struct field *field, const void *record) {
    struct field plain = *field;
    plain.flags = 0;
    const struct shape one = {"change", 0, &plain, 1};
    size_t start = out->n;
    json_object(out, &one, record);
    if (out->failed) return;
    memmove(out->at + start, out->at + start + 1, out->n - start - 2);
    out->n -= 2;
    out->at[out->n] = 0;
}

static bool same(struct ctx *c, const struct field *field, const void *before, const void *after) {
    struct text a = text_in(c->arena), b = text_in(c->arena);
    add_member(&a, field, before);
    add_member(&b, field, after);
    return text_equal(a.at, b.at);
}

const char *app_change(struct ctx *c, const struct shape *shape, const void *before, const void *after) {
    struct text out = text_in(c->arena);
    text_char(&out, '{');
    for (size_t i = 0; i < shape->n; i++) {
        const struct field *field = &shape->field[i];
        if (field->flags & F_INPUT || (!before && field->flags & F_KEPT)) continue;
        if (before ? same(c, field, before, after) : shape_is_none(field, after)) continue;
        if (out.n > 1) text_char(&out, ',');
        if (field->flags & F_PERSONAL)
            text_printf(&out, "\"%s\":\"changed\"", field->name);
        else
            add_member(&out, field, after);
    }
    text_char(&out, '}');
    return out.failed ? NULL : out.at;
}
