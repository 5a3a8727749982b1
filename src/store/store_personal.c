#include "store/store_personal.h"
#include "base/random.h"
#include "db/db.h"

#define SALT_SIZE 16

/* A row per table: where the words are, and the two statements. A column that must not be null is "" when
 * erased. */
static const struct {
    struct personal_columns columns;
    struct db_stmt salt;  /* $1 the row, $2 the salt */
    struct db_stmt erase; /* $1 the patient */
} PLACE[PERSONAL_PLACES] = {
    [PERSONAL_CUSTOMER] =
        {{"customer", "contact_name contact_email contact_phone", false},
         {"customer.salt",
          "UPDATE customer SET salt = $2 WHERE id = $1 AND salt IS NULL AND (contact_name IS "
          "NOT NULL OR contact_email IS NOT NULL OR contact_phone IS NOT NULL)",
          NULL},
         {0}},
    [PERSONAL_USER] = {{"user_account", "email email_folded name", false},
                       {"user.salt", "UPDATE user_account SET salt = $2 WHERE id = $1 AND salt IS NULL",
                        NULL},
                       {0}},
    [PERSONAL_PATIENT] =
        {{"patient", "name phone address lat lon access_notes", true},
         {"patient.salt",
          "UPDATE patient SET salt = $2 WHERE id = $1 AND salt IS NULL AND (name <> '' OR "
          "phone IS NOT NULL OR address IS NOT NULL OR lat IS NOT NULL OR access_notes IS NOT "
          "NULL)",
          NULL},
         {"patient.erase",
          "UPDATE patient SET name = '', phone = NULL, address = NULL, lat = NULL, lon = "
          "NULL, access_notes = NULL, salt = NULL WHERE id = $1 AND salt IS NOT NULL",
          NULL}},
    [PERSONAL_RECEIVER] = {{"patient_receiver", "name relation", true},
                           {"receiver.salt",
                            "UPDATE patient_receiver SET salt = $2 WHERE patient_id = $1 AND salt IS NULL",
                            NULL},
                           {"receiver.erase", "DELETE FROM patient_receiver WHERE patient_id = $1", NULL}},
    [PERSONAL_PAUSE] =
        {{"pause", "reason", true},
         {"pause.salt", "UPDATE pause SET salt = $2 WHERE id = $1 AND salt IS NULL AND reason <> ''", NULL},
         {"pause.erase",
          "UPDATE pause SET reason = '', salt = NULL WHERE patient_id = $1 AND salt IS NOT NULL", NULL}},
    [PERSONAL_ORDER] =
        {{"patient_order", "reason to_address to_lat to_lon", true},
         {"order.salt",
          "UPDATE patient_order SET salt = $2 WHERE id = $1 AND salt IS NULL AND (reason IS NOT "
          "NULL OR to_address IS NOT NULL OR to_lat IS NOT NULL)",
          NULL},
         {"order.erase",
          "UPDATE patient_order SET reason = NULL, to_address = NULL, to_lat = NULL, to_lon = "
          "NULL, salt = NULL WHERE patient_id = $1 AND salt IS NOT NULL",
          NULL}},
    [PERSONAL_DELIVERY] =
        {{"delivery", "reason", true},
         {"delivery.salt",
          "UPDATE delivery SET salt = $2 WHERE id = $1 AND salt IS NULL AND reason IS NOT NULL", NULL},
         /* the coded reason of a failure stays: it says nothing about the patient */
         {"delivery.erase",
          "UPDATE delivery SET reason = CASE WHEN state = 'failed' THEN reason END, salt = "
          "NULL WHERE patient_id = $1 AND salt IS NOT NULL",
          NULL}},
    [PERSONAL_DISCREPANCY] =
        {{"discrepancy", "reason", true},
         {"discrepancy.salt",
          "UPDATE discrepancy SET salt = $2 WHERE id = $1 AND salt IS NULL AND reason IS "
          "NOT NULL",
          NULL},
         {"discrepancy.erase",
          /* by order: no index has discrepancies by patient */
          "UPDATE discrepancy SET reason = NULL, salt = NULL WHERE order_id IN (SELECT id FROM "
          "patient_order WHERE patient_id = $1) AND salt IS NOT NULL",
          NULL}},
};

/* A value goes with the thing it belongs to. */
static const struct db_stmt ELSEWHERE[] = {
    {"personal.erase",
     "DELETE FROM personal_value WHERE owner IN (SELECT id FROM patient WHERE id = $1 "
     "UNION ALL SELECT id FROM patient_order WHERE patient_id = $1 "
     "UNION ALL SELECT d.id FROM patient_order o JOIN delivery d ON d.order_id = o.id WHERE o.patient_id = "
     "$1 "
     "UNION ALL SELECT e.own_id FROM patient_order o JOIN delivery d ON d.order_id = o.id "
     "JOIN field_event e ON e.delivery_id = d.id WHERE o.patient_id = $1 "
     "UNION ALL SELECT t.id FROM patient_order o JOIN delivery d ON d.order_id = o.id "
     "JOIN contest t ON t.delivery_id = d.id WHERE o.patient_id = $1 "
     "UNION ALL SELECT k.id FROM patient_order o JOIN contact k ON k.order_id = o.id WHERE o.patient_id = $1 "
     "UNION ALL SELECT id FROM pause WHERE patient_id = $1 "
     "UNION ALL SELECT x.id FROM patient_order o JOIN discrepancy x ON x.order_id = o.id "
     "WHERE o.patient_id = $1)",
     NULL},
    {"patient.erase-words", "DELETE FROM patient_word WHERE patient_id = $1", NULL},
    /* Pictures of a home, a hand's writing. What is known of an image stays: its hash, when it came. */
    {"evidence.erase",
     "DELETE FROM evidence_image WHERE sha256 IN (SELECT v.sha256 FROM patient_order o JOIN delivery d ON "
     "d.order_id = o.id "
     "JOIN field_event e ON e.delivery_id = d.id JOIN field_event_evidence v ON v.own_id = e.own_id "
     "WHERE o.patient_id = $1)",
     NULL},
};

const struct personal_columns *store_personal_columns(enum personal_place place) {
    return &PLACE[place].columns;
}

enum err store_personal_salt(struct ctx *c, enum personal_place place, struct id id) {
    uint8_t salt[SALT_SIZE];
    random_fill(salt, sizeof salt);
    return db_exec(c, &PLACE[place].salt, ARGS(db_id(&id), db_blob(salt, sizeof salt)), NULL);
}

static enum err erase(struct ctx *c, const struct db_stmt *s, struct id patient_id, int64_t *erased) {
    int64_t changed;
    TRY(db_exec(c, s, ARGS(db_id(&patient_id)), &changed));
    *erased += changed;
    return OK;
}

enum err store_personal_erase(struct ctx *c, struct id patient_id, int64_t *erased_out) {
    *erased_out = 0;
    for (size_t i = 0; i < PERSONAL_PLACES; i++)
        if (PLACE[i].columns.of_patient) TRY(erase(c, &PLACE[i].erase, patient_id, erased_out));
    for (size_t i = 0; i < COUNT(ELSEWHERE); i++)
        TRY(erase(c, &ELSEWHERE[i], patient_id, erased_out));
    return OK;
}
