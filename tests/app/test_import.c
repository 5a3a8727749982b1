/* Imports: what single requests would do, row by row, with every bad row named. */
#include "app/app_import.h"
#include "app/app_patient.h"
#include "base/date.h"
#include "base/text.h"
#include "store/store_commitment.h"
#include "store/store_patient.h"
#include "world.h"
#include <stdio.h>

struct work {
    const char *kind;
    struct import_file file;
    struct import_receipt receipt;
};

static enum err run(struct ctx *c, void *user) {
    struct work *work = user;
    return app_import(c, work->kind, &work->file, &work->receipt);
}

static struct work work_of(const char *kind, const char *csv, bool keep_good) {
    return (struct work){.kind = kind,
                         .file = {.name = "f.csv", .bytes = csv, .n = strlen(csv), .keep_good = keep_good}};
}

/* In a unit of its own, as the command line does it. */
static enum err import(struct world *w, const char *kind, const char *csv, bool keep_good,
                       struct import_receipt *receipt_out) {
    struct work work = work_of(kind, csv, keep_good);
    ctx_fault_clear(w->c);
    enum err err = db_unit(w->c, run, &work);
    *receipt_out = work.receipt;
    return err;
}

/* "added changed unchanged refused" */
static const char *counts(struct world *w, const struct import_receipt *receipt) {
    CHECK_INT(receipt->rows, receipt->added + receipt->changed + receipt->unchanged + receipt->refused);
    return arena_printf(w->c->arena, "%lld %lld %lld %lld", (long long)receipt->added,
                        (long long)receipt->changed, (long long)receipt->unchanged,
                        (long long)receipt->refused);
}

static void check_import(int line, struct world *w, const char *kind, const char *csv, const char *want) {
    struct import_receipt receipt;
    enum err err = import(w, kind, csv, true, &receipt);
    const char *got = err == OK ? counts(w, &receipt) : err_name(err);
    if (strcmp(got, want) == 0) return;
    const struct import_fault *fault = receipt.faults.at;
    check_fail(__FILE__, line, "%s, not %s; %s %s", got, want, receipt.faults.n ? fault->column : "",
               receipt.faults.n     ? fault->detail
               : w->c->fault.detail ? w->c->fault.detail
                                    : "");
}
#define CHECK_IMPORT(w, kind, csv, want) check_import(__LINE__, (w), (kind), (csv), (want))

/* The faults as "line:column …". */
static const char *where(struct world *w, const struct import_receipt *receipt) {
    struct text out = text_in(w->c->arena);
    const struct import_fault *fault = receipt->faults.at;
    text_str(&out, "");
    for (size_t i = 0; i < receipt->faults.n; i++)
        text_printf(&out, "%s%lld:%s", i ? " " : "", (long long)fault[i].line, fault[i].column);
    return out.at;
}

static void check_faults(int line, struct world *w, const char *kind, const char *csv, const char *want) {
    struct import_receipt receipt;
    CHECK_OK(w->c, import(w, kind, csv, true, &receipt));
    if (strcmp(where(w, &receipt), want) != 0)
        check_fail(__FILE__, line, "%s, not %s", where(w, &receipt), want);
    for (size_t i = 0; i < receipt.faults.n; i++)
        if (strstr(((const struct import_fault *)receipt.faults.at)[i].detail, "Marker"))
            check_fail(__FILE__, line, "a fault names a person");
}
#define CHECK_FAULTS(w, kind, csv, want) check_faults(__LINE__, (w), (kind), (csv), (want))

TEST(cat_import_depots_adds_changes_and_leaves) {
    struct world *w = world_make();
    static const char CSV[] = "code,name,timezone,address,lat,lon\n"
                              "MEL,Melbourne,Australia/Melbourne,\"1 Dock, West\",-37.8136,144.9631\n"
                              "SYD,SYD,Australia/Sydney,,-33.8688,151.2093\n"
                              "PER,Perth,Australia/Perth,,,\n";
    CHECK_IMPORT(w, "depots", CSV, "1 1 1 0");
    CHECK_IMPORT(w, "depots", CSV, "0 0 3 0");
    CHECK_INT(world_count(w, "SELECT lat FROM depot WHERE code = 'MEL'"), -378136000);
    CHECK_INT(world_count(w, "SELECT lat FROM depot WHERE code = 'PER'"),
              -319505000); /* an empty cell says nothing */
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), 2);
    CHECK_INT(world_count(w, "SELECT version FROM depot WHERE code = 'PER'"), 2);
}

