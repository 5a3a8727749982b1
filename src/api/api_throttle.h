/* How often somebody may try to sign in to one account. In memory: a restart forgives. */
#ifndef CANARY_API_THROTTLE_H
#define CANARY_API_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct api_throttle;

struct api_throttle *api_throttle_create(void); /* NULL: no memory */
void api_throttle_destroy(struct api_throttle **throttle);
/* Counts an attempt. 0: go on; otherwise the seconds until the account may be tried again. */
int64_t api_throttle_take(struct api_throttle *throttle, const char *account, int64_t now_ms);
/* The attempt was right: it no longer counts. */
void api_throttle_forgive(struct api_throttle *throttle, const char *account);

#endif
