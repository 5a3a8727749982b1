/* Images. */
#ifndef CANARY_SRC_API_EVIDENCE_H
#define CANARY_SRC_API_EVIDENCE_H

#include "api/api.h"

api_step api_evidence_named, api_evidence_find, api_evidence_prepare, api_evidence_put, api_evidence_get;

#endif
