/* What a confirmation or an amendment is answered with: the first time and for every copy the same. */
#ifndef CANARY_APP_DROP_ANSWER_H
#define CANARY_APP_DROP_ANSWER_H

#include "app/app_drop.h"

/* `event` as stored; `now` the delivery as it is now. Everything is answered as it was when the event had
 * been taken. */
MUST enum err drop_answer(struct ctx *c, const struct delivery_row *now, const struct field_event *event,
                          struct drop_answer *answer_out);

#endif
