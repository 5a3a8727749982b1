/* The demo operation: a believable year of a depot in Sydney and one in Perth, made through the use cases
 * under a clock that this program moves. Same seed, same data: every choice and every random byte comes from
 * the seed, and everything happens in the order of its time. */
#ifndef CANARY_SEED_H
#define CANARY_SEED_H

#include "db/db.h"
#include "domain/kpi.h"
#include "domain/delivery.h"
#include "domain/words.h"

enum { SYDNEY, PERTH, DEPOTS };
enum { WORSE_CUSTOMER = 3, WORSE_DRIVER = 1 }; /* one of the customers; one of Sydney's drivers */
enum { ZONES = 8, PRODUCTS = 25, CUSTOMERS = 12, HOME_LINES = 8, PEOPLE = 12 };

struct seed_options {
    const char *db;
    uint64_t seed;
    int64_t patients, months, until;
};

struct demo_depot {
    struct id id;
    const char *timezone;
    int64_t lat, lon;
    int64_t *closed; /* dates, in time order */
    size_t closures, closures_cap;
    struct id rep[PEOPLE], dispatcher[PEOPLE], driver[PEOPLE];
    size_t reps, dispatchers, drivers;
};

struct demo_zone {
    struct id id;
    int depot;
    int64_t weekdays;            /* bit 0 = Monday */
    int64_t window[3][2], stops; /* minutes; stops of each window */
    size_t windows;
};

struct demo_product {
    struct id id;
    int64_t units_per_box, lot_tracked;
};

struct demo_customer {
    struct id id, staff;
    int depot; /* most of its patients */
};

/* A home as it really is, which the service only learns from calls and drops. */
struct home {
    struct id id;
    const char *name, *receiver, *relation; /* receiver NULL: only the patient */
    int depot, zone, customer, regimen;
    int64_t lat, lon;
    int64_t cycle_days, anchor; /* cycle_days 0: monthly */
    int64_t joined_at;
    int64_t status; /* enum patient_status */
    int window;     /* the one they like */
    bool hard_to_reach;
    size_t lines;
    int product[HOME_LINES];
    int64_t use[HOME_LINES];   /* thousandths of a unit a day */
    int64_t stock[HOME_LINES]; /* thousandths, at the end of stock_date */
    int64_t stock_date;
    struct id order, delivery; /* the newest ones */
};

enum act_kind {
    ACT_JOIN,
    ACT_PLAN,
    ACT_SWEEP,
    ACT_CALL,
    ACT_COUNT,
    ACT_CONFIRM,
    ACT_BOOK,
    ACT_RESCHEDULE,
    ACT_CANCEL,
    ACT_LEAVE_OUT,
    ACT_PLAN_RUNS,
    ACT_DISPATCH,
    ACT_STOP,
    ACT_CLEAR,
    ACT_RETRY,
    ACT_REVIEW,
    ACT_JUDGE,
    ACT_CONTEST,
    ACT_STATUS,
    ACT_PRESCRIBE,
    ACT_EMERGENCY,
    ACT_STORM,
    ACT_MONTH,
    ACTS
};

/* Something that happens at an instant. What the members mean is the act's own affair. */
struct act {
    int64_t at;
    int64_t number; /* of acts made so far: the order of equal instants */
    enum act_kind kind;
    struct id id; /* of an order, delivery, run or discrepancy */
    int64_t home; /* index */
    int64_t value, more;
    struct id driver;
};

struct tally {
    int64_t calls, orders, drops, failures, refusals;
};

struct seed {
    struct ctx *c;      /* its arena lives for one act */
    struct arena *keep; /* until the end */
    struct seed_options options;
    uint64_t random;
    int64_t start; /* date: history begins; the people and the catalogue are there two weeks before */
    struct demo_depot depot[DEPOTS];
    struct demo_zone zone[ZONES];
    struct demo_product product[PRODUCTS];
    struct demo_customer customer[CUSTOMERS];
    struct id admin, manager[2];
    struct home *home; /* in the order they join, which is the order of their ids */
    size_t homes;
    struct act *queue; /* a heap */
    size_t queued, queue_cap;
    int64_t acts;
    struct tally tally;
};

/* ---- seed_random.c ---- */
void seed_random_begin(uint64_t seed); /* of what random_fill gives */
uint64_t seed_random(struct seed *s);
int64_t seed_between(struct seed *s, int64_t least, int64_t most);
bool seed_chance(struct seed *s, double of_one);
/* An index of n weights. */
size_t seed_weighted(struct seed *s, const int *weight, size_t n);

