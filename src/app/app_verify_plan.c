#include "base/date.h"
#include "base/id.h"
#include "plan_walk.h"
#include "verify_walk.h"

MUST static enum err lacking(struct ctx *c, const struct plan_patient *patient, int64_t due_date,
                             struct plan_receipt *count, void *user) {
    (void)c, (void)patient, (void)due_date, (void)user;
    count->missing++;
    return OK;
}

MUST static enum err differs(struct ctx *c, const struct plan_patient *found, void *user) {
    char id[ID_TEXT_SIZE];
    (void)c;
    verify_find(user, "patient %s: not every due date that is remembered as planned has an order or a pause",
                id_format(found->id, id));
    return OK;
}

enum err verify_plan(struct ctx *c, struct verify_walk *walk) {
    struct plan_walk plan = {.from = NONE,
                             .through = DATE_MAX,
                             .patients = INT64_MAX,
                             .most = INT64_MAX,
                             .lacking = lacking,
                             .checks = true,
                             .reached = differs,
                             .user = walk};
    return plan_walk(c, &plan);
}
