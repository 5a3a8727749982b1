#include "api_patient.h"
#include "app/app_patient.h"

/* Of what belongs to a patient: an unknown one is told before the body is looked at. */
enum err api_patient_find(struct ctx *c, struct api_call *call) {
    return app_catalogue_get(c, &noun_patient, call->id[0], &call->found);
}

/* A PATCH that says a status but no date means today: the date of the old status must not look stated. */
enum err api_patient_find_change(struct ctx *c, struct api_call *call) {
    TRY(app_catalogue_get(c, &noun_patient, call->id[0], &call->found));
    struct patient *patient = call->found;
    call->version = patient->version;
    patient->status_from = NONE;
    return OK;
}

enum err api_patient_search(struct ctx *c, struct api_call *call) {
    struct list briefs;
    TRY(app_patient_search(c, call->in, &briefs));
    return api_answer_page(c, call, briefs, NULL);
}

enum err api_prescription_get(struct ctx *c, struct api_call *call) {
    struct prescription_view view;
    TRY(app_prescription_get(c, call->id[0], &view));
    return api_answer(c, call, 200, &view);
}

enum err api_prescription_put(struct ctx *c, struct api_call *call) {
    TRY(app_prescription_put(c, call->id[0], call->in, NULL));
    return api_prescription_get(c, call);
}

enum err api_pause_list(struct ctx *c, struct api_call *call) {
    struct list pauses;
    TRY(app_pause_list(c, call->id[0], &pauses));
    return api_answer_page(c, call, pauses, NULL);
}

enum err api_pause_add(struct ctx *c, struct api_call *call) {
    TRY(app_pause_add(c, call->id[0], call->in));
    return api_answer(c, call, 201, call->in);
}

enum err api_pause_remove(struct ctx *c, struct api_call *call) {
    TRY(app_pause_remove(c, call->id[0], call->id[1]));
    return api_answer_none(call);
}
