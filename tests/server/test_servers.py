"""Several services on one PostgreSQL: nothing is done twice, no slot is sold twice, the log is one and has no gap; and what
happens when the connection is lost at a commit."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402

HERE = postgres.Cluster().__enter__()
os.environ["CANARY_TEST_DB"] = HERE.url
from canary import Server, Skip, in_parallel, main, run, test, until  # noqa: E402
from ids import stored  # noqa: E402

try:
    from operation import AFTER, MORNING, Operation, new_id
    from lossy import Lossy
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()

CLOCK = ("--dev", "--clock=" + AFTER)
DAY = "2026-03-10"


class Beside(Server):
    """Another service on the database of an operation, which its users may use, too."""

    def __init__(self, op, *options, db=None):
        super().__init__(*CLOCK, *options, db=db or op.db, start=False)
        self.token = op.token
        self.start(login=False)

    def send(self, method, path, who, body=None):
        return self.call(method, path, body, token=self.token[who])


def events_of(op):
    """Of the delivery that is dropped; the clockwork of each service writes, too."""
    return op.rows("SELECT COUNT(*) FROM audit_event WHERE entity_id = ?",
                   stored(op.own["dispatched"]))[0][0]


def check_log(op):
    """One log without gaps, and every row is in it."""
    events, last = op.rows("SELECT COUNT(*), MAX(seq) FROM audit_event")[0]
    assert events == last, (events, last)
    ended = run("audit", "verify", "--db", op.db)
    assert ended.returncode == 0, ended


def orders_ready(op, n):
    """n confirmed orders of as many patients."""
    patients = [op.make_patient(1, 10 + i) for i in range(n)]
    op.post("/v1/plan", {"through": "2026-03-20"}, status=200)
    orders = [op.get(f"/v1/orders?patient_id={patient}", "rep")["items"][0]["id"] for patient in patients]
    for order in orders:
        op.confirm(order)
    return orders


@test
def the_last_places_of_a_window_are_sold_once():
    with Operation() as op, Beside(op) as second, Beside(op) as third:
        orders = orders_ready(op, 9)
        zone = op.get("/v1/zones/" + op.ids["zone"], "admin")
        op.post("/v1/zones/" + op.ids["zone"], {"windows": [{**MORNING, "stops_max": 4}]}, "admin", 200, "PATCH",
                If_Match=f"\"{zone['version']}\"")
        services = [op, second, third]

        def book(i):
            return services[i % 3].send("POST", "/v1/deliveries", "rep", {
                "order_id": orders[i], "date": DAY, "window": MORNING, "requested_by": "patient"})

        answers = in_parallel(len(orders), book)
        assert sorted(answer.status for answer in answers) == [201] * 4 + [409] * 5, answers
        assert {answer.slug for answer in answers if answer.status == 409} == {"slot.full"}, answers
        check_log(op)


@test
def plans_and_sweeps_happen_once_whoever_runs_them():
    with Operation() as op, Beside(op) as second:
        before = op.rows("SELECT COUNT(*) FROM patient_order")[0][0]

        def plan(i):
            if i % 3 == 2:
                ended = run("plan", "--through", "2026-09-30", "--db", op.db, *CLOCK)
                assert ended.returncode == 0, ended
                return int(ended.stdout.split(" due = ")[1].split()[0])
            answer = (op, second)[i % 3].send("POST", "/v1/plan", "manager", {"through": "2026-09-30"})
            assert answer.status == 200, answer
            return answer.json["opened"]

        opened = sum(in_parallel(6, plan))
        assert op.rows("SELECT COUNT(*) FROM patient_order")[0][0] == before + opened > before
        later = ("--dev", "--clock=2026-04-02T00:00:00Z")
        sweeps = in_parallel(4, lambda i: run("sweep", "--db", op.db, *later))
        assert all(ended.returncode == 0 for ended in sweeps), sweeps
        assert op.rows("SELECT COUNT(*) FROM (SELECT order_id FROM discrepancy WHERE kind IN ('missed', 'late') AND "
                       "state <> 'void' GROUP BY order_id HAVING COUNT(*) > 1) x") == [(0,)]
        assert op.rows("SELECT COUNT(*) FROM discrepancy WHERE kind = 'missed'")[0][0] > 0
        check_log(op)


@test
def processes_with_one_clock_never_make_the_same_id():
    """Each takes the number of a writer that another gave back, while events that began earlier are written last."""
    with Operation() as op, Beside(op) as second:
        for patient in range(20):
            op.make_patient(1, 10 + patient)
        for half_month in range(8, 24):
            through = f"2026-{half_month // 2:02}-{half_month % 2 * 14 + 14}"

            def plan(i):
                if i % 3 < 2:
                    answer = (op, second)[i % 3].send("POST", "/v1/plan", "manager", {"through": through})
                    assert answer.status == 200, answer
                    return
                ended = run("plan", "--through", through, "--db", op.db, *CLOCK)
                assert ended.returncode == 0, ended

            in_parallel(18, plan)
        check_log(op)


@test
def copies_of_one_event_through_both_are_one_event():
    with Operation() as op, Beside(op) as second:
        body, before = op.drop_body(), events_of(op)
        path = f"/v1/deliveries/{op.own['dispatched']}/confirmations"
        answers = in_parallel(10, lambda i: (op, second)[i % 2].send("POST", path, "driver", body))
        assert {answer.status for answer in answers} <= {200, 201}, answers
        assert len({answer.body for answer in answers}) == 1, answers
        assert events_of(op) == before + 1
        check_log(op)


def lose_a_commit(how):
    with Operation() as op:
        lossy = Lossy(op.db)
        with Beside(op, "--sweep-every=1d", db=lossy.url) as far:
            body, before = op.drop_body(), events_of(op)
            path = f"/v1/deliveries/{op.own['dispatched']}/confirmations"
            assert far.send("GET", "/v1/me", "driver").status == 200
            event = stored(body["id"])
            lossy.how, lossy.of = how, event
            answer = far.send("POST", path, "driver", body)
            assert (answer.status, answer.slug, lossy.lost) == (503, "uncertain", 1), answer
            there = op.rows("SELECT COUNT(*) FROM field_event WHERE id = ?", event)
            assert there == [(1 if how == "after" else 0,)], there
            again = far.send("POST", path, "driver", body)
            assert again.status in (200, 201), again
            third = far.send("POST", path, "driver", body)
            assert third.body == again.body
            assert events_of(op) == before + 1
        check_log(op)


@test
def a_commit_whose_answer_is_lost_is_uncertain_and_its_copy_is_told_the_first_answer():
    lose_a_commit("after")


@test
def a_commit_that_was_never_heard_is_uncertain_and_its_copy_is_done():
    lose_a_commit("before")


@test
def connections_that_are_ended_and_a_server_that_restarts_are_got_over():
    with Operation() as op:
        for _ in range(2):
            postgres.sql(HERE.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IS NOT NULL AND "
                                   "pid <> pg_backend_pid()")
            until(lambda: op.send("GET", "/v1/orders?limit=1", "rep").status == 200, 60)
            until(lambda: op.send("POST", f"/v1/deliveries/{op.own['dispatched']}/contests", "rep",
                                  op.contest_body()).status == 201, 60)
        HERE.stop()
        answer = op.send("GET", "/v1/orders?limit=1", "rep")
        assert answer.status == 503, answer
        answer = op.send("POST", f"/v1/deliveries/{op.own['dispatched']}/contests", "rep", op.contest_body())
        assert answer.status == 503, answer
        HERE.start()
        until(lambda: op.send("GET", "/v1/orders?limit=1", "rep").status == 200, 60)
        until(lambda: op.send("POST", f"/v1/deliveries/{op.own['dispatched']}/contests", "rep",
                              op.contest_body()).status == 201, 60)
        check_log(op)


@test
def a_service_without_the_key_says_so_before_it_serves():
    with Operation() as op, tempfile.TemporaryDirectory() as folder:
        key, other = (os.path.join(folder, name) for name in ("none", "other"))
        made = run("init", "--db", os.path.join(folder, "other.db"), "--admin", "a@example.org", "--password-file",
                   op.password_file(), "--key", other)
        assert made.returncode == 0, made
        for path, why in ((key, f"no file {key}"), (other, f"{other} holds another key")):
            with Beside(op) as second:
                second.stop()
                second.options = (*CLOCK, "--key", path)
                second.start(login=False)
                assert why in second.log() and "--key" in second.log(), second.log()
                assert second.send("GET", "/v1/audit/head", "manager").slug == "log.no-key"
        assert "cannot be signed" not in op.log(), op.log()


@test
def devices_are_told_of_a_backup_and_of_a_restore_that_others_made():
    with Operation("--sweep-every=1d") as op:
        def backup(*words):
            ended = run("backup", *words, "--db", op.db)
            return ended.returncode, ended.stdout + ended.stderr

        def installation():
            return op.get("/v1/installation", "driver")

        assert installation()["backed_up_seq"] == 0
        seq = int(backup("begin")[1].split()[-1])
        assert seq == op.rows("SELECT MAX(seq) FROM audit_event")[0][0]
        assert backup("done", str(seq))[0] == 0
        assert installation()["backed_up_seq"] == seq
        for number, code, why in ((seq + 100, 1, f"ends with audit event {seq + 1}"), (seq - 1, 1, f"event {seq} already"),
                                  ("1x", 2, "backup begin"), ("0", 2, "backup begin")):
            refused = backup("done", str(number))
            assert refused[0] == code and why in refused[1], refused
        before = installation()
        assert before["backed_up_seq"] == seq
        assert backup("restored")[0] == 0
        assert op.send("GET", "/v1/installation", "driver").status == 401  # everybody signs in again
        op.token["driver"] = op.login_as("driver")
        after = installation()
        assert after["epoch"] != before["epoch"] == after["restored_epoch"], after
        assert after["backed_up_seq"] == after["restored_seq"] > seq and after["backed_up_at"] is None, after
        check_log(op)


@test
def a_password_is_nowhere():
    with Operation() as op:
        url = op.db.replace("canary@", "canary:geheim@")
        with tempfile.TemporaryDirectory() as folder, Beside(op, "--log-level=debug", db=url) as service:
            service.send("GET", "/v1/me", "rep")
            told = [service.log(), run("config", "--db", url).stdout]
            for words in (["plan", "--db", url + "x"], ["plan", "--db", url.replace("/t", "/none")],
                          ["init", "--admin", "a@b.org", "--password-file", "/nowhere", "--db", url],
                          ["backup", os.path.join(folder, "x"), "--db", url]):
                ended = run(*words)
                told += [ended.stdout, ended.stderr]
            assert not any("geheim" in text for text in told), told


@test
def another_kind_of_database_is_refused():
    for kind in ("ENCODING 'LATIN1' LOCALE 'C'", "LOCALE 'C.UTF-8'"):
        postgres.sql(HERE.url, "DROP DATABASE IF EXISTS other")
        postgres.sql(HERE.url, f"CREATE DATABASE other TEMPLATE template0 {kind}")
        ended = run("plan", "--db", HERE.url.replace("/postgres", "/other"))
        assert ended.returncode == 1 and "--locale=C" in ended.stderr, ended


@test
def a_server_that_would_log_rows_is_refused():
    with postgres.Cluster(log_min_messages="notice") as talkative:
        ended = run("plan", "--db", talkative.database())
        assert ended.returncode == 1 and "log_min_messages" in ended.stderr, ended


try:
    main()
finally:
    HERE.__exit__()
