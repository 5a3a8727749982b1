/* Reading the trail. */
#ifndef CANARY_API_AUDIT_H
#define CANARY_API_AUDIT_H

#include "api/api.h"

extern const struct shape audit_query_shape, proof_query_shape, consistency_query_shape;
api_step api_audit_list, api_audit_head, api_audit_proof, api_audit_consistency;

#endif
