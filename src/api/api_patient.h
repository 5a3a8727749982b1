/* Patients beside the catalogue's way: search, prescriptions, pauses. */
#ifndef CANARY_API_PATIENT_H
#define CANARY_API_PATIENT_H

#include "api/api.h"

api_step api_patient_find, api_patient_find_change, api_patient_search;
api_step api_prescription_get, api_prescription_put;
api_step api_pause_list, api_pause_add, api_pause_remove;

#endif
