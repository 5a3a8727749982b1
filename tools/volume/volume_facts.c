#include "base/date.h"
#include "base/id.h"
#include "volume.h"
#include <string.h>

enum { MORNING = 8, WORK_HOURS = 8, CALL_HOUR = 9, CALL_HOURS = 7 };
enum { TAG_EVENT = 3, TAG_FAULT = 5, TAG_DELAY };

/* ---- numbers that look random and are always the same ---- */

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

uint64_t volume_random(const struct volume *v, int64_t i, int64_t tag) {
    uint64_t seed = mix((uint64_t)v->options.seed + 0x9e3779b97f4a7c15);
    return mix(seed ^ mix((uint64_t)i * 64 + (uint64_t)tag + 0x632be59bd9b4e019));
}

void volume_random_bytes(const struct volume *v, int64_t i, int64_t tag, uint8_t *bytes_out, size_t n) {
    for (size_t at = 0; at < n; at += 8) {
        uint64_t word = mix(volume_random(v, i, tag) + at);
        memcpy(bytes_out + at, &word, n - at < 8 ? n - at : 8);
    }
}

struct id volume_id(int64_t at, int64_t number) {
    uint8_t short_form[ID_SHORT_SIZE] = {[5] = (uint8_t)number};
    for (int i = 0; i < 5; i++)
        short_form[i] = (uint8_t)(at >> (32 - 8 * i));
    return id_lengthen(short_form);
}