TEST(cat_import_zones_reads_days_and_windows) {
    struct world *w = world_make();
    CHECK_IMPORT(w, "zones",
                 "depot,code,name,weekdays,windows,weight_max_g\n"
                 "SYD,N,North,\"1, 3,5\",08:00-12:00/10;12:00-24:00/0,5000\n"
                 "SYD,S,South,,,\n"
                 "PER,PER,Perth,,18:00 - 20:00,\n",
                 "2 1 0 0");
    CHECK_INT(world_count(w, "SELECT weekdays FROM zone WHERE code = 'N'"), 21);
    CHECK_INT(world_count(w, "SELECT weekdays FROM zone WHERE code = 'S'"), 31);
    CHECK_INT(world_count(w, "SELECT stops_max FROM zone_window WHERE to_min = 1440"), 0);
    CHECK_INT(world_count(w, "SELECT stops_max FROM zone_window WHERE from_min = 1080"), 10);
    CHECK_INT(world_count(w, "SELECT weekdays FROM zone WHERE code = 'PER'"), 31);
    CHECK_FAULTS(w, "zones",
                 "depot,code,name,weekdays,windows\n"
                 "SYD,A,a,\"1,8\",\n"
                 "SYD,B,b,\"1,1\",\n"
                 "SYD,C,c,,08:00-07:00\n"
                 "SYD,D,d,,8-12\n"
                 "SYD,E,e,,08:00-12:00/-1\n"
                 "XXX,F,f,,\n"
                 ",G,g,,\n"
                 "SYD,H,,,\n",
                 "2:weekdays 3:weekdays 4:windows 5:windows 6:windows 7:depot 8:depot 9:name");
}

TEST(cat_import_closures_by_depot_and_date) {
    struct world *w = world_make();
    CHECK_IMPORT(w, "closures",
                 "depot,date,reason\nSYD,2026-12-25,Christmas\nPER,2026-12-25,Christmas\nSYD,2026-02-30,x\n",
                 "2 0 0 1");
    CHECK_IMPORT(w, "closures", "depot,date,reason\nSYD,2026-12-25,Christmas Day\nPER,2026-12-25,Christmas\n",
                 "0 1 1 0");
}

TEST(cat_import_quantities_are_exact) {
    struct world *w = world_make();
    static const struct {
        const char *units;
        bool good;
    } CASES[] = {{"-1", false},
                 {"0", false},
                 {"1", true},
                 {"2147483648", false},
                 {"9007199254740993", false},
                 {"1.5", false},
                 {"10000000", true},
                 {"10000001", false},
                 {"1e3", true},
                 {"0x10", false},
                 {"five", false},
                 {"", false}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct import_receipt receipt;
        CHECK_OK(w->c,
                 import(w, "products",
                        arena_printf(w->c->arena,
                                     "code,name,base_unit,box_weight_g,units_per_box\nX%zu,x,bag,1,%s\n", i,
                                     CASES[i].units),
                        true, &receipt));
        if (receipt.added != CASES[i].good)
            check_fail(__FILE__, __LINE__, "%s: %s", CASES[i].units, where(w, &receipt));
        if (!CASES[i].good) CHECK_STR(where(w, &receipt), "2:units_per_box");
    }
}

