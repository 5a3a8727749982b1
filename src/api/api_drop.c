#include "api_drop.h"
#include "app/app_amend.h"

enum err api_drop_find(struct ctx *c, struct api_call *call) {
    struct delivery_row *row = arena_alloc(c->arena, sizeof *row);
    if (!row) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(app_drop_find(c, call->id[0], row));
    call->found = row;
    call->version = row->version;
    return OK;
}

enum err api_drop_confirm(struct ctx *c, struct api_call *call) {
    struct drop_answer answer;
    TRY(app_drop_confirm(c, call->found, call->in, &answer));
    return api_answer(c, call, answer.replay ? 200 : 201, &answer);
}

enum err api_drop_fail(struct ctx *c, struct api_call *call) {
    struct failure_answer answer;
    TRY(app_drop_fail(c, call->found, call->in, &answer));
    return api_answer(c, call, answer.replay ? 200 : 201, &answer);
}

enum err api_amend_find(struct ctx *c, struct api_call *call) {
    struct amend_found *found = arena_alloc(c->arena, sizeof *found);
    if (!found) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    TRY(app_amend_find(c, call->id[0], found));
    call->found = found;
    return OK;
}

enum err api_amend(struct ctx *c, struct api_call *call) {
    struct drop_answer answer;
    TRY(app_amend(c, call->found, call->in, &answer));
    return api_answer(c, call, answer.replay ? 200 : 201, &answer);
}
