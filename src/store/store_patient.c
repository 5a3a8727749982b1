#include "db/db.h"
#include "store/store_patient.h"
#include "store/store_personal.h"

#define COLS                                                                                             \
    "p.id, p.code, p.customer_id, p.zone_id, p.name, p.phone, p.address, p.lat, p.lon, p.access_notes, " \
    "p.cycle_every, p.cycle_unit, p.cycle_anchor, p.safety_days, p.status, p.status_from, "              \
    "p.status_recorded_at, p.active_from, p.cover_until, p.erased_at, p.version"
#define MEMBERS                                                                                   \
    "id code customer_id zone_id name phone address lat lon access_notes cycle_every cycle_unit " \
    "cycle_anchor safety_days status status_from status_recorded_at active_from version"
#define BEGINS(nth, from, to)                                                                         \
    "AND (CAST($" from " AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM patient_word w" nth " WHERE w" nth \
    ".patient_id = p.id AND w" nth ".word >= $" from " AND w" nth ".word < $" to ")) "

enum {
    GET,
    BY_CODE,
    LIST,
    ADD,
    SET,
    RECEIVERS,
    RECEIVERS_CLEAR,
    RECEIVER_ADD,
    WORDS_CLEAR,
    WORD_ADD,
    SEARCH,
    COMMITMENTS,
    UNBOOKED
};
static const struct db_stmt S[] = {
    [GET] = {"patient.get", "SELECT " COLS " FROM patient p WHERE p.id = $1", NULL},
    [BY_CODE] = {"patient.by-code", "SELECT " COLS " FROM patient p WHERE p.code = $1", NULL},
    [LIST] = {"patient.list",
              "SELECT " COLS " FROM patient p JOIN zone z ON z.id = p.zone_id WHERE p.id > $1 "
              "AND p.customer_id = COALESCE($2, p.customer_id) AND p.zone_id = COALESCE($3, p.zone_id) "
              "AND z.depot_id = COALESCE($4, z.depot_id) AND p.status = COALESCE($5, p.status) "
              "ORDER BY p.id LIMIT $6",
              NULL},
    [ADD] = {"patient.add",
             "INSERT INTO patient (id, code, customer_id, zone_id, name, phone, address, lat, lon, "
             "access_notes, cycle_every, cycle_unit, cycle_anchor, safety_days, status, status_from, "
             "status_recorded_at, active_from, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
             "$11, $12, $13, $14, $15, $16, $17, $18, $19)",
             MEMBERS},
    [SET] = {"patient.set",
             "UPDATE patient SET code = $2, customer_id = $3, zone_id = $4, name = $5, phone = $6, "
             "address = $7, lat = $8, lon = $9, access_notes = $10, cycle_every = $11, cycle_unit = $12, "
             "cycle_anchor = $13, safety_days = $14, status = $15, status_from = $16, "
             "status_recorded_at = $17, active_from = $18, version = $19 WHERE id = $1",
             MEMBERS},
    [RECEIVERS] = {"patient.receivers",
                   "SELECT name, relation FROM patient_receiver WHERE patient_id = $1 ORDER BY position",
                   NULL},
    [RECEIVERS_CLEAR] = {"patient.receivers-clear", "DELETE FROM patient_receiver WHERE patient_id = $1",
                         NULL},
    [RECEIVER_ADD] = {"patient.receiver-add",
                      "INSERT INTO patient_receiver (patient_id, position, name, relation) "
                      "VALUES ($1, $2, $3, $4)",
                      NULL},
    [WORDS_CLEAR] = {"patient.words-clear", "DELETE FROM patient_word WHERE patient_id = $1", NULL},
    [WORD_ADD] = {"patient.word-add", "INSERT INTO patient_word (word, patient_id) VALUES ($1, $2)", NULL},
    /* The first word's range drives; the others are looked up per patient found. */
    [SEARCH] = {"patient.search",
                "SELECT p.id, p.code, p.name, p.phone, p.address, p.customer_id, p.zone_id, p.status, "
                "p.status_from FROM patient p WHERE p.id IN "
                "(SELECT w.patient_id FROM patient_word w WHERE w.word >= $1 AND w.word < $2) " BEGINS(
                    "2", "3", "4") BEGINS("3", "5", "6") BEGINS("4", "7", "8") BEGINS("5", "9", "10")
                    BEGINS("6", "11", "12") "ORDER BY p.code LIMIT $13",
                NULL},
    [COMMITMENTS] = {"patient.commitments",
                     "SELECT o.id FROM patient_order o JOIN commitment k ON k.order_id = o.id "
                     "WHERE o.patient_id = $1 AND k.known_until = 9223372036854775807 AND k.date >= $2 "
                     "ORDER BY o.due_date, o.id",
                     NULL},
    [UNBOOKED] = {"patient.unbooked",
                  "SELECT o.id FROM patient_order o JOIN commitment k ON k.order_id = o.id "
                  "WHERE o.patient_id = $1 AND o.kind = 'cycle' AND o.due_date BETWEEN $2 AND $3 "
                  "AND k.known_until = 9223372036854775807 AND k.cause = 'not_scheduled' "
                  "ORDER BY o.due_date, o.id",
                  NULL},
};