TEST(cat_import_products_and_customers) {
    struct world *w = world_make();
    CHECK_IMPORT(w, "products",
                 "code,gtin,name,base_unit,units_per_box,box_weight_g,lot_tracked,critical,shelf_life_min_"
                 "days,active\n"
                 "A,09312345000999,a,bag,5,100,TRUE,false,30,\n"
                 "B,09312345000012,b,bag,5,100,,,,\n"
                 "CAP,09312345000036,CAP,cap,60,500,false,False,0,true\n",
                 "1 0 1 1");
    CHECK_INT(world_count(w, "SELECT lot_tracked * 10 + active FROM product WHERE code = 'A'"), 11);
    CHECK_FAULTS(w, "products", "code,gtin\nSET,09312345000012\nSET,1\n", "2:gtin 3:code");
    CHECK_IMPORT(
        w, "customers",
        "code,name,contact_name,contact_email,contact_phone\nK,\"Clinic \"\"K\"\"\",Ada,a@example.org,1\n"
        "C-0,Clinic C-0,,,\n",
        "1 0 1 0");
    CHECK_INT(
        world_count(w, "SELECT COUNT(*) FROM customer WHERE name = 'Clinic \"K\"' AND contact_name = 'Ada'"),
        1);
}

#define PATIENT_HEAD \
    "code,customer,zone,name,phone,lat,lon,receivers,cycle_every,cycle_unit,cycle_anchor,status\n"

TEST(cat_import_patients) {
    struct world *w = world_make();
    struct patient patient;
    CHECK_IMPORT(w, "patients",
                 PATIENT_HEAD "N-1,C-1,PER,Zo\xc3\xab Marker,0400 1,-31.9,115.8,Ann/Marker/partner; Bob "
                              "Marker / son,28,day,2026-01-05,\n"
                              "N-2,C-0,SYD,Marker Two,,,,,,,,admitted\n"
                              "P-0,,,,0499 999 999,,,,,,,\n",
                 "2 1 0 0");
    CHECK_OK(w->c, store_patient_by_code(w->c, "N-1", &patient));
    const struct patient_receiver *receiver = patient.receivers.at;
    CHECK_INT(patient.cycle->every, 28);
    CHECK_INT(patient.cycle->unit, CYCLE_DAY);
    CHECK_INT(patient.location->lat, -319000000);
    CHECK_INT(patient.receivers.n, 2);
    CHECK_STR(receiver[0].name, "Ann/Marker");
    CHECK_STR(receiver[1].name, "Bob Marker");
    CHECK_STR(receiver[1].relation, "son");
    CHECK_OK(w->c, store_patient_by_code(w->c, "N-2", &patient));
    CHECK_INT(patient.status, PATIENT_ADMITTED);
    CHECK_INT(patient.safety_days, 14);
    CHECK(!patient.location);
    CHECK_OK(w->c, store_patient_by_code(w->c, "P-0", &patient));
    CHECK_STR(patient.phone, "0499 999 999");
    CHECK_INT(patient.receivers.n, 1);
    CHECK_INT(patient.cycle->anchor, date_parse("2026-03-16"));
}

TEST(cat_import_patients_faults) {
    struct world *w = world_make();
    world_run(w, "UPDATE zone SET code = 'SYD'");
    CHECK_FAULTS(
        w, "patients",
        "code,customer,depot,zone,name,lat,lon,cycle_every,cycle_anchor,receivers,status\n"
        "N-1,C-9,SYD,SYD,Marker,,,,,,\n"
        "N-2,C-0,,SYD,Marker,,,,,,\n"
        "N-3,C-0,SYD,XXX,Marker,,,,,,\n"
        "N-4,C-0,SYD,SYD,Marker,-33.9,,,,,\n"
        "N-5,C-0,SYD,SYD,Marker,95,10,,,,\n"
        "N-6,C-0,SYD,SYD,Marker,,,0,,,\n"
        "N-7,C-0,SYD,SYD,Marker,,,,2026-02-30,,\n"
        "N-8,C-0,SYD,SYD,Marker,,,,,Marker,\n"
        "N-9,C-0,SYD,SYD,Marker,,,,,,gone\n"
        ",C-0,SYD,SYD,Marker,,,,,,\n"
        "N-11,,,,Marker,,,,,,\n"
        "N-12,C-0,SYD,SYD,Marker,,,,,,\n"
        "N-12,C-0,SYD,SYD,Marker,,,,,,\n",
        "2:customer 3:zone 4:zone 5:lon 6:lat 7:cycle_every 8:cycle_anchor 9:receivers 10:status 11:code "
        "12:customer 12:zone 14:code");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient WHERE code LIKE 'N-%'"), 1);
}

