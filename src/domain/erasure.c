#include "domain/erasure.h"
#include "base/err.h"

const struct names erase_reason_names = {(const char *const[]){"request", "retention", "mistake"}, 3};
const struct names obstacle_kind_names = {(const char *const[]){"orders", "deliveries", "discrepancies"}, 3};

static const struct field IN_FIELDS[] = {
    FIELD(struct erasure_in, K_ENUM, reason, .flags = F_REQUIRED, .names = &erase_reason_names,
          .doc = "request: the patient asked; retention: the time to keep records is over; mistake: should "
                 "never have been recorded"),
};
const struct shape erasure_in_shape = SHAPE("erasure_new", struct erasure_in, IN_FIELDS);

#define ROW(kind_, ...) FIELD(struct erasure, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    ROW(K_ID, id),
    ROW(K_ID, patient_id),
    ROW(K_INSTANT, at),
    ROW(K_ENUM, reason, .names = &erase_reason_names),
    ROW(K_ID, by_id, .doc = "null: by the command line"),
    ROW(K_INT, erased, .doc = "rows that held a word of the patient; " ERASE_BACKUPS),
    ROW(K_INSTANT, cleaned_at,
        .doc = "since when no piece of them is left in pages of the file; null: the service writes the file "
               "anew within minutes, or, where it is larger than 2 GiB, `canary patient erase` does once the "
               "service is stopped"),
    ROW(K_INT, version),
};
const struct shape erasure_shape = SHAPE("erasure", struct erasure, FIELDS);
