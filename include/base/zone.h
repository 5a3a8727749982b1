/* Time zones: IANA names, by the system's zone data. Thread-safe; a zone is read once per process. */
#ifndef CANARY_BASE_ZONE_H
#define CANARY_BASE_ZONE_H

#include "base/value.h"

/* true for a name such as "Australia/Sydney" that the system's data know. */
bool zone_known(const char *name);

/* The instant of a local wall-clock time on a civil date. minutes 0 … 1440 (24:00 is 00:00 of the
 * next date). Inside a clock-change gap: the first instant after the gap. A repeated time: its
 * first occurrence when `as_end` is false, its second when true. NONE for an unknown zone. */
int64_t zone_instant(const char *name, int64_t date, int64_t minutes, bool as_end);

/* The civil date, and the minutes since its midnight on the wall clock, of an instant. NONE for an
 * unknown zone or no instant. */
int64_t zone_date(const char *name, int64_t instant);
int64_t zone_minutes(const char *name, int64_t instant);

#endif
