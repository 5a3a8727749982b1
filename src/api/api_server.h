/* What handlers may ask the server that they run in. */
#ifndef CANARY_API_SERVER_H
#define CANARY_API_SERVER_H

#include "api_throttle.h"
#include "api_work.h"
#include "base/text.h"

struct api_throttle *api_server_throttle(const struct api_server *server);
const char *api_server_key_path(const struct api_server *server);
/* Everything that is counted, as Prometheus text. */
void api_server_metrics(struct api_server *server, struct text *out);

/* ---- api_ticker.c: the thread that does what the clock asks for (api_clockwork) ---- */

struct db_writer;
struct api_ticker;

struct api_ticker_config {
    struct db_writer *writer;
    const struct rules *rules;
    const struct clock *clock;
    int64_t every_ms; /* of rows without one */
};

MUST enum err api_ticker_start(struct ctx *c, const struct api_ticker_config *config,
                               struct api_ticker **ticker_out);
/* Waits for the run that has begun. */
void api_ticker_stop(struct api_ticker **ticker);

#endif
