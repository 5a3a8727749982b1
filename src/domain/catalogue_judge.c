/* What the tables of fields cannot see: defaults, and members that must agree with each other. */
#include "domain/catalogue.h"
#include "base/zone.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void fill(int64_t *member, int64_t value) {
    if (*member == NONE) *member = value;
}

void depot_judge(struct ctx *c, struct depot *depot) {
    if (depot->timezone && !zone_known(depot->timezone))
        ctx_fault_item(c, "/timezone", "is no IANA time zone: write one such as Australia/Sydney");
}

/* ---- zones ---- */

enum err zone_open(struct ctx *c, struct zone *zone) {
    int64_t *day = arena_array(c->arena, 7, sizeof *day);
    size_t n = 0;
    if (!day)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The request needs more memory than one may have.");
    for (int64_t i = 0; i < 7; i++)
        if (zone->weekday_mask >> i & 1) day[n++] = i + 1;
    zone->weekdays = (struct list){day, n};
    return OK;
}

static void judge_weekdays(struct ctx *c, struct zone *zone) {
    const int64_t *day = zone->weekdays.at;
    int64_t mask = 0;
    for (size_t i = 0; i < zone->weekdays.n; i++) {
        const char *pointer = arena_printf(c->arena, "/weekdays/%zu", i);
        bool named = day[i] >= 1 && day[i] <= 7;
        if (!named)
            ctx_fault_item(c, pointer, "must be 1 (Monday) to 7 (Sunday)");
        else if (mask >> (day[i] - 1) & 1)
            ctx_fault_item(c, pointer, "must be stated only once");
        if (named) mask |= INT64_C(1) << (day[i] - 1);
    }
    zone->weekday_mask = day ? mask : ZONE_WEEKDAYS_DEFAULT;
}

static const struct zone_window WINDOWS_DEFAULT[] = {
    {480, 720, ZONE_STOPS_DEFAULT},
    {720, 960, ZONE_STOPS_DEFAULT},
};

static int by_start(const void *a, const void *b) {
    const struct zone_window *x = a, *y = b;
    if (x->from_min != y->from_min) return x->from_min < y->from_min ? -1 : 1;
    return x->to_min < y->to_min ? -1 : x->to_min > y->to_min;
}

static void judge_window(struct ctx *c, const struct zone_window *window, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (by_start(window - i + k, window) == 0)
            ctx_fault_item(c, arena_printf(c->arena, "/windows/%zu", i), "is the same window as number %zu",
                           k + 1);
    if (window->to_min <= window->from_min)
        ctx_fault_item(c, arena_printf(c->arena, "/windows/%zu/to", i), "must be after the window's start");
}

static void judge_windows(struct ctx *c, struct zone *zone) {
    if (!zone->windows.at) zone->windows = (struct list){WINDOWS_DEFAULT, COUNT(WINDOWS_DEFAULT)};
    struct zone_window *window =
        (struct zone_window *)arena_memdup(c->arena, zone->windows.at, zone->windows.n * sizeof *window);
    if (!window) {
        ctx_fault_item(c, "/windows", "need more memory than one request may have");
        return;
    }
    if (zone->windows.n == 0) ctx_fault_item(c, "/windows", "must hold at least one window");
    for (size_t i = 0; i < zone->windows.n; i++) {
        fill(&window[i].stops_max, ZONE_STOPS_DEFAULT);
        judge_window(c, &window[i], i);
    }
    qsort(window, zone->windows.n, sizeof *window, by_start);
    zone->windows.at = window;
}

void zone_judge(struct ctx *c, struct zone *zone) {
    fill(&zone->weight_max_g, ZONE_WEIGHT_DEFAULT_G);
    judge_weekdays(c, zone);
    judge_windows(c, zone);
}

/* ---- closures, products ---- */

void closure_judge(struct ctx *c, struct closure *closure) {
    (void)c;
    if (!closure->reason || !*closure->reason) closure->reason = "closed";
}

static bool gtin_formed(const char *gtin) {
    size_t n = strspn(gtin, "0123456789");
    return !gtin[n] && (n == 8 || (n >= 12 && n <= 14));
}

void product_judge(struct ctx *c, struct product *product) {
    fill(&product->lot_tracked, 0);
    fill(&product->critical, 0);
    fill(&product->shelf_life_min_days, 0);
    fill(&product->active, 1);
    if (product->gtin && !*product->gtin) product->gtin = NULL;
    if (product->gtin && !gtin_formed(product->gtin))
        ctx_fault_item(c, "/gtin", "must be 8, 12, 13 or 14 digits");
}
