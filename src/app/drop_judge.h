/* Gathers the facts of a drop and has them judged. */
#ifndef CANARY_APP_DROP_JUDGE_H
#define CANARY_APP_DROP_JUDGE_H

#include "app/drop_event.h"
#include "domain/reconcile.h"

/* What the body can get wrong, whatever was ordered: a scan that cannot be read or that what is stated beside
 * it contradicts, a line that names no product or no quantity, a bypass "other" without a note. */
MUST enum err drop_check(struct ctx *c, const struct drop_in *in);

/* For a body that drop_check has passed. Resolves scans and products stated, judges the drop against what
 * this attempt still had to bring, and fills the event's place, receiver and bypass. *lines_out: in->lines.n
 * rows to store. */
MUST enum err drop_judge(struct ctx *c, struct drop_work *work, const struct drop_in *in,
                         struct field_event_line **lines_out, struct verdict *verdict_out);

/* How far from the home a failed attempt or an arrival was, and how well that is known: the event's
 * distance_m and accuracy_m. fix NULL: nothing is known. */
MUST enum err drop_measure(struct ctx *c, struct id order_id, const struct fix *fix,
                           struct field_event *event);

#endif