TEST(cat_import_never_excuses_what_has_ended) {
    struct world *w = world_make();
    world_run(w, "INSERT INTO patient_order (id, kind, patient_id, customer_id, depot_id, due_date, "
                 "next_due, call_due, "
                 "state, created_at, version) SELECT p.id, 'cycle', p.id, p.customer_id, z.depot_id, 20514, "
                 "20545, 20507, "
                 "'open', 0, 1 FROM patient p JOIN zone z ON z.id = p.zone_id WHERE p.code = 'P-0'");
    struct commitment row;
    struct patient patient;
    CHECK_OK(w->c, store_patient_by_code(w->c, "P-0", &patient));
    commitment_begin(&row, w->c->rules, "Australia/Sydney", 20514); /* 2026-03-02 */
    row.order_id = patient.id;
    row.patient_id = patient.id;
    row.customer_id = w->customer[0];
    row.depot_id = w->depot[SYDNEY];
    CHECK_OK(w->c, store_commitment_add(w->c, &row));
    world_at(w, "2026-03-05T00:00:00Z");
    world_act(w, ROLE_ADMIN, w->admin);
    struct import_receipt receipt;
    CHECK_OK(w->c, import(w, "patients", "code,status,status_from\nP-0,ended,2026-03-01\n", true, &receipt));
    CHECK_STR(counts(w, &receipt), "0 0 0 1");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient WHERE status = 'ended'"), 0);
}

TEST(cat_import_prescriptions_stand_together) {
    struct world *w = world_make();
    CHECK_IMPORT(w, "prescriptions",
                 "patient,product,effective_from,use_per_day\n"
                 "P-0,BAG2000,2026-04-01,4.125\n"
                 "P-1,CAP,2026-04-01,5\n"
                 "P-0,CAP,2026-04-01,5\n"
                 "P-0,CAP,2026-05-01,6\n",
                 "4 0 0 0");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM prescription"), WORLD_PATIENTS + 3);
    CHECK_INT(world_count(w, "SELECT use_per_day FROM prescription_line WHERE use_per_day = 4125"), 4125);
    CHECK_IMPORT(w, "prescriptions",
                 "patient,product,effective_from,use_per_day\n"
                 "P-0,CAP,2026-04-01,5\nP-0,BAG2000,2026-04-01,4.125\nP-2,CAP,2026-04-01,0\n",
                 "1 0 2 0");
}

TEST(cat_import_prescriptions_are_refused_whole) {
    struct world *w = world_make();
    CHECK_FAULTS(w, "prescriptions",
                 "patient,product,effective_from,use_per_day\n"
                 "P-0,BAG2000,2026-04-01,4\n"
                 "P-0,XXX,2026-04-01,5\n"
                 "P-1,CAP,2026-04-01,5\n"
                 "P-1,CAP,2026-04-01,6\n"
                 "P-2,CAP,2026-04-31,1\n"
                 "P-9,CAP,2026-04-01,1.0001\n"
                 "P-3,CAP,2026-04-01,1\n",
                 "2: 3:product 4: 5:product 6:effective_from 7:patient 7:use_per_day");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM prescription"), WORLD_PATIENTS + 1);
}

TEST(cat_import_is_all_or_nothing_unless_told) {
    struct world *w = world_make();
    static const char CSV[] = "code,name\nK1,One\n,Two\nK3,Three\n";
    struct import_receipt receipt;
    CHECK_INT(import(w, "customers", CSV, false, &receipt), ERR_INVALID);
    CHECK_STR(w->c->fault.slug, "import.refused");
    CHECK_STR(w->c->fault.first->pointer, "f.csv:3:code");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer"), 2);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event"), 0);
    CHECK_OK(w->c, import(w, "customers", CSV, true, &receipt));
    CHECK_STR(counts(w, &receipt), "2 0 0 1");
    CHECK_INT(receipt.rows, 3);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer"), 4);
}

