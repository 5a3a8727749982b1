"""The promises P1 to P5 of the service to its devices, one by one. P6 (the trail proves itself) and P7 (a lost disk) have
tests of their own."""
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import canary  # noqa: E402
from canary import Skip, in_parallel, main, test, until  # noqa: E402
from ids import stored  # noqa: E402
from patched import patched  # noqa: E402

try:
    from operation import AFTER, Operation
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()


def blob(one):
    return stored(one)


def there(op, event):
    """How many field events have this id, and how many audit events tell of it."""
    return (op.rows("SELECT COUNT(*) FROM field_event WHERE id = ?", blob(event))[0][0],
            op.rows("SELECT COUNT(*) FROM audit_event WHERE change LIKE ?", f"%{event}%")[0][0])


def restart(op, instant=AFTER, how=signal.SIGKILL):
    op.stop(how)
    op.clock(instant)


def sync(op, *events, who="driver"):
    answer = op.send("POST", "/v1/sync", who, {"events": list(events)})
    assert answer.status == 200, answer
    return answer.json["results"]


def kept(result):
    """What of a result of a batch must be the same for every copy."""
    return {name: value for name, value in result.items() if name not in ("index", "status")}


def as_event(body, kind, delivery):
    return {**body, "type": kind, "delivery_id": delivery}


# ---- P1: a 2xx means change, idempotency record and audit event in one committed, fsynced transaction ----

@test
def p1_what_was_answered_is_there_after_a_kill():
    with Operation() as op:
        stop = f"/v1/deliveries/{op.own['dispatched']}"
        for path, body in ((f"/v1/deliveries/{op.own['failed']}/failures", op.failure_body()),
                           (stop + "/confirmations", op.drop_body()), (stop + "/failures", op.failure_body())):
            before = op.rows("SELECT MAX(seq) FROM audit_event")[0][0]
            first = op.post(path, body, "driver")
            op.stop(signal.SIGKILL)
            assert there(op, body["id"])[0] == 1, path
            written = op.rows("SELECT COUNT(*), MAX(seq) FROM audit_event WHERE seq > ?", before)[0]
            assert written[0] >= 1 and written[1] == before + written[0], (path, written)
            op.clock(AFTER)
            assert op.post(path, body, "driver", 200) == first, path
        assert sum(line["accepted"] for line in op.get("/v1/orders/" + op.own["order:fourth"], "rep")["lines"]) == 65


