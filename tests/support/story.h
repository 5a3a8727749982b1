/* A small operation in which every class of commitment occurs, each with what it is worth written beside it
 * by hand: what reports are held against. */
#ifndef CANARY_TESTS_STORY_H
#define CANARY_TESTS_STORY_H

#include "app/app_report.h"
#include "world_order.h"

enum { NOBODY = -1, NO_PATIENT = -1 };

/* What one commitment is worth, in words: its class; full, otif, perfect, inaccurate; excused (not in net);
 * felt-… : the same as the customer tells it. Or not due: the reason it is excluded for. */
enum {
    PUNCTUAL,
    EARLY,
    LATE,
    RECOVERED,
    UNTOUCHED,
    NOT_BOOKED,
    BORN_LATE,
    FAILED,
    CANCELLED_BY_US,
    SHORT,
    MISPLACED,
    LATE_BY_PATIENT,
    STORM,
    LATE_AND_SHORT,
    TOLD_SHORT,
    TOLD_MISSED,
    VOIDED,
    WITNESSED,
    HISTORY,
    APRIL,
    MOVED,
    MOVED_AHEAD,
    CANCELLED,
    SKIPPED,
    PAUSED,
    ADMITTED,
    ENDED,
    OVERRIDDEN,
    AHEAD,
    CASES
};

/* A commitment, by its class. */
struct kept {
    int patient;
    const char *due;               /* also the day it is booked for, 08:00-12:00 */
    int driver;                    /* who has it on a run; NOBODY: no run, or not booked */
    const char *words, *by_window; /* NULL: the same */
    int64_t right[3], accepted[3], recoveries, reversals;
};
extern const struct kept story_case[CASES];
extern const int64_t story_units[3]; /* that each order has of its three products */
#define STORY_END "2026-04-10T00:00:00Z"

bool story_is_due(int i);
/* What it is worth on a basis. */
const char *story_words(int i, int64_t basis);
/* 0 or 1: is the word among them? */
int64_t story_has(const char *words, const char *word);

struct story {
    struct world *w;
    struct id order[CASES], delivery[CASES];
    struct {
        int64_t at;
        const char *text[6];
    } told[40]; /* the reports of each day, as they were then */
    size_t days;
};
/* The operation after it all happened, its clock at STORY_END. */
struct story *story_made(void);

struct report_query story_query(const char *from, const char *to, const char *group_by, int64_t basis);
/* As whoever acts in the world. */
struct report story_ask(struct world *w, struct report_query query, unsigned *groups_out);
const char *story_json(struct world *w, struct report_query query);
/* Which report told[…].text[i] is. */
struct report_query story_told_query(size_t i);
/* The numerator of n; with an interval where n is below 20. */
void story_check_rate(const struct report_rate *rate, int64_t numerator, int64_t n);

#endif
