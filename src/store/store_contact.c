#include "store/store_contact.h"
#include "base/id.h"
#include "db/db.h"

#define COLS                                                                                          \
    "k.id, k.order_id, k.patient_id, k.at, k.received_at, k.channel, k.outcome, k.identity_checked, " \
    "k.last_delivery_ok, k.what, k.by_id, k.fingerprint, k.private_digest, v.value AS note"
#define FROM "FROM contact k LEFT JOIN personal_value v ON v.owner = k.id AND v.field = 'note' "

enum { GET, ADD, OF_ORDER, IDENTIFIED, LAST_DELIVERY };
static const struct db_stmt S[] = {
    [GET] = {"contact.get", "SELECT " COLS " " FROM "WHERE k.id = $1", NULL},
    [ADD] = {"contact.add",
             "INSERT INTO contact (id, order_id, patient_id, at, received_at, channel, outcome, "
             "identity_checked, last_delivery_ok, what, by_id, fingerprint, private_digest) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
             "id order_id patient_id at received_at channel outcome identity_checked last_delivery_ok what "
             "by_id fingerprint private_digest"},
    [OF_ORDER] = {"contact.of-order", "SELECT " COLS " " FROM "WHERE k.order_id = $1 ORDER BY k.at, k.id",
                  NULL},
    [IDENTIFIED] = {"contact.identified",
                    "SELECT CASE WHEN EXISTS (SELECT 1 FROM contact WHERE order_id = $1 "
                    "AND outcome = 'reached' AND identity_checked = 1) THEN 1 ELSE 0 END",
                    NULL},
    [LAST_DELIVERY] = {"contact.last-delivery",
                       "SELECT d.id FROM patient_order o JOIN delivery d ON d.order_id = o.id "
                       "WHERE o.patient_id = $1 AND d.state IN ('delivered', 'failed') "
                       "ORDER BY CASE WHEN d.state = 'delivered' THEN 0 ELSE 1 END, "
                       "COALESCE(d.completed_at, d.starts_at) DESC, d.id DESC LIMIT 1",
                       NULL},
};

static const struct field LAST_FIELDS[] = {FIELD(struct last_delivery, K_ID, id)};
static const struct shape last_shape = SHAPE("last_delivery", struct last_delivery, LAST_FIELDS);

/* A "no" became the contest of the same id. */
static void open(struct contact *contact) {
    if (contact->last_delivery_ok == 0) contact->contest_id = contact->id;
}

enum err store_contact_get(struct ctx *c, struct id id, struct contact *contact_out) {
    TRY(db_one(c, &S[GET], ARGS(db_id(&id)), &contact_shape, contact_out));
    open(contact_out);
    return OK;
}

enum err store_contact_add(struct ctx *c, const struct contact *contact) {
    return db_exec_row(c, &S[ADD], &contact_shape, contact, NULL);
}

enum err store_contact_of_order(struct ctx *c, struct id order_id, struct list *contacts_out) {
    TRY(db_all(c, &S[OF_ORDER], ARGS(db_id(&order_id)), &contact_shape, contacts_out));
    struct contact *contact = (struct contact *)contacts_out->at;
    for (size_t i = 0; i < contacts_out->n; i++)
        open(&contact[i]);
    return OK;
}

enum err store_contact_identified(struct ctx *c, struct id order_id, int64_t *identified_out) {
    return db_value(c, &S[IDENTIFIED], ARGS(db_id(&order_id)), identified_out);
}

enum err store_contact_last_delivery(struct ctx *c, struct id patient_id,
                                     struct last_delivery *delivery_out) {
    return db_one(c, &S[LAST_DELIVERY], ARGS(db_id(&patient_id)), &last_shape, delivery_out);
}
