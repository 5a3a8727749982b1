#include "api_work.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "json/json.h"
#include <stdlib.h>
#include <string.h>

/* One row a line, sorted by slug. A slug is a promise to clients: rows are added, never renamed. */
const struct api_problem_row api_problem_rows[] = {
    {"amendment.time-needs-manager", 403, "The time of a drop is put right by a manager"},
    {"busy", 503, "The service is busy; nothing was done"},
    {"closure.exists", 409, "The depot is closed on that date already"},
    {"code.taken", 409, "Another one has this code"},
    {"confirm.needs-manager", 403, "Quantities this far from suggested need a manager"},
    {"conflict", 409, "This contradicts what is there"},
    {"contact.no-delivery", 409, "Nothing was delivered to this patient yet"},
    {"count.identity-first", 409, "Check who it is before the stock is discussed"},
    {"cursor.invalid", 422, "This cursor is not one of ours"},
    {"db.busy", 503, "The database is busy; nothing was done"},
    {"db.constraint", 409, "The database refuses this"},
    {"db.full", 507, "The disk is full"},
    {"db.io", 503, "Reading or writing the database failed"},
    {"db.locked", 503, "Another program has the database"},
    {"db.memory", 503, "No memory is left for this"},
    {"db.too-big", 413, "A value is too large for the database"},
    {"db.uncertain", 503, "It is not certain whether this was done"},
    {"delivery.already-confirmed", 409, "Another confirmation stands"},
    {"delivery.not-open", 409, "This delivery has an outcome"},
    {"denied", 403, "Your role may not do this"},
    {"discrepancy.closed", 409, "This discrepancy is closed"},
    {"disk.full", 507, "The disk is full"},
    {"event.id-reused", 409, "This id was used for something else"},
    {"evidence.refused", 422, "This is not the image that it should be"},
    {"gtin.taken", 409, "Another product has this GTIN"},
    {"idempotency.invalid", 400, "The Idempotency-Key cannot be read"},
    {"idempotency.other-body", 422, "This Idempotency-Key was used for another request"},
    {"import.refused", 422, "Rows of the file have faults"},
    {"internal", 500, "Something went wrong on our side"},
    {"limit", 422, "This is more than the service takes"},
    {"log.key-file", 503, "The file of the key that signs the log cannot be written"},
    {"log.no-key", 503, "The key that signs the log is missing"},
    {"login.failed", 401, "E-mail or password is not right"},
    {"login.needed", 401, "Sign in first"},
    {"login.throttled", 429, "Too many attempts to sign in"},
    {"method.not-allowed", 405, "The resource has no such method"},
    {"not-found", 404, "There is nothing here that you may see"},
    {"not-ready", 503, "The service is not ready"},
    {"order.closed", 409, "This order is over"},
    {"order.exists", 409, "The patient has such an order already"},
    {"order.no-count", 409, "The stock was never counted"},
    {"order.no-patient", 409, "This order has no patient"},
    {"order.no-zone", 409, "This order has no zone"},
    {"order.not-bookable", 409, "This order cannot be booked now"},
    {"order.not-open", 409, "This order is not open"},
    {"order.not-withdrawable", 409, "This order cannot be skipped or cancelled now"},
    {"order.nothing-left", 409, "Nothing is outstanding of this order"},
    {"order.patient-ended", 409, "The patient has ended"},
    {"password.wrong", 403, "The current password is not right"},
    {"patient.erased", 409, "This patient was erased"},
    {"patient.late-status-needs-manager", 403, "A manager has to record this status"},
    {"patient.late-status-needs-reason", 422, "This status needs a reason"},
    {"patient.retained", 409, "This patient cannot be erased yet"},
    {"read.too-long", 422, "Reading this takes too long: ask for less"},
    {"recall.exists", 409, "This lot is under recall already"},
    {"report.mixed-groups", 422, "These groups do not go together"},
    {"request.headers-too-large", 431, "The headers are too large"},
    {"request.invalid", 422, "The request has faults"},
    {"request.length-required", 411, "Content-Length is needed here"},
    {"request.malformed", 400, "This is not HTTP as we speak it"},
    {"request.media-type", 415, "The body has a type that is not taken here"},
    {"request.not-json", 400, "The body is not one JSON text"},
    {"request.target-too-long", 414, "The address is too long"},
    {"request.too-large", 413, "The request is too large"},
    {"request.version", 505, "Only HTTP/1.1 is spoken here"},
    {"run.closed", 409, "This run is closed"},
    {"run.no-stops", 409, "This run has no stops"},
    {"run.not-planned", 409, "This run was dispatched already"},
    {"run.stop-done", 409, "A stop with an outcome stays on its run"},
    {"slot.closed", 422, "The depot is closed on this date"},
    {"slot.full", 409, "This window is full"},
    {"slot.not-served", 422, "The zone is not served then"},
    {"slot.past", 422, "This window is over"},
    {"state", 409, "The state does not allow this"},
    {"uncertain", 503, "It is not certain whether this was done"},
    {"user.email-taken", 409, "Another user has this e-mail address"},
    {"user.last-admin", 409, "The last active admin stays"},
    {"version.mismatch", 412, "The resource has changed since you read it"},
    {"version.needed", 428, "If-Match is needed here"},
};
const size_t api_problem_rows_n = COUNT(api_problem_rows);

