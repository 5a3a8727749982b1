#include "api_metrics.h"
#include <stdatomic.h>
#include <stdlib.h>

#define STATUS_FIRST 100
#define STATUSES 500 /* 100 … 599 */

struct route_metrics {
    atomic_int_fast64_t us, n, status[STATUSES];
};

struct api_metrics {
    size_t n;
    struct route_metrics route[]; /* as api_routes, and one for "no route" */
};

struct api_metrics *api_metrics_create(void) {
    size_t n = api_routes_n + 1;
    struct api_metrics *metrics = calloc(1, sizeof *metrics + n * sizeof *metrics->route);
    if (metrics) metrics->n = n;
    return metrics;
}

void api_metrics_destroy(struct api_metrics **metrics) {
    free(*metrics);
    *metrics = NULL;
}

void api_metrics_count(struct api_metrics *metrics, const struct api_route *route, int status, int64_t us) {
    struct route_metrics *at = metrics->route + (route ? (size_t)(route - api_routes) : api_routes_n);
    if (status < STATUS_FIRST || status >= STATUS_FIRST + STATUSES) return;
    atomic_fetch_add_explicit(&at->status[status - STATUS_FIRST], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->us, us, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->n, 1, memory_order_relaxed);
}

static void write_labels(struct text *out, size_t i) {
    bool known = i < api_routes_n;
    text_printf(out, "{method=\"%s\",route=\"%s\"", known ? api_routes[i].method : "-",
                known ? api_routes[i].path : "-");
}

static void write_requests(const struct route_metrics *at, size_t i, struct text *out) {
    for (int status = 0; status < STATUSES; status++) {
        long long n = (long long)atomic_load_explicit(&at->status[status], memory_order_relaxed);
        if (n == 0) continue;
        text_str(out, "canary_requests_total");
        write_labels(out, i);
        text_printf(out, ",status=\"%d\"} %lld\n", STATUS_FIRST + status, n);
    }
}

static void write_seconds(const struct route_metrics *at, size_t i, struct text *out) {
    long long n = (long long)atomic_load_explicit(&at->n, memory_order_relaxed);
    if (n == 0) return;
    text_str(out, "canary_request_seconds_sum");
    write_labels(out, i);
    text_printf(out, "} %.6f\ncanary_request_seconds_count",
                (double)atomic_load_explicit(&at->us, memory_order_relaxed) / 1e6);
    write_labels(out, i);
    text_printf(out, "} %lld\n", n);
}

void api_metrics_write(const struct api_metrics *metrics, struct text *out) {
    text_str(out, "# HELP canary_requests_total Requests answered.\n# TYPE canary_requests_total counter\n");
    for (size_t i = 0; i < metrics->n; i++)
        write_requests(&metrics->route[i], i, out);
    text_str(out, "# HELP canary_request_seconds Time from the first byte to the answer.\n"
                  "# TYPE canary_request_seconds summary\n");
    for (size_t i = 0; i < metrics->n; i++)
        write_seconds(&metrics->route[i], i, out);
}
