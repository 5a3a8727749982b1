#include "app/app_order.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/zone.h"
#include "domain/plan.h"
#include "order_open.h"
#include "store/store_patient.h"
#include "store/store_slot.h"

/* The patient, and the zone the order is to be delivered in; what is not ours becomes a fault item. */
MUST static enum err load(struct ctx *c, const struct order_in *in, struct patient *patient_out,
                          struct zone_facts *zone_out) {
    const struct deliver_to *to = in->deliver_to;
    bool elsewhere = to && !id_is_none(to->zone_id);
    enum err err = store_patient_get(c, in->patient_id, patient_out);
    if (err == ERR_NOT_FOUND) ctx_fault_item(c, "/patient_id", "is no patient of ours");
    if (err == ERR_NOT_FOUND) return ctx_faults(c);
    TRY(err);
    err = store_slot_zone(c, elsewhere ? to->zone_id : patient_out->zone_id, zone_out);
    if (err == ERR_NOT_FOUND) ctx_fault_item(c, "/deliver_to/zone_id", "is no zone of ours");
    return err == ERR_NOT_FOUND ? ctx_faults(c) : err;
}

MUST static enum err judge(struct ctx *c, const struct order_in *in, const struct patient *patient,
                           const struct zone_facts *zone) {
    int64_t today = zone_date(zone->timezone, c->now);
    if (in->due_date < today) ctx_fault_item(c, "/due_date", "is over at the depot that delivers");
    if (in->due_date > today + LIMIT_PLAN_DAYS)
        ctx_fault_item(c, "/due_date", "must be at most %d days ahead", LIMIT_PLAN_DAYS);
    TRY(ctx_faults(c));
    if (patient->status != PATIENT_ENDED || patient->status_from > in->due_date) return OK;
    return FAIL(c, ERR_STATE, "order.patient-ended",
                "this patient has ended by then: make them active again to order");
}

static void fill(const struct ctx *c, const struct order_in *in, const struct patient *patient,
                 const struct zone_facts *zone, struct order_row *order) {
    const struct deliver_to *to = in->deliver_to;
    order_fill(c, order, ORDER_EMERGENCY + in->kind, in->due_date, cycle_next(patient->cycle, in->due_date));
    order->patient_id = patient->id;
    order->customer_id = patient->customer_id;
    order->zone_id = zone->id;
    order->depot_id = zone->depot_id;
    order->reason = in->reason;
    if (!to) return;
    order->to_address = to->address;
    order->to_lat = to->location ? to->location->lat : NONE;
    order->to_lon = to->location ? to->location->lon : NONE;
}

enum err app_order_add(struct ctx *c, const struct order_in *in, struct order_row *order_out) {
    struct patient patient;
    struct zone_facts zone;
    bool added;
    TRY(load(c, in, &patient, &zone));
    TRY(judge(c, in, &patient, &zone));
    fill(c, in, &patient, &zone, order_out);
    TRY(order_open(c, order_out, zone.timezone, "order.add", &added));
    if (added) return OK;
    return FAIL(
        c, ERR_STATE, "order.exists",
        "the patient has an order of this kind for that date already: find it, or choose another date");
}
