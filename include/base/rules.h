/* The settings that use cases and rules read. One table in src/config.c fills this struct. */
#ifndef CANARY_BASE_RULES_H
#define CANARY_BASE_RULES_H

#include <stdint.h>

struct rules {
    int64_t early_tolerance_ms; /* before a window's start that still counts on time: 0 */
    int64_t late_tolerance_ms;  /* after its end that still counts on time: 0 */
    int64_t grace_ms;           /* after its end + nothing handed over: missed. 24 h */
    int64_t cutoff_min;         /* minutes of the day before: 18:00 = 1080 */
    int64_t plan_days;          /* horizon of the daily plan: 35 */
    int64_t call_lead_days;     /* call_due = due date − 7 */
    int64_t confirm_permille;   /* a line farther than 200 ‰ … */
    int64_t confirm_boxes;      /* … and more than 1 box from suggested needs a manager */
    int64_t low_cover_days;     /* a miss below 3 days of cover is S1 */
    int64_t place_m;            /* 250 m from the home, plus … */
    int64_t place_accuracy_m;   /* … the fix's accuracy up to 250 m */
    int64_t synced_late_ms;     /* an event older than 15 min at receipt is synced_late */
    int64_t evidence_wait_ms;   /* a named image counts as proof for 24 h without it */
    int64_t session_ms;         /* a login lasts 12 h */
    int64_t retention_days;     /* of a patient's records after the last delivery: ten years */
    int64_t small_n;            /* below 20 a rate carries a Wilson interval */
};

extern const struct rules rules_default;

#endif
