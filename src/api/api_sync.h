/* POST /v1/sync: the queue of a device. */
#ifndef CANARY_API_SYNC_H
#define CANARY_API_SYNC_H

#include "api/api.h"

extern const struct shape sync_in_shape,
    sync_answer_shape; /* as documented; the body is read event by event */
api_step api_sync;

#endif
