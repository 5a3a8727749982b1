/* Queued events of a device, each one use case with a result of its own. */
#ifndef CANARY_APP_SYNC_H
#define CANARY_APP_SYNC_H

#include "app/app_amend.h"
#include "app/app_drop.h"

/* One event, decoded: the member that `type` names is set. */
struct sync_event {
    int64_t type; /* enum event_kind */
    struct id delivery_id, confirmation_id;
    struct drop_in confirmation;
    struct failure_in failure;
    struct amendment_in amendment;
    struct arrival_in arrival;
};

enum sync_status {
    SYNC_NEW,
    SYNC_REPLAY,
    SYNC_REFUSED, /* for good: the same event will be refused again */
    SYNC_WAITING, /* not recorded: send it again after what it waits for */
    SYNC_RETRY    /* not certain: send the same event again */
};
extern const struct names sync_status_names;

struct sync_result {
    int64_t index; /* in the batch */
    struct id id;
    int64_t type, status;
    struct id delivery_id;
    int64_t seq; /* the event's audit sequence number: covered by a backup up to that number */
    int64_t received_at, completed_at, outcome, synced_late, clock_skew_s;
    struct list discrepancies; /* what this event found, as found */
    struct id waits_for;       /* a confirmation */
    const char *problem;       /* JSON; of what was refused or is to be repeated */
};
extern const struct shape sync_result_shape;

/* Reads one event's JSON text; each type takes the members of its direct call, and type, delivery_id and (an
 * amendment) confirmation_id. All faults at once. *result_out gets what could be read of index, id and type.
 */
MUST enum err app_sync_read(struct ctx *c, const char *text, struct sync_event *event_out,
                            struct sync_result *result_out);

/* Records one event by the use case of its direct call: ids are shared with those. Fills the result;
 * SYNC_WAITING (OK, nothing written) for an amendment whose confirmation is not there yet. Errors as the
 * direct calls. */
MUST enum err app_sync_event(struct ctx *c, const struct sync_event *event, struct sync_result *result);

#endif
