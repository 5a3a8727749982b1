/* Where a drop was made, against where it belonged. */
#ifndef CANARY_DOMAIN_PLACE_H
#define CANARY_DOMAIN_PLACE_H

#include "domain/reconcile.h"

/* enum place: wrong when farther from the home than rules->place_m + the fix's accuracy, which counts up to
 * rules->place_accuracy_m; unknown without a fix or a home. */
int64_t place_judge(const struct rules *rules, const struct drop_facts *facts);

#endif