static int compare(const void *slug, const void *row) {
    return strcmp(slug, ((const struct api_problem_row *)row)->slug);
}

const struct api_problem_row *api_problem_row(const char *slug) {
    return bsearch(slug, api_problem_rows, api_problem_rows_n, sizeof *api_problem_rows, compare);
}

static const char *const SLUG_OF[] = {
    [ERR_INVALID] = "request.invalid",
    [ERR_NOT_FOUND] = "not-found",
    [ERR_CONFLICT] = "conflict",
    [ERR_STATE] = "state",
    [ERR_DENIED] = "denied",
    [ERR_LIMIT] = "limit",
    [ERR_BUSY] = "busy",
    [ERR_UNCERTAIN] = "uncertain",
    [ERR_FULL] = "disk.full",
    [ERR_CORRUPT] = "internal",
    [ERR_INTERNAL] = "internal",
};

const char *api_problem_slug(enum err err) {
    REQUIRE(err > OK && (size_t)err < COUNT(SLUG_OF));
    return SLUG_OF[err];
}

/* What is wrong with us is for the log; the caller gets the request's id to name. What is another's is
 * answered as what nobody has, to the letter, wherever it was found out. */
static const char *detail_of(const struct fault *fault, const struct api_problem_row *row) {
    if (row->status == 404) return row->title;
    if (row->status == 500) return "The error is in the log under the id of this request.";
    return fault->detail ? fault->detail : row->title;
}

static void write_items(struct text *out, const struct fault_item *item) {
    for (const char *comma = ""; item; item = item->next, comma = ",") {
        text_printf(out, "%s{\"pointer\":", comma);
        json_string(out, item->pointer);
        text_str(out, ",\"detail\":");
        json_string(out, item->detail);
        text_char(out, '}');
    }
}

static const struct api_problem_row *row_of(const struct fault *fault) {
    if (fault->err == ERR_CORRUPT || fault->err == ERR_INTERNAL) return api_problem_row("internal");
    const char *slug = fault->slug ? fault->slug : api_problem_slug(fault->err);
    const struct api_problem_row *row = api_problem_row(slug);
    if (row) return row;
    log_bug("no problem row for slug=%s", slug);
    bool later = fault->err == ERR_BUSY || fault->err == ERR_UNCERTAIN || fault->err == ERR_FULL;
    return api_problem_row(later ? api_problem_slug(fault->err) : "internal");
}

/* Not even for the problem. What may have been done is not told to be refused. */
static void no_room(struct api_call *call) {
    bool later = call->status >= 500;
    call->body =
        later ? "{\"type\":\"urn:canary:problem:uncertain\",\"title\":\"It is not certain whether this was "
                "done\",\"status\":503,\"detail\":\"\",\"errors\":[]}"
              : "{\"type\":\"urn:canary:problem:request.too-large\",\"title\":\"The request is too "
                "large\",\"status\":413,\"detail\":\"\",\"errors\":[]}";
    call->status = later ? 503 : 413;
}

void api_problem(struct ctx *c, struct api_call *call) {
    const struct api_problem_row *row = row_of(&c->fault);
    struct text out = text_in(c->arena);
    char id[ID_TEXT_SIZE];
    text_printf(&out, "{\"type\":\"urn:canary:problem:%s\",\"title\":", row->slug);
    json_string(&out, row->title);
    text_printf(&out, ",\"status\":%d,\"detail\":", row->status);
    json_string(&out, detail_of(&c->fault, row));
    text_printf(&out, ",\"instance\":\"urn:uuid:%s\",\"errors\":[", id_format(c->request_id, id));
    write_items(&out, c->fault.first);
    text_str(&out, "]}");
    call->status = row->status;
    call->content_type = "application/problem+json";
    call->etag = call->location = NULL;
    call->headers_n = 0;
    call->body = out.at;
    if (out.failed) no_room(call);
    call->body_size = strlen(call->body);
}