/* ---- seed_queue.c ---- */
void seed_push(struct seed *s, struct act act);
bool seed_pop(struct seed *s, struct act *act_out);

/* ---- seed_world.c: depots, products, customers, people, days ---- */
MUST enum err seed_world(struct seed *s);
const char *seed_customer_name(int customer);
bool seed_open_on(const struct demo_depot *depot, int64_t date); /* a weekday that is no holiday */
bool seed_served_on(const struct seed *s, const struct demo_zone *zone, int64_t date);
void seed_close(struct demo_depot *depot, int64_t date);
int64_t seed_local(const struct demo_depot *depot, int64_t date, int64_t minutes);
int64_t seed_today(const struct seed *s, const struct demo_depot *depot);
/* A moment of working hours on the first open day on or after `date`, not before now. */
int64_t seed_office_time(struct seed *s, const struct demo_depot *depot, int64_t date);

/* ---- seed_holiday.c ---- */
struct holiday {
    int64_t date;
    const char *name;
};
/* Public holidays of the depot's state in one year; gives how many. */
size_t seed_holidays(int depot, int year, struct holiday holidays_out[16]);

/* ---- seed_names.c ---- */
const char *seed_person(struct seed *s);
const char *seed_address(struct seed *s, int depot);
extern const char *const seed_relations[];
extern const size_t seed_relations_n;
extern const char *const seed_access_notes[];
extern const size_t seed_access_notes_n;

/* ---- seed_home.c: patients ---- */
MUST enum err seed_homes(struct seed *s); /* who they are; each joins by an act of its own */
struct home *seed_home_of(struct seed *s, struct id patient_id);
/* Units on hand at the end of a date; later than any asked before. */
int64_t seed_stock(struct home *home, size_t line, int64_t date);
void seed_stock_add(struct seed *s, struct home *home, struct id product_id, int64_t units);
int seed_product(const struct seed *s, struct id id);

/* ---- who acts ---- */
void seed_as(struct seed *s, enum role role, struct id user_id);
void seed_as_rep(struct seed *s, const struct home *home);
void seed_as_dispatcher(struct seed *s, int depot);
/* A use case in a savepoint of its own, as the service's writer runs it. A refusal that reality knows (no
 * room left, an outcome meanwhile) undoes it: OK, and *done_out is false. */
MUST enum err seed_try(struct seed *s, enum err (*use)(struct seed *s, void *user), void *user,
                       bool *done_out);

/* The instant of an act that is some time later: minutes from now. */
int64_t seed_in(const struct seed *s, int64_t minutes);

typedef enum err act_run(struct seed *s, const struct act *act);
act_run seed_act_join, seed_act_plan, seed_act_sweep, seed_act_call, seed_act_count, seed_act_confirm,
    seed_act_book, seed_act_reschedule, seed_act_cancel, seed_act_leave_out, seed_act_plan_runs,
    seed_act_dispatch, seed_act_stop, seed_act_clear, seed_act_retry, seed_act_review, seed_act_judge,
    seed_act_contest, seed_act_status, seed_act_prescribe, seed_act_emergency, seed_act_storm, seed_act_month;

/* ---- seed_booking.c ---- */

/* Books the order on a served day in from … to: the latest with room, or the earliest. */
struct wish {
    struct id order_id;
    int64_t from, to; /* dates */
    bool earliest;
    int64_t asked_by; /* enum party */
    const char *reason;
};
MUST enum err seed_book(struct seed *s, struct home *home, const struct wish *wish,
                        struct delivery_row *delivery_out, bool *done_out);

/* ---- seed_run.c ---- */

/* Sends a delivery booked for today after the run of the attempt before it; false when that run is over. */
MUST enum err seed_send_after(struct seed *s, const struct delivery_row *delivery, struct id run_id,
                              bool *done_out);

/* ---- seed_stop.c ---- */
enum fate { FATE_DROP, FATE_FAIL, FATE_SILENT };
/* What will happen at this stop: pushes its act. `at`: when the driver means to be there. */
void seed_stop_plan(struct seed *s, const struct delivery_row *delivery, struct id driver_id, int64_t at);
/* How much worse than usual a customer's, a driver's stops go. */
double seed_trouble(const struct seed *s, const struct home *home, struct id driver_id);

/* ---- seed_report.c ---- */
MUST enum err seed_summary(struct seed *s);

#endif
