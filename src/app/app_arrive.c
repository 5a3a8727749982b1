#include "app/app_arrive.h"
#include "app/app_audit.h"
#include "app/drop_event.h"
#include "app/drop_judge.h"
#include "base/id.h"
#include "store/store_delivery.h"
#include "store/store_drop.h"

/* An arrival changes nothing of the delivery: it has one event more, so it is another version. */
enum err app_arrive(struct ctx *c, const struct delivery_row *found, const struct arrival_in *in,
                    struct field_event *event_out, bool *replay_out) {
    const struct report report = {.id = in->id,
                                  .kind = EVENT_ARRIVAL,
                                  .at = in->at,
                                  .note = in->note,
                                  .location = in->location,
                                  .shape = &arrival_in_shape,
                                  .body = in};
    struct delivery_row delivery = *found;
    struct field_event *event = event_out;
    TRY(drop_event_replay(c, found, &report, event, replay_out));
    if (*replay_out) return OK;
    TRY(drop_event_check(c, &report));
    TRY(drop_event_begin(c, found, &report, event));
    TRY(drop_measure(c, found->order_id, in->location, event));
    event->outcome = OUTCOME_KEPT;
    TRY(store_delivery_set(c, &delivery));
    event->delivery_version = delivery.version;
    TRY(drop_event_write(c, event, &report));
    return app_audit(c, &(struct audit){.action = "delivery.arrive",
                                        .entity = "delivery",
                                        .id = found->id,
                                        .version = delivery.version,
                                        .change = app_change(c, &field_event_shape, NULL, event)});
}