@test
def p1_a_creation_its_key_and_its_audit_event_stand_or_fall_together():
    with Operation() as op:
        chance, sent, acknowledged = random.Random(5), itertools.count(), set()

        def create(over):
            while not over.is_set():
                name = f"T{next(sent)}"
                try:
                    answer = op.send("POST", "/v1/customers", "admin", {"code": name, "name": name}, Idempotency_Key=name)
                except Exception:  # pylint: disable=broad-except
                    continue
                assert answer.status == 201, answer
                acknowledged.add(name)

        for _ in range(6):
            over = threading.Event()
            threads = [threading.Thread(target=create, args=(over,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            over.wait(0.1 + chance.random() / 5)
            op.process.send_signal(signal.SIGKILL)
            over.set()
            for thread in threads:
                thread.join()
            restart(op)
        codes = {code for (code,) in op.rows("SELECT code FROM customer WHERE code LIKE 'T%'")}
        keys = {key for (key,) in op.rows("SELECT key FROM idempotency WHERE key LIKE 'T%'")}
        told = op.rows("SELECT COUNT(*) FROM audit_event a JOIN customer c ON c.id = a.entity_id WHERE c.code LIKE 'T%'")[0][0]
        assert acknowledged <= codes and codes == keys and told == len(codes), (len(acknowledged), len(codes), len(keys), told)
        assert len(acknowledged) > 20, len(acknowledged)


def synced_before_answered(trace):
    """Of a trace of system calls: answers of success that went out, and those of them before what was written to the
    database had been synced, or with nothing synced since the answer before."""
    answers = early = 0
    unsynced, syncing = True, set()
    for line in trace:
        pid, _, call = line.partition(" ")
        call = call.strip()
        if call.startswith(("pwrite64(", "write(")) and re.match(r"\w+\(\d+<[^>]*canary\.db-wal>", call):
            unsynced = True
        elif call.startswith(("fdatasync(", "fsync(")) and "canary.db-wal" in call:
            if "unfinished" in call:
                syncing.add(pid)
            else:
                unsynced = False
        elif re.match(r"<\.\.\. f(data)?sync resumed>", call) and pid in syncing:
            syncing.discard(pid)
            unsynced = False
        elif re.search(r"HTTP/1\.1 20[01] ", call):
            answers += 1
            early += unsynced
            unsynced = True
    return answers, early


def ended(trace):
    with open(trace, encoding="utf-8", errors="replace") as file:
        return "+++ exited" in (file.readlines() or [""])[-1]


def traced(requests):
    """What a server did while it was asked for something: its system calls, line by line."""
    if not shutil.which("strace"):
        raise Skip("no strace here")
    folder = tempfile.mkdtemp(prefix="canary-test-")
    trace, script = os.path.join(folder, "trace"), os.path.join(folder, "canary")
    right = canary.BIN
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n[ \"$1\" = serve ] || exec {right} \"$@\"\n"
                   f"exec strace -D -f -y -s 24 -o {trace} -e trace=pwrite64,write,fdatasync,fsync,sendto,sendmsg,writev "
                   f"{right} \"$@\"\n")
    os.chmod(script, 0o700)
    if subprocess.run(["strace", "-o", "/dev/null", "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        raise Skip("strace may not trace here")
    try:
        with Operation() as op:
            op.stop()
            canary.BIN = script
            op.env = {"ASAN_OPTIONS": "detect_leaks=0"}
            op.clock(AFTER)
            requests(op)
            op.stop()
        until(lambda: ended(trace))
        with open(trace, encoding="utf-8", errors="replace") as file:
            return file.readlines()
    finally:
        canary.BIN = right
        shutil.rmtree(folder, ignore_errors=True)


def writes(op):
    """One after the other, so that no other write is on its way when an answer goes out."""
    for i in range(20):
        op.post("/v1/customers", {"code": f"F{i}", "name": "F"}, "admin")
        op.post(f"/v1/deliveries/{op.own['failed']}/failures", op.failure_body(), "driver")


@test
def p1_the_answer_goes_out_after_the_sync():
    answers, early = synced_before_answered(traced(writes))
    assert answers >= 40 and early == 0, (answers, early)


@test
def p1_a_program_that_does_not_sync_is_caught():
    with patched(("db/db_sqlite_wal.c", "int code = is_due ? sync_frames(w, SQLITE_SYNC_NORMAL) : SQLITE_OK;",
                  "(void)is_due;\n    int code = SQLITE_OK;")):
        answers, early = synced_before_answered(traced(writes))
    assert answers >= 40 and early > 0, (answers, early)


# ---- P2: any number of copies, in any order, over any connection: one event, one answer ----

@test
def p2_copies_by_both_ways_are_one_event():
    with Operation() as op:
        events = [op.failure_body(note=f"n{i}") for i in range(12)]
        path, delivery, chance = f"/v1/deliveries/{op.own['failed']}/failures", op.own["failed"], random.Random(3)

        def device(i):
            mine, given = events * 2, []
            random.Random(i).shuffle(mine)
            while mine:
                if chance.random() < 0.5:
                    body = mine.pop()
                    given.append((body["id"], "direct", op.call("POST", path, body, token=op.token["driver"],
                                                                keep=chance.random() < 0.7)))
                else:
                    some = [mine.pop() for _ in range(min(len(mine), chance.randint(1, 9)))]
                    given += [(result["id"], "batch", result) for result in sync(
                        op, *(as_event(body, "failure", delivery) for body in some))]
            return given

        answers = {}
        for one, way, answer in itertools.chain(*in_parallel(8, device)):
            if way == "direct":
                assert answer.status in (200, 201), answer
                answers.setdefault((one, way), set()).add(answer.body)
            else:
                assert answer["status"] in ("new", "replay"), answer
                answers.setdefault((one, way), set()).add(json.dumps(kept(answer), sort_keys=True))
        assert all(len(some) == 1 for some in answers.values()), [some for some in answers.values() if len(some) > 1][:1]
        assert [there(op, body["id"])[0] for body in events] == [1] * 12


# ---- P3: same id, other content: 409; another driver's id: 404; never the other's answer ----

@test
def p3_an_id_answers_to_its_content_and_its_driver_alone():
    with Operation() as op:
        mine, path = op.own["event"], f"/v1/deliveries/{op.own['delivered']}/confirmations"
        others = f"/v1/deliveries/{op.other['dispatched']}/confirmations"
        before = op.fingerprint()
        answers = [op.send("POST", path, "driver", {**mine, "note": "other"}),
                   op.send("POST", others, "driver2", mine), op.send("POST", path, "driver2", mine),
                   op.send("POST", others, "driver2", {**mine, "lines": []})]
        assert [one.status for one in answers] == [409, 404, 404, 404], answers
        by_batch = [sync(op, as_event({**mine, "note": "other"}, "confirmation", op.own["delivered"]))[0],
                    sync(op, as_event(mine, "confirmation", op.other["dispatched"]), who="driver2")[0],
                    sync(op, as_event(mine, "confirmation", op.own["delivered"]), who="driver2")[0]]
        assert [one["problem"]["status"] for one in by_batch] == [409, 404, 404], by_batch
        for said in [one.body for one in answers[1:]] + [json.dumps(one) for one in by_batch[1:]]:
            assert "A. Receiver" not in said and op.own["driver"] not in said and "24K11" not in said, said
        assert op.fingerprint() == before


# ---- P4: no answer, 5xx, 429: unknown; repeated with the same id; keys never expire ----

@test
def p4_a_phone_comes_back_after_weeks():
    with Operation() as op:
        failure, drop = op.failure_body(), op.drop_body()
        customer = {"code": "KEEP", "name": "K"}
        first = [op.post(f"/v1/deliveries/{op.own['failed']}/failures", failure, "driver"),
                 op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", drop, "driver")]
        batch = kept(sync(op, as_event(drop, "confirmation", op.own["dispatched"]))[0])
        created = op.post("/v1/customers", customer, "admin", Idempotency_Key="keep")
        for instant in ("2026-05-20T00:00:00Z", "2027-09-01T00:00:00Z"):
            restart(op, instant, signal.SIGTERM)
            op.token.update({who: op.login_as(who) for who in ("driver", "admin", "manager")})
            op.post("/v1/sweep", None, status=200)
            again = [op.post(f"/v1/deliveries/{op.own['failed']}/failures", failure, "driver", 200),
                     op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", drop, "driver", 200)]
            assert again == first, instant
            assert kept(sync(op, as_event(drop, "confirmation", op.own["dispatched"]))[0]) == batch, instant
            assert op.post("/v1/customers", customer, "admin", 201, Idempotency_Key="keep") == created, instant


@test
def p4_what_was_not_certain_is_repeated_with_the_same_id():
    """The answer was lost, and the service died: the device knows nothing, and says it again."""
    with Operation() as op:
        path = f"/v1/deliveries/{op.own['failed']}/failures"
        for moment in (0.0, 0.001, 0.004, 0.02):
            body = op.failure_body()
            sender = threading.Thread(target=lambda: lost(op, path, body))  # pylint: disable=cell-var-from-loop
            sender.start()
            sender.join(moment)
            op.process.send_signal(signal.SIGKILL)
            sender.join()
            restart(op)
            answer = op.send("POST", path, "driver", body)
            assert answer.status in (200, 201) and there(op, body["id"])[0] == 1, (moment, answer)
            assert op.send("POST", path, "driver", body).body == answer.body


def lost(op, path, body):
    try:
        op.call("POST", path, body, token=op.token["driver"], keep=False)
    except Exception:  # pylint: disable=broad-except
        pass


# ---- P5: events are facts: late and out-of-order ones are kept with both times, contradictions are not refused ----

EARLY, DROPPED, LATE = (f"2026-03-02T00:0{minute}:00.000Z" for minute in (1, 2, 3))


@test
def p5_out_of_order_events_end_in_the_same_state():
    ends = []
    for order in itertools.permutations(range(3)):
        with Operation() as op:
            stop = f"/v1/deliveries/{op.own['dispatched']}"
            events = [("/failures", op.failure_body(at=EARLY)), ("/confirmations", op.drop_body(at=DROPPED)),
                      ("/failures", op.failure_body(at=LATE, reason="vehicle"))]
            for i in order:
                op.post(stop + events[i][0], events[i][1], "driver")
            view = op.get(stop)
            assert sorted(one["at"] for one in view["failures"]) == [EARLY, LATE], (order, view)
            lines = op.get("/v1/orders/" + op.own["order:fourth"], "rep")["lines"]
            ends.append((view["state"], view["completed_at"], view["confirmation"]["at"],
                         sorted((one["kind"], one["expected"], one["actual"]) for one in view["discrepancies"]),
                         sorted(one["accepted"] for one in lines)))
    assert ends[0][0] == "delivered" and all(one == ends[0] for one in ends), ends


@test
def p5_both_times_are_kept():
    with Operation() as op:
        stop = f"/v1/deliveries/{op.own['dispatched']}"
        restart(op, "2026-03-04T00:00:00Z", signal.SIGTERM)
        op.token["driver"] = op.login_as("driver")
        op.token["manager"] = op.login_as("manager")
        op.post("/v1/sweep", None, status=200)
        before = op.get(stop)
        assert before["timeliness"] == "missed" and not before["completed_at"], before
        dropped = op.post(stop + "/confirmations", op.drop_body(at="2026-03-02T02:00:00.000Z"), "driver")
        said = dropped["confirmation"]
        assert said["at"] == "2026-03-02T02:00:00.000Z" and said["received_at"] > "2026-03-04", said
        assert said["synced_late"] is True and said["completed_at"] == said["at"], said
        after = op.get(stop)
        assert after["timeliness"] == "on_time", after
        states = {one["kind"]: one["state"] for one in op.get("/v1/discrepancies?limit=500")["items"]
                  if one["delivery_id"] == op.own["dispatched"]}
        assert states["missed"] == "void", states
        ahead = op.post(f"/v1/deliveries/{op.own['failed']}/failures", op.failure_body(at="2026-03-09T00:00:00.000Z"), "driver")
        assert ahead["failure"]["at"] == "2026-03-09T00:00:00.000Z" and ahead["failure"]["clock_skew_s"] > 4 * 86400, ahead


@test
def p5_what_contradicts_is_recorded_not_refused():
    with Operation() as op:
        stop = f"/v1/deliveries/{op.own['scheduled']}"
        run_ = op.get("/v1/runs/" + op.own["run:planned"], "dispatcher")
        op.post(f"/v1/runs/{run_['id']}/dispatch", None, "dispatcher", 200)
        op.post(stop + "/cancel", {"requested_by": "patient", "reason": "R"}, "rep", 200)
        dropped = op.post(stop + "/confirmations", op.drop_body(), "driver")
        assert dropped["delivery"]["state"] == "delivered", dropped
        assert sum(line["accepted"] or 0 for line in op.get("/v1/orders/" + op.own["order:second"], "rep")["lines"]) == 65
        stop = f"/v1/deliveries/{op.own['delivered']}"
        failed = op.post(stop + "/failures", op.failure_body(reason="refused"), "driver")
        assert failed["delivery"]["state"] == "delivered" and len(op.get(stop)["failures"]) == 1, failed
        odd = op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", op.drop_body(lines=[
            {"code": "NO-SUCH", "qty": 7}, {"product_id": op.ids["bag"], "qty": 10 ** 7, "lot": "L"}]), "driver")
        kinds = {one["kind"] for one in odd["discrepancies"]}
        assert {"over", "not_delivered"} <= kinds and kinds & {"wrong_item", "unordered"}, kinds


main()
