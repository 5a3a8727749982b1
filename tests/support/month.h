/* The month of one order as a row of requests, from its opening to the contest of its drop. Each can be sent
 * again as it is: with the same key or id it must do nothing twice. */
#ifndef CANARY_TESTS_MONTH_H
#define CANARY_TESTS_MONTH_H

#include "../unit/api_calls.h"
#include "base/id.h"

enum month_stage {
    MONTH_OPEN,
    MONTH_CONTACT,
    MONTH_COUNT,
    MONTH_CONFIRM,
    MONTH_BOOK,
    MONTH_RUN,
    MONTH_STOPS,
    MONTH_DISPATCH,
    MONTH_DROP,
    MONTH_CONTEST,
    MONTH_STAGES
};

struct month {
    int number, stage;
    char order[ID_TEXT_SIZE], delivery[ID_TEXT_SIZE], run[ID_TEXT_SIZE];
};

/* A pattern with its holes filled: <i> the month's number, <o> <d> <r> its order, delivery and run, <p0> …
 * products, <h> its patient, <s> the depot of Sydney, <z> its zone, <c> the first customer, <v> its driver,
 * <t> its due date, <n1> … ids that a device makes, <@table.column> that id of the newest row. */
const char *month_text(struct ctx *c, const struct world *w, const struct month *m, const char *pattern);
/* The request of its stage, in the context's arena. */
struct sent month_request(struct ctx *c, const struct world *w, const struct month *m);
/* The answer was one of success: keeps the id it gave and goes on. */
void month_answered(struct month *m, const char *body);
/* Does an answer to a repeat say that the request was done before? Requests that take no key and no id answer
 * with the state that they have made. */
bool month_was_done(const struct month *m, int status);
/* Has the request of this stage an id or key, by which the first answer is found again? */
bool month_is_replayed(int stage);
/* Where what a stage makes is counted; NULL: nowhere. */
const char *month_table(int stage);

#endif