struct id volume_device_id(const struct volume *v, int64_t at, int64_t number, int64_t tag) {
    struct id id;
    for (int i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(at >> (40 - 8 * i));
    volume_random_bytes(v, (int64_t)mix(mix((uint64_t)at) + (uint64_t)number), tag, id.b + 6, 10);
    id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    return id;
}

/* ---- what is ordered ---- */

int64_t volume_units(int line) {
    return 4 * (7 + line);
}

struct id volume_product(const struct volume *v, int64_t patient, int line) {
    return v->product[(patient * 3 + line) % PRODUCTS];
}

/* A lot lasts a depot a week. */
const char *volume_lot(struct arena *arena, const struct facts *f, int line) {
    int64_t week = f->due / 7, product = (f->patient * 3 + line) % PRODUCTS;
    const char *lot = arena_printf(arena, "%02d%c%02d%c%02d", (int)(week / 52 % 100), (int)('A' + product),
                                   (int)(week % 52 + 1), (int)('A' + f->depot % 26), (int)(f->depot / 26));
    if (!lot) volume_fail("no memory");
    return lot;
}

/* ---- runs ---- */

struct id volume_run_id(int64_t due, int64_t depot, int64_t run) {
    return volume_id((due - 1) * DAY_MS + 17 * HOUR_MS + 30 * MINUTE_MS + depot, run);
}

struct id volume_run_driver(const struct volume *v, int64_t due, int64_t depot, int64_t run) {
    return v->driver[depot * v->drivers + (run + due) % v->drivers];
}

/* ---- one order ---- */

static enum fault_kind fault_of(const struct volume *v, int64_t i) {
    static const struct {
        uint64_t below; /* of a thousand */
        enum fault_kind fault;
    } OF[] = {{12, FAULT_LATE},    {15, FAULT_MISSED},   {27, FAULT_SHORT},
              {35, FAULT_DAMAGED}, {40, FAULT_NO_PROOF}, {1000, FAULT_NONE}};
    uint64_t number = volume_random(v, i, TAG_FAULT) % 1000;
    size_t at = 0;
    while (number >= OF[at].below)
        at++;
    return OF[at].fault;
}

static void set_people(const struct volume *v, struct facts *f) {
    f->patient = f->day % CYCLE_DAYS * v->day_orders + f->place;
    f->depot = f->patient % v->depots;
    f->zone = f->depot * ZONES + f->patient / v->depots % ZONES;
    f->customer = f->patient % CUSTOMERS;
}

static void set_window(const struct volume *v, struct facts *f) {
    f->window = f->place * 2 >= v->day_orders;
    f->from_min = f->window ? 12 * 60 : 8 * 60;
    f->to_min = f->from_min + 4 * 60;
    f->starts_at = f->due * DAY_MS + f->from_min * MINUTE_MS;
    f->ends_at = f->due * DAY_MS + f->to_min * MINUTE_MS;
}

static void set_calls(const struct volume *v, struct facts *f) {
    int64_t call = f->place * v->call_back % v->day_orders;
    f->planned_at = (f->due - PLAN_AHEAD) * DAY_MS + f->place;
    f->called_at =
        (f->due - CALL_AHEAD) * DAY_MS + CALL_HOUR * HOUR_MS + call * CALL_HOURS * HOUR_MS / v->day_orders;
    f->counted_at = f->called_at + 3 * MINUTE_MS;
    f->confirmed_at = f->called_at + 5 * MINUTE_MS;
    f->booked_at = f->called_at + 7 * MINUTE_MS;
}

static void set_drop(const struct volume *v, struct facts *f) {
    int64_t delay = (int64_t)(volume_random(v, f->i, TAG_DELAY) % 150) * MINUTE_MS;
    f->dropped_at = f->due * DAY_MS + MORNING * HOUR_MS + f->place * WORK_HOURS * HOUR_MS / v->day_orders;
    f->late_at = f->ends_at + 5 * MINUTE_MS;
    f->missed_at = f->ends_at + DAY_MS + 5 * MINUTE_MS;
    if (f->fault == FAULT_LATE) f->dropped_at = f->ends_at + 10 * MINUTE_MS + delay;
    if (f->fault == FAULT_MISSED) f->dropped_at = f->ends_at + DAY_MS + 10 * MINUTE_MS + delay;
    f->received_at = f->dropped_at + 20000;
    f->image_at = f->received_at + MINUTE_MS;
}

/* Stops are in the order in which a depot's patients stand. */
static void set_run(const struct volume *v, struct facts *f) {
    int64_t first = f->day % CYCLE_DAYS * v->day_orders % v->depots; /* depot of place 0 */
    int64_t number = (f->place - (f->depot - first + v->depots) % v->depots) / v->depots;
    f->run = number / STOPS;
    f->stop = number % STOPS + 1;
    f->run_id = volume_run_id(f->due, f->depot, f->run);
    f->driver = volume_run_driver(v, f->due, f->depot, f->run);
}

/* Calls of a day are made before the history ends at seven in the morning of the next; so are yesterday's
 * drops. */
static enum moment last_of(const struct volume *v, const struct facts *f) {
    int64_t ahead = f->due - v->today;
    if (ahead >= CALL_AHEAD) return PLANNED;
    if (ahead > 0) return BOOKED;
    if (ahead == 0) return DISPATCHED;
    return ahead == -1 && f->fault == FAULT_MISSED ? FOUND_LATE : DROPPED;
}

/* Drops in time are some milliseconds apart; those of one minute too late are told apart by their place. */
static struct id own_event_of(const struct facts *f) {
    int64_t kind = f->fault == FAULT_LATE ? 1 : f->fault == FAULT_MISSED ? 2 : 0;
    return volume_id(f->received_at + (kind > 0 ? f->place : 0), kind);
}

void volume_facts(const struct volume *v, int64_t i, struct facts *f) {
    *f = (struct facts){.i = i, .day = i / v->day_orders, .place = i % v->day_orders};
    f->due = v->first_due + f->day;
    f->fault = fault_of(v, i);
    set_people(v, f);
    set_window(v, f);
    set_calls(v, f);
    set_drop(v, f);
    set_run(v, f);
    f->order = volume_id(f->planned_at, f->i);
    f->delivery = volume_id(f->booked_at, f->i);
    f->event = volume_device_id(v, f->dropped_at, f->i, TAG_EVENT);
    f->own_event = own_event_of(f);
    f->last = last_of(v, f);
}

int64_t volume_called(const struct volume *v, int64_t call) {
    return call * v->call_step % v->day_orders;
}
