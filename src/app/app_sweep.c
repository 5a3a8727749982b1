#include "app/app_sweep.h"
#include "app/app_audit.h"
#include "app/app_discrepancy.h"
#include "app/app_figure.h"
#include "app/app_recall.h"
#include "app/evidence_wait.h"
#include "store/store_commitment.h"
#include "store/store_drop.h"

#define RECEIPT(kind_, ...) FIELD(struct sweep_receipt, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    RECEIPT(K_INSTANT, at),
    RECEIPT(K_INT, looked, .doc = "commitments the clock had to look at"),
    RECEIPT(K_INT, late),
    RECEIPT(K_INT, missed),
    RECEIPT(K_INT, runs_closed),
    RECEIPT(K_INT, recalled, .doc = "discrepancies of recalled lots opened"),
    RECEIPT(K_INT, no_proof, .doc = "confirmations whose images did not arrive in time"),
    RECEIPT(K_BOOL, more, .doc = "true: there is more to look at, sweep again"),
};
const struct shape sweep_receipt_shape = SHAPE("sweep_receipt", struct sweep_receipt, FIELDS);

MUST static enum err judge(struct ctx *c, struct commitment *row, struct sweep_receipt *receipt) {
    bool changed;
    TRY(app_timing_judge(c, row, BY_WITNESS, &changed));
    TRY(store_commitment_facts_set(c, row));
    if (!changed) return OK;
    receipt->late += row->swept == SWEPT_LATE;
    receipt->missed += row->swept == SWEPT_MISSED;
    return app_audit(c,
                     &(struct audit){.action = "commitment.sweep",
                                     .entity = "order",
                                     .id = row->order_id,
                                     .version = row->version,
                                     .change = row->swept == SWEPT_MISSED ? "{\"timeliness\":\"missed\"}"
                                               : row->swept == SWEPT_LATE ? "{\"timeliness\":\"late\"}"
                                                                          : "{\"timeliness\":\"not_due\"}"});
}

MUST static enum err close_runs(struct ctx *c, struct sweep_receipt *receipt) {
    struct list ids;
    TRY(store_run_overdue(c, c->now - c->rules->grace_ms, &ids));
    for (size_t i = 0; i < ids.n; i++) {
        struct id id = ((const struct run_id_row *)ids.at)[i].id;
        int64_t version;
        TRY(store_run_close(c, id, &version));
        TRY(app_audit(c, &(struct audit){
                             .action = "run.close",
                             .entity = "run",
                             .id = id,
                             .version = version,
                             .change = "{\"state\":\"closed\",\"why\":\"last window and grace are over\"}"}));
    }
    receipt->runs_closed = (int64_t)ids.n;
    return OK;
}

enum err app_sweep(struct ctx *c, int64_t limit, struct sweep_receipt *receipt_out) {
    struct list rows;
    struct sweep_receipt receipt = {.at = c->now};
    int64_t recalls_left;
    bool evidence_left, days_left = false;
    TRY(store_commitment_due(c, c->now, limit, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct commitment row = ((const struct commitment *)rows.at)[i];
        TRY(judge(c, &row, &receipt));
    }
    receipt.looked = (int64_t)rows.n;
    receipt.more = receipt.looked == limit;
    TRY(close_runs(c, &receipt));
    TRY(evidence_sweep(c, limit, &receipt.no_proof, &evidence_left));
    receipt.more |= evidence_left;
    TRY(app_recall_open(c, &receipt.recalled, &recalls_left));
    receipt.more |= recalls_left;
    if (!receipt.more) TRY(app_figure_sum(c, limit, &days_left)); /* what is overdue changes them first */
    receipt.more |= days_left;
    *receipt_out = receipt;
    return OK;
}
