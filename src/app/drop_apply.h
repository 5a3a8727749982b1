/* What a judged drop changes: the order's lines, the delivery, the order, its commitment. Drops and
 * amendments share it. */
#ifndef CANARY_APP_DROP_APPLY_H
#define CANARY_APP_DROP_APPLY_H

#include "app/drop_event.h"
#include "domain/reconcile.h"

/* Cancelled or skipped: it wanted nothing of what came. */
bool drop_order_closed(const struct drop_work *work);
/* Adds accepted and refused units to the order's lines; writes none. */
void drop_apply_lines(struct drop_work *work, const struct verdict *verdict);
/* The delivery failed, whatever it was before, and gives its stop and weight back; the event is what failed
 * it. Writes the capacity alone. */
MUST enum err drop_fail_delivery(struct ctx *c, struct drop_work *work, int64_t reason);
/* Sets the delivery's state and the event's outcome; writes neither. */
MUST enum err drop_apply_delivery(struct ctx *c, struct drop_work *work, const struct verdict *verdict);
/* Lowers or cancels what another open attempt has still to bring; sets the order's state, without writing it.
 */
MUST enum err drop_apply_order(struct ctx *c, struct drop_work *work, const struct verdict *verdict);
/* Writes the event with its evidence and lines, after the delivery was written: it is of that version. */
MUST enum err drop_write_statement(struct ctx *c, struct drop_work *work, const struct report *report,
                                   const struct field_event_line *line, size_t lines);
/* Opens the discrepancy of a finding, found in the work's event. */
MUST enum err drop_open_finding(struct ctx *c, const struct drop_work *work, const struct finding *finding,
                                struct id *id_out);
/* Lines and units of the commitment, from the order's lines less what recoveries brought. */
MUST enum err drop_count_units(struct ctx *c, struct drop_work *work);
/* A recovery that was cancelled and came all the same counts again; writes the commitment when that changed.
 */
MUST enum err drop_recover(struct ctx *c, struct drop_work *work);
/* The commitment's facts after a drop, judged by the clock and written. */
MUST enum err drop_apply_commitment(struct ctx *c, struct drop_work *work, const struct verdict *verdict);

#endif
