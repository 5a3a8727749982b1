/* The commitment: the one row per order that every figure is computed from. */
#ifndef CANARY_DOMAIN_COMMITMENT_H
#define CANARY_DOMAIN_COMMITMENT_H

#include "base/rules.h"
#include "base/err.h"
#include "base/shape.h"
#include "domain/words.h"

#define KNOWN_FOREVER INT64_MAX

/* Dates are day numbers, instants ms, see schema/0003_verdicts.sql for each member's meaning. */
struct commitment {
    struct id order_id;
    int64_t version, known_from, known_until;
    int64_t kind; /* enum order_kind */
    struct id patient_id, customer_id, depot_id, driver_id, delivery_id;
    int64_t cause; /* enum commitment_cause */
    int64_t date, from_min, to_min, due_on;
    int64_t starts_at, ends_at, early_before, late_after, missed_after;
    int64_t cutoff_at; /* before it patient and customer may still change their mind: 18:00 of the day before;
                          of a not_scheduled one its end */
    int64_t fixed;     /* 1: an attempt failed; set by the caller */
    int64_t now_on, now_early_before, now_late_after, now_missed_after;
    int64_t completed_at, received_at; /* NONE: not completed */
    int64_t excluded;                  /* enum excluded or NONE */
    int64_t stated, handed_over;
    int64_t lines, lines_right, units_authorised, units_accepted;
    int64_t faults_line, faults_damage, faults_place, faults_proof, faults, faults_outside, timing_outside;
    int64_t contested; /* enum discrepancy_kind, KIND_COUNT for other, or NONE */
    int64_t reversals, recoveries;
    int64_t swept;    /* enum swept */
    int64_t sweep_at; /* NONE: nothing left for the sweep */
};
extern const struct shape commitment_shape;

/* A window on a date, with its instants in the depot's zone. */
struct window {
    int64_t date, from_min, to_min; /* minutes 0 … 1440, from < to */
    int64_t starts_at, ends_at;
};

/* The window with both instants computed by the zone's rules (contract, section 1). NULL zone asserts. */
struct window window_in_zone(const char *timezone, int64_t date, int64_t from_min, int64_t to_min);
/* 18:00 (rules->cutoff_min) depot time, the day before `date`. */
int64_t commitment_cutoff(const struct rules *rules, const char *timezone, int64_t date);

/* A fresh commitment of an order nobody has booked: the whole civil day of its due date, cause
 * not_scheduled. Clears the row: the caller then fills ids, kind, known_from. version 1, stated 1. */
void commitment_begin(struct commitment *row, const struct rules *rules, const char *timezone,
                      int64_t due_date);

/* A promise recorded at `now` by `asked_by` (enum party), for a delivery of the order that is not a
 * recovery. The first promise makes the commitment when nobody had booked by the end of the due day
 * (cause not_scheduled and now <= ends_at); later ones move it only when asked for by patient or customer,
 * before its cut-off and before any failed attempt. The current window (now_…) always follows, until
 * something was handed over: then nothing moves. Booking again after a cancellation is asked for by whoever
 * asked for the cancellation. */
void commitment_promise(struct commitment *row, const struct rules *rules, const char *timezone,
                        const struct window *window, int64_t asked_by, int64_t now);

/* The delivery was cancelled without a new window. Before the cut-off at the patient's or customer's
 * wish (and no failed attempt): the commitment falls back to the whole civil day of the later of the due date
 * and its own date, cause not_scheduled, so that it must be booked again by the end of that day. Otherwise it
 * stays. Recorded after the cut-off or by us: it stays. */
void commitment_release(struct commitment *row, const struct rules *rules, const char *timezone,
                        int64_t due_date, int64_t asked_by, int64_t now);

/* The order was skipped or cancelled (`why`: EXCLUDED_SKIPPED, EXCLUDED_CANCELLED, EXCLUDED_PAUSED). By
 * patient or customer before the cut-off (for a not_scheduled one: before its end) and before anything was
 * handed over: not due. Otherwise it counts on, and by the clock it is missed. The first reason stays. */
void commitment_withdraw(struct commitment *row, int64_t why, int64_t asked_by, int64_t now);

/* The patient's status (enum patient_status) from the civil date `status_from` on was recorded at `now`; call
 * it again after a promise. Admitted or ended on or before the commitment's date: not due, when recorded
 * before its window ended; later only `with_reason` (a manager's: EXCLUDED_OVERRIDDEN). Such an exclusion is
 * lifted by being active again on or before that date, and by the same status from a later date, recorded
 * before the window ended. What was handed over counts. */
void commitment_patient_status(struct commitment *row, int64_t status, int64_t status_from, bool with_reason,
                               int64_t now);

/* ---- timeliness: from (window, completed_at, as_of) and nothing else ---- */

/* The class at instant `as_of`. Boundaries to the millisecond: early < early_before <= on_time <= late_after
 * < late <= missed_after < missed. Not completed by then: pending up to late_after, late up to missed_after
 * (the clock, not a person, finds late: section 2.9), missed after it. */
int64_t commitment_timeliness(const struct commitment *row, int64_t as_of);
/* The same of the current window. */
int64_t commitment_timeliness_now(const struct commitment *row, int64_t as_of);
/* completed_at when it came after missed_after, else NONE. */
int64_t commitment_recovered_at(const struct commitment *row);
/* What stands in `swept` when the sweep or a drop has judged that class (enum swept of enum timeliness). */
int64_t commitment_standing(int64_t timeliness);
/* The next instant the sweep must look: late_after + 1 while nothing is completed and no late is standing,
 * missed_after + 1 while no missed is standing; at once (the time of receipt) when a drop makes what stands
 * wrong; NONE once missed, completed and judged, or excluded; at
 * once when one still stands that was excluded afterwards. */
int64_t commitment_sweep_at(const struct commitment *row);
/* completed_at of a drop: the device time; the time of receipt when the device time is after the receipt or
 * before the booking. */
int64_t completed_at(int64_t device_at, int64_t received_at, int64_t booked_at);

#endif
