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

#define API_PART_FIRST 16 /* orders or findings of a first run: who starts a service waits for little */
/* What a row may do the next time, when `most` took run_us on the writer's thread and left so much: half of
 * it when that was long (on a cold disk a hundred take as long as thousands do later), twice as much while
 * more is left, up to LIMIT_CLOCKWORK_PART. */
int64_t api_ticker_part(int64_t most, int64_t run_us, int64_t left);

MUST enum err api_ticker_start(struct ctx *c, const struct api_ticker_config *config,
                               struct api_ticker **ticker_out);
/* Waits for the run that has begun. */
void api_ticker_stop(struct api_ticker **ticker);

#endif
