/* Field events over the API: drops and failed attempts. */
#ifndef CANARY_API_DROP_H
#define CANARY_API_DROP_H

#include "api/api.h"

api_step api_drop_find; /* what the actor may report on */
api_step api_drop_confirm;
api_step api_drop_fail;
api_step api_amend_find; /* a confirmation that the actor may amend */
api_step api_amend;

#endif
