#include "seed.h"
#include "base/date.h"
#include "store/store_audit.h"
#include "store/store_commitment.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- a line a month ---- */

enum err seed_act_month(struct seed *s, const struct act *act) {
    char date[DATE_TEXT_SIZE];
    fprintf(stderr, "  %.7s  %6lld calls  %6lld orders  %6lld drops  %4lld failed attempts\n",
            date_format(act->more, date), (long long)s->tally.calls, (long long)s->tally.orders,
            (long long)s->tally.drops, (long long)s->tally.failures);
    s->tally = (struct tally){0};
    return OK;
}

/* ---- what came of it: the report's own figures ---- */

struct figures {
    struct kpi all, customer[CUSTOMERS];
    const struct seed *s;
    int64_t as_of;
};

static enum err add(struct ctx *c, void *commitment, void *user) {
    const struct commitment *row = commitment;
    struct figures *f = user;
    (void)c;
    kpi_add(&f->all, row, BASIS_COMMITMENT, f->as_of);
    for (int i = 0; i < CUSTOMERS; i++)
        if (memcmp(&f->s->customer[i].id, &row->customer_id, sizeof row->customer_id) == 0)
            kpi_add(&f->customer[i], row, BASIS_COMMITMENT, f->as_of);
    return OK;
}

static double percent(int64_t n, int64_t of) {
    return of ? 100.0 * (double)n / (double)of : 0;
}

static void print_figures(const char *label, const struct kpi *k) {
    printf("  %-22s %6lld due  %5.2f %% missed  %5.2f %% late  %5.2f %% inaccurate  %5.2f %% otif\n", label,
           (long long)k->due, percent(k->missed, k->due), percent(k->late, k->due),
           percent(k->inaccurate, k->due_stated), percent(k->otif, k->due_stated));
}

static double megabytes(const char *path) {
    struct stat file;
    return stat(path, &file) == 0 ? (double)file.st_size / 1e6 : 0;
}

enum err seed_summary(struct seed *s) {
    struct figures f = {.s = s, .as_of = s->options.until};
    int64_t next;
    TRY(store_commitment_each(s->c, s->start, s->options.until / DAY_MS + 1, s->options.until,
                              (struct id){{0}}, add, &f));
    TRY(store_audit_next(s->c, &next));
    print_figures("all customers", &f.all);
    print_figures(seed_customer_name(WORSE_CUSTOMER), &f.customer[WORSE_CUSTOMER]);
    printf("  %lld audit events, %.0f MB in %s\n", (long long)next - 1, megabytes(s->options.db),
           s->options.db);
    return OK;
}