TEST(cat_import_reads_what_spreadsheets_write) {
    struct world *w = world_make();
    CHECK_IMPORT(w, "customers",
                 "\xef\xbb\xbf"
                 "code,name\r\nK1,\"Two\nlines, \"\"quoted\"\"\"\r\n\r\nK2,x\r\n",
                 "2 0 0 0");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM customer WHERE name = 'Two\nlines, \"quoted\"'"), 1);
    struct import_receipt receipt;
    CHECK_OK(w->c, import(w, "customers", "code,name\nK3,\"a\nb\"\nK4\nK5,x,y\nK6,\n", true, &receipt));
    CHECK_STR(counts(w, &receipt), "1 0 0 3");
    const struct import_fault *fault = receipt.faults.at;
    CHECK_INT(fault[0].line, 4); /* the row before has two lines */
    CHECK_INT(fault[1].line, 5);
    CHECK_INT(fault[2].line, 6);
    CHECK_STR(fault[2].column, "name");
}

/* A row is named by the line it begins on, also when its first cell has several. */
TEST(cat_import_counts_the_lines_of_cells) {
    struct world *w = world_make();
    CHECK_FAULTS(w, "customers", "name,code\n\"a\nb\nc\",\n\"d\ne\",\n\nf,\n", "2:code 5:code 8:code");
}

TEST(cat_import_refuses_a_header_it_does_not_know) {
    struct world *w = world_make();
    static const char *const CSV[] = {"code,name,colour\nK,x,red\n", "name\nx\n", "", "code,code\nK,K\n"};
    struct import_receipt receipt;
    for (size_t i = 0; i < COUNT(CSV); i++)
        CHECK_INT(import(w, "customers", CSV[i], true, &receipt), ERR_INVALID);
    CHECK_INT(import(w, "users", "code\nx\n", true, &receipt), ERR_NOT_FOUND);
    CHECK(strstr(w->c->fault.detail, "prescriptions") != NULL);
    CHECK_OK(w->c, import(w, "customers", "name,code\n", false, &receipt));
    CHECK_INT(receipt.rows, 0);
    CHECK(receipt.faults.at != NULL);
}

static void note_progress(void *user, int64_t done, int64_t rows) {
    int64_t *last = user;
    CHECK(done > last[0] && done <= rows);
    last[0] = done;
    last[1]++;
}

/* More rows than one row's arena would hold together. */
#define MANY 12000

TEST(cat_import_of_many_rows_keeps_its_memory) {
    struct world *w = world_make();
    struct text csv = text_in(w->c->arena);
    int64_t seen[2] = {0, 0};
    text_str(&csv, "code,name\n");
    for (int i = 0; i < MANY; i++)
        text_printf(&csv, "K%d,Clinic %d\n", i, i);
    struct work work = work_of("customers", csv.at, false);
    work.file.progress = note_progress;
    work.file.user = seen;
    size_t before = arena_used(w->c->arena);
    CHECK_OK(w->c, db_unit(w->c, run, &work));
    CHECK_INT(work.receipt.added, MANY);
    CHECK_INT(seen[0], MANY);
    CHECK_INT(seen[1], MANY / 1000);
    CHECK(arena_used(w->c->arena) - before < MANY * 400); /* the table, not what each row needed */
}

TEST(cat_import_writes_all_or_nothing) {
    struct world *w = world_make();
    struct work patients =
        work_of("patients", "code,customer,zone,name\nN-1,C-0,SYD,Marker\nP-0,,,Other\n", false);
    struct work prescriptions =
        work_of("prescriptions", "patient,product,effective_from,use_per_day\nP-0,CAP,2026-04-01,5\n", true);
    world_fails_at_every_call(w, run, &patients);
    world_fails_at_every_call(w, run, &prescriptions);
}
