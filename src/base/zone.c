#include "base/zone.h"
#include "base/date.h"
#include "base/log.h"
#include "base/zone_file.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S INT64_C(86400)
#define DATES 3000000        /* years 0000 to 9999; data end in 2171 and their last offset stays */
#define WIDEST_S (2 * DAY_S) /* more than any offset, and than any change of one */

struct zone {
    struct zone *next;
    struct zone_table *table;
    char name[];
};

/* Zones once read, newest first. They stay for good, so that readers need no lock; there are at
 * most as many as the system has names. */
static _Atomic(struct zone *) known;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;

static const struct zone_table *find_known(const char *name) {
    for (const struct zone *zone = atomic_load_explicit(&known, memory_order_acquire); zone;
         zone = zone->next)
        if (strcmp(zone->name, name) == 0) return zone->table;
    return NULL;
}

static const struct zone_table *read_zone(const char *name) {
    struct zone_table *table = zone_file_read(name);
    size_t n = strlen(name) + 1;
    struct zone *zone = table ? malloc(sizeof *zone + n) : NULL;
    if (!zone) {
        free(table);
        return NULL;
    }
    zone->table = table;
    memcpy(zone->name, name, n);
    zone->next = atomic_load_explicit(&known, memory_order_relaxed);
    atomic_store_explicit(&known, zone, memory_order_release);
    return table;
}

static const struct zone_table *find(const char *name) {
    if (!name) return NULL;
    const struct zone_table *table = find_known(name);
    if (table) return table;
    pthread_mutex_lock(&reading);
    table = find_known(name);
    if (!table) table = read_zone(name);
    pthread_mutex_unlock(&reading);
    return table;
}

/* The last change at or before that instant. */
static size_t change_before(const struct zone_table *table, int64_t at) {
    size_t low = 0, high = table->n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (table->change[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

bool zone_known(const char *name) {
    return find(name) != NULL;
}

/* Every stretch between two changes shows the local time at most once. */
static int64_t instant_s(const struct zone_table *table, int64_t local, bool last) {
    int64_t found = NONE, after_gap = NONE;
    const struct zone_change *change = table->change;
    for (size_t i = change_before(table, local - WIDEST_S); i < table->n; i++) {
        int64_t at = change[i].at, instant = local - change[i].offset_s;
        if (at > local + WIDEST_S) break;
        bool begun = instant >= at, over = i + 1 < table->n && instant >= change[i + 1].at;
        if (begun && !over && (last || found == NONE)) found = instant;
        if (!begun && i > 0 && local - change[i - 1].offset_s >= at) after_gap = at;
    }
    REQUIRE(found != NONE || after_gap != NONE);
    return found != NONE ? found : after_gap;
}

int64_t zone_instant(const char *name, int64_t date, int64_t minutes, bool as_end) {
    REQUIRE(date > -DATES && date < DATES && minutes >= 0 && minutes <= 24 * 60);
    const struct zone_table *table = find(name);
    return table ? instant_s(table, date * DAY_S + minutes * 60, as_end) * 1000 : NONE;
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* Wall-clock seconds since 1970-01-01 00:00 there. */
static int64_t local_s(const char *name, int64_t instant) {
    const struct zone_table *table = find(name);
    if (!table || instant == NONE) return NONE;
    int64_t at = floor_div(instant, 1000);
    return at + table->change[change_before(table, at)].offset_s;
}

int64_t zone_date(const char *name, int64_t instant) {
    int64_t local = local_s(name, instant);
    return local == NONE ? NONE : floor_div(local, DAY_S);
}

int64_t zone_minutes(const char *name, int64_t instant) {
    int64_t local = local_s(name, instant);
    return local == NONE ? NONE : (local - floor_div(local, DAY_S) * DAY_S) / 60;
}
