/* What the service has done so far, counted without locks. */
#ifndef CANARY_API_METRICS_H
#define CANARY_API_METRICS_H

#include "api/api.h"
#include "base/text.h"

struct api_metrics;

struct api_metrics *api_metrics_create(void); /* NULL: no memory */
void api_metrics_destroy(struct api_metrics **metrics);
/* An answer of this route (NULL: no route) and how long it took. */
void api_metrics_count(struct api_metrics *metrics, const struct api_route *route, int status, int64_t us);
/* Prometheus text: requests by route and status, seconds by route. */
void api_metrics_write(const struct api_metrics *metrics, struct text *out);

#endif
