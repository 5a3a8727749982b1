/* Discrepancies: opened by rules, worked on by people, tallied into the commitment they belong to. */
#ifndef CANARY_APP_DISCREPANCY_H
#define CANARY_APP_DISCREPANCY_H

#include "base/ctx.h"
#include "domain/commitment.h"
#include "domain/discrepancy.h"

/* Opens one: fills id, order, patient, customer, depot, driver from the commitment and state, detected_at,
 * rule_version, version; the caller has set kind, severity, source, responsibility (NONE: undetermined) and
 * what is particular to the kind. Not audited by itself: the use case's event names it. Does not touch the
 * commitment. */
MUST enum err app_discrepancy_open(struct ctx *c, const struct commitment *row, struct discrepancy *found);

/* The same for an order whose commitment is not in hand: opened, counted into the commitment, both written.
 */
MUST enum err app_discrepancy_open_for(struct ctx *c, struct id order_id, struct discrepancy *found);
/* Counts the order's standing discrepancies anew and writes the commitment. */
MUST enum err app_discrepancy_recount(struct ctx *c, struct id order_id);

/* Counts the order's standing discrepancies into the row's faults_… members (void and superseded ones and
 * contests aside; those of recoveries too) and sets `contested` by the standing contests. Does not write the
 * row. */
MUST enum err app_discrepancy_tally(struct ctx *c, struct commitment *row);
/* One more into a row whose tally is right: just opened, neither a contest nor a recovery's. */
void app_discrepancy_tally_one(struct commitment *row, const struct discrepancy *found);

/* Holds the clock's verdict against the standing timing discrepancy and corrects it: opens late or missed,
 * lets missed supersede late, voids what is disproved by a witness (reason witnessed_later, counted in
 * reversals) or by an amendment (reason amended), opens early. Changes row->swept, reversals and the tally;
 * *changed_out tells whether it did. Does not write the row. */
enum disproof { BY_WITNESS, BY_AMENDMENT };
MUST enum err app_timing_judge(struct ctx *c, struct commitment *row, enum disproof by, bool *changed_out);

/* ---- what managers do with them; each one unit, audited, and tallied into the commitment ---- */

struct discrepancy_change {
    int64_t state;          /* open, acknowledged or disputed; resolve and void have their own calls */
    int64_t responsibility; /* enum responsibility */
    const char *cause;
    int64_t version;
};
extern const struct shape discrepancy_change_shape;

struct discrepancy_reason {
    const char *reason;
};
extern const struct shape discrepancy_reason_shape;

/* `found` as loaded; writes the members of `change` that differ. ERR_STATE "discrepancy.closed" when it is
 * void. */
MUST enum err app_discrepancy_change(struct ctx *c, struct discrepancy *found,
                                     const struct discrepancy_change *change);
MUST enum err app_discrepancy_resolve(struct ctx *c, struct discrepancy *found, const char *reason);
MUST enum err app_discrepancy_void(struct ctx *c, struct discrepancy *found, const char *reason);

#endif