struct one_id {
    struct id id;
};
static const struct field ONE_ID_FIELDS[] = {FIELD(struct one_id, K_ID, id)};
static const struct shape one_id_shape = SHAPE("id", struct one_id, ONE_ID_FIELDS);

static enum err open(struct ctx *c, struct patient *patient) {
    TRY(nest_open(c, &patient_shape, patient));
    TRY(db_all(c, &S[RECEIVERS], ARGS(db_id(&patient->id)), &patient_receiver_shape, &patient->receivers));
    if (!patient->receivers.at) patient->receivers.at = &patient_receiver_shape; /* stated, and empty */
    return OK;
}

enum err store_patient_get(struct ctx *c, struct id id, struct patient *patient_out) {
    TRY(db_one(c, &S[GET], ARGS(db_id(&id)), &patient_shape, patient_out));
    return open(c, patient_out);
}

enum err store_patient_by_code(struct ctx *c, const char *code, struct patient *patient_out) {
    TRY(db_one(c, &S[BY_CODE], ARGS(db_text(code)), &patient_shape, patient_out));
    return open(c, patient_out);
}

enum err store_patient_list(struct ctx *c, const struct catalogue_filter *filter, struct list *patients_out) {
    TRY(db_all(c, &S[LIST],
               ARGS(db_place(&filter->after), db_id(&filter->customer_id), db_id(&filter->zone_id),
                    db_id(&filter->depot_id), db_word(&patient_status_names, filter->status),
                    db_int(filter->limit)),
               &patient_shape, patients_out));
    struct patient *patient = (struct patient *)patients_out->at;
    for (size_t i = 0; i < patients_out->n; i++)
        TRY(open(c, &patient[i]));
    return OK;
}

static enum err set_receivers(struct ctx *c, const struct patient *patient) {
    const struct patient_receiver *receiver = patient->receivers.at;
    TRY(db_exec(c, &S[RECEIVERS_CLEAR], ARGS(db_id(&patient->id)), NULL));
    for (size_t i = 0; i < patient->receivers.n; i++)
        TRY(db_exec(c, &S[RECEIVER_ADD],
                    ARGS(db_id(&patient->id), db_int((int64_t)i), db_text(receiver[i].name),
                         db_text(receiver[i].relation)),
                    NULL));
    return store_personal_salt(c, PERSONAL_RECEIVER, patient->id);
}

static enum err set_words(struct ctx *c, const struct patient *patient) {
    struct list words;
    TRY(patient_words(c, patient, &words));
    TRY(db_exec(c, &S[WORDS_CLEAR], ARGS(db_id(&patient->id)), NULL));
    for (size_t i = 0; i < words.n; i++)
        TRY(db_exec(c, &S[WORD_ADD], ARGS(db_text(((const char *const *)words.at)[i]), db_id(&patient->id)),
                    NULL));
    return OK;
}

enum err store_patient_add(struct ctx *c, const struct patient *patient) {
    TRY(db_exec_row(c, &S[ADD], &patient_shape, patient, NULL));
    TRY(store_personal_salt(c, PERSONAL_PATIENT, patient->id));
    TRY(set_receivers(c, patient));
    return set_words(c, patient);
}

enum err store_patient_set(struct ctx *c, const struct patient *patient) {
    TRY(db_exec_row(c, &S[SET], &patient_shape, patient, NULL));
    TRY(store_personal_salt(c, PERSONAL_PATIENT, patient->id));
    TRY(set_receivers(c, patient));
    return set_words(c, patient);
}

/* Every text that begins with a word lies below the word and the last code point there is. */
#define LAST_CODE_POINT "\xf4\x8f\xbf\xbf"

enum err store_patient_search(struct ctx *c, struct list words, int64_t limit, struct list *briefs_out) {
    struct db_arg args[2 * PATIENT_SEARCH_WORDS + 1];
    const char *const *word = words.at;
    for (size_t i = 0; i < PATIENT_SEARCH_WORDS; i++) {
        const char *end = i < words.n ? arena_printf(c->arena, "%s" LAST_CODE_POINT, word[i]) : NULL;
        if (i < words.n && !end)
            return FAIL(c, ERR_LIMIT, "request.too-large",
                        "The request needs more memory than one may have.");
        args[2 * i] = db_text(i < words.n ? word[i] : NULL);
        args[2 * i + 1] = db_text(end);
    }
    args[2 * PATIENT_SEARCH_WORDS] = db_int(limit);
    return db_all(c, &S[SEARCH], args, COUNT(args), &patient_brief_shape, briefs_out);
}

enum err store_patient_commitments(struct ctx *c, struct id id, int64_t from, struct list *order_ids_out) {
    return db_all(c, &S[COMMITMENTS], ARGS(db_id(&id), db_int(from)), &one_id_shape, order_ids_out);
}

enum err store_patient_unbooked(struct ctx *c, struct id id, int64_t from, int64_t to,
                                struct list *order_ids_out) {
    return db_all(c, &S[UNBOOKED], ARGS(db_id(&id), db_int(from), db_int(to)), &one_id_shape, order_ids_out);
}
