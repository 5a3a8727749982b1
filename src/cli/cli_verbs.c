/* The verbs: one row each, in the order of `canary help`. */
#include "cli.h"

const struct cli_verb cli_verbs[] = {
    {"serve", "[--migrate]",
     "answers the API until SIGTERM or SIGINT; --migrate brings the schema up to date first",
     "canary serve --db canary.db --listen 127.0.0.1:8080", NULL, cli_serve},
    {"init", "--admin EMAIL --password-file FILE [--name NAME]", "makes a new database and its first admin",
     "canary init --db canary.db --admin admin@example.org --password-file admin.password", NULL, cli_init},
    {"user add", "--email EMAIL --role ROLE --password-file FILE [--name NAME] [--customer-id ID]",
     "adds a user: admin, manager, rep, dispatcher, driver, or customer with --customer-id",
     "canary user add --email rep@example.org --role rep --password-file rep.password", "POST /v1/users",
     cli_user_add},
    {"plan", "[--through DATE]",
     "opens the orders due up to DATE (35 days ahead unless told); serve does it by itself once a day",
     "canary plan --db canary.db --through 2026-12-31", "POST /v1/plan", cli_plan},
    {"sweep", "", "finds what is late and missed now; serve does it by itself once a minute",
     "canary sweep --db canary.db", "POST /v1/sweep", cli_sweep},
    {"report",
     "REPORT --from DATE --to DATE [--group-by GROUPS] [--customer-id ID] [--basis BASIS] [--as-of INSTANT] "
     "[--format FORMAT]",
     "prints the report delivery-errors as csv or json; GROUPS: customer, month, depot, driver, product, "
     "kind",
     "canary report delivery-errors --from 2026-01-01 --to 2026-12-31 --group-by customer,month", NULL,
     cli_report},
    {"import", "KIND FILE [--map MAP] [--keep-good]",
     "reads a CSV file (-: standard input), all rows or, with --keep-good, the good ones; KIND: depots, "
     "zones,\n"
     "    closures, products, customers, patients, prescriptions, or history with --map: which column is "
     "what",
     "canary import history --map fixtures/history/scms.json fixtures/history/lines.csv",
     "POST /v1/imports/KIND", cli_import},
    {"patient erase", "PATIENT --reason REASON [--yes]",
     "erases every name, place, note and picture of an ended patient (a code or an id) from the database "
     "and its\n"
     "    file; what happened and its figures stay. REASON: request, retention or mistake. "
     "Backups made before\n"
     "    still hold them: destroy those, or erase again in whatever is restored from one",
     "canary patient erase P-1001 --reason request --yes", "POST /v1/patients/{id}/erase", cli_patient_erase},
    {"audit verify", "[--log] [--head FILE]",
     "recomputes the log, the digests and the figures from the raw rows, or with --log the log alone; names "
     "the\n"
     "    first bad event and exits 3; --head FILE: the log must begin with what that exported head was "
     "signed "
     "for",
     "canary audit verify --db canary.db --head 2026-03-31.head", NULL, cli_audit_verify},
    {"audit head", "[FILE]",
     "signs the log as it stands and prints the head, or writes it into a new FILE: keep it where nobody who "
     "can\n"
     "    write the database can reach it",
     "canary audit head 2026-03-31.head --db canary.db", NULL, cli_audit_head},
    {"audit events", "[SEQ]",
     "prints the events of the log, or those behind number SEQ, one JSON object a line as GET /v1/audit has "
     "them;\n"
     "    also while a service writes",
     "canary audit events 48211 --db canary.db", NULL, cli_audit_events},
    {"audit rotate-key", "",
     "makes a new key that signs heads from now on; heads of the old one stay good. Stop the service first",
     "canary audit rotate-key --db canary.db", NULL, cli_audit_rotate_key},
    {"backup", "FILE [--force]",
     "copies the database into one file, checked and sealed, also while a service writes; FILE appears when "
     "it\n"
     "    is whole; --force replaces one that is there. Devices forget what a backup holds: keep FILE safe, "
     "on\n"
     "    another disk, with the key file of the database beside it",
     "canary backup /backups/canary-2026-11-25.backup --db canary.db", NULL, cli_backup},
    {"backup begin", "",
     "prints the number of the last audit event, which a backup that begins now will hold, whatever makes "
     "it: "
     "the\n"
     "    tools of a database server",
     "canary backup begin --db postgresql://canary@db.example.org/canary", NULL, cli_backup_begin},
    {"backup done", "SEQ",
     "tells devices that a backup made by other tools holds the audit events up to SEQ, which `backup "
     "begin`\n"
     "    printed before it began, so that they may forget them. Only when that backup is whole, and safe "
     "elsewhere",
     "canary backup done 48211 --db postgresql://canary@db.example.org/canary", NULL, cli_backup_done},
    {"backup restored", "",
     "says that the database was made from a backup by other tools: a new epoch, in which devices repeat "
     "what "
     "it\n"
     "    does not hold; everybody signs in again. Before any service is started on it",
     "canary backup restored --db postgresql://canary@db.example.org/canary", NULL, cli_backup_restored},
    {"restore", "FILE [--force] [--older] [--migrate]",
     "makes the database from a backup, checked whole, as a new epoch: devices repeat what FILE does not "
     "hold;\n"
     "    --force moves a database that is there aside; --older takes a backup that is not the last one;\n"
     "    --migrate brings the schema of an older program's backup up to date",
     "canary restore /backups/canary-2026-11-25.backup --db canary.db", NULL, cli_restore},
    {"copy", "--from DB --to DB",
     "copies a whole installation into a new database, a file or an empty one of a server, and compares all "
     "of "
     "it;\n"
     "    stop every service of the first one before: while it is copied nobody writes it, and what they "
     "write "
     "later\n"
     "    stands there alone",
     "canary copy --from canary.db --to postgresql://canary@db.example.org/canary", NULL, cli_copy},
    {"config", "[--markdown]", "prints every setting, its value, where it came from and what it means",
     "canary config --markdown", NULL, cli_config},
    {"routes", "", "prints every route of the API, what it does and who may use it", "canary routes", NULL,
     cli_routes},
    {"version", "", "prints the version of the program and of its schema", "canary version", NULL,
     cli_version},
    {"help", "[VERB...]", "explains a verb, or all of them", "canary help user add", NULL, cli_help},
};
const size_t cli_verbs_n = COUNT(cli_verbs);
