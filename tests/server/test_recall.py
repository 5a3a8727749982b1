"""Recalls: who has the lot at home, a discrepancy for each delivery that brought it, figures that say they were restated,
and drops that do not wait for a large one."""
import os
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import main, test  # noqa: E402
from ids import stored  # noqa: E402
from operation import NOW, Operation, new_id  # noqa: E402

COPIES = 10000


def recall(op, lot="24K11", **more):
    return op.post("/v1/recalls", {"product_id": op.ids["bag"], "lot": lot, "reason": "The ports leak", **more})


def affected(op, one, size=500):
    homes, after = [], ""
    while after is not None:
        page = op.get(f"/v1/recalls/{one['id']}/affected?limit={size}" + (f"&after={after}" if after else ""))
        homes, after = homes + page["items"], page["next"]
    return homes


@test
def a_recall_finds_the_homes_and_opens_a_discrepancy_each():
    with Operation() as op:
        one = recall(op, "24k 11")
        assert (one["deliveries"], one["homes"], one["units"], one["left_out"]) == (2, 2, 10, 0), one
        homes = affected(op, one)
        assert {home["delivery_id"] for home in homes} == {op.own["delivered"], op.other["delivered"]}
        for home in homes:
            assert home["patient"]["name"] and home["patient"]["phone"] and home["customer_code"], home
            assert home["units"] == 5 and home["at_most"] == 5 and home["date"] == "2026-03-02", home
            assert home["likely_left"] == 5 and home["counted_at"], home
            found = op.get("/v1/discrepancies/" + home["discrepancy_id"])
            assert (found["kind"], found["severity"], found["source"]) == ("wrong_lot", "S1", "recall"), found
            assert (found["expected"], found["actual"], found["lot"]) == (0, 5, "24k 11"), found
            assert found["delivery_id"] == home["delivery_id"], found
        seen = op.get("/v1/discrepancies?kind=wrong_lot", "customer")["items"]
        assert [row["customer_id"] for row in seen] == [op.own["customer"]], seen
        assert op.get("/v1/recalls")["items"] == [op.get("/v1/recalls/" + one["id"])] == [one]
        trail = op.get("/v1/audit?entity=recall&id=" + one["id"])["items"]
        assert [(row["action"], row["reason"]) for row in trail] == [("recall.add", "The ports leak")], trail


@test
def the_same_lot_again_is_told_the_first_and_a_key_its_answer():
    with Operation() as op:
        body = {"product_id": op.ids["bag"], "lot": "24K11", "reason": "R"}
        one = op.post("/v1/recalls", body, Idempotency_Key="k-1")
        assert op.post("/v1/recalls", body, Idempotency_Key="k-1") == one
        answer = op.send("POST", "/v1/recalls", "manager", {**body, "lot": "24k11"})
        assert (answer.status, answer.slug) == (409, "recall.exists") and one["id"] in answer.json["detail"], answer
        answer = op.send("POST", "/v1/recalls", "manager", {"product_id": new_id(), "lot": "X", "reason": "R"})
        assert answer.status == 422 and [row["pointer"] for row in answer.json["errors"]] == ["/product_id"], answer
        answer = op.send("POST", "/v1/recalls", "manager", {"lot": " ", "reason": ""})
        assert {row["pointer"] for row in answer.json["errors"]} == {"/product_id", "/lot", "/reason"}, answer
        assert op.send("GET", f"/v1/recalls/{new_id()}/affected", "manager").status == 404


@test
def a_later_drop_of_the_lot_is_kept_and_told():
    with Operation() as op:
        recall(op)
        runs = op.get("/v1/driver/runs?date=2026-03-02", "driver")["items"]
        lots = [(lot["code"], lot["lot"]) for run in runs for lot in run["recalled_lots"]]
        assert lots == [("BAG", "24K11")], lots
        body = op.drop_body()  # made at NOW, before the recall: the phone was offline
        answer = op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", body, "driver")
        found = [row for row in answer["discrepancies"] if row["kind"] == "wrong_lot"]
        assert [(row["severity"], row["actual"]) for row in found] == [("S1", 5)], answer
        assert answer["confirmation"]["lines"][0]["lot"] == "24K11"
        assert answer["delivery"]["state"] == "delivered"


@test
def a_copy_of_an_earlier_drop_gets_the_verdict_as_first_given():
    with Operation() as op:
        path = f"/v1/deliveries/{op.own['delivered']}/confirmations"
        before = op.post(path, op.own["event"], "driver", 200)
        recall(op)
        assert op.post(path, op.own["event"], "driver", 200) == before


@test
def what_was_reported_before_is_restated_and_still_to_be_had():
    with Operation() as op:
        def report(more=""):
            return op.get("/v1/reports/delivery-errors?from=2026-03-01&to=2026-03-31&group_by=kind" + more)

        def of(told, kind):
            return [row["n"] for row in told["rows"] if row["kind"] == kind]
        def clock(instant):
            op.stop()
            op.clock(instant)
            op.token["manager"] = op.login_as("manager")
        clock("2026-04-02T00:00:00Z")
        op.post("/v1/sweep", None, status=200)
        first = report()
        clock("2026-04-10T00:00:00Z")
        recall(op)
        assert of(report(), "wrong_lot") == [2] and not of(first, "wrong_lot")
        assert of(report("&as_of=" + first["as_of"]), "wrong_lot") == []
        figures = "/v1/reports/delivery-errors?from=2026-03-01&to=2026-03-31&group_by=customer"
        told = op.get(figures)
        assert told["restated"], told
        then = op.get(figures + "&as_of=" + first["as_of"])
        assert then["total"]["due"] == told["total"]["due"], (then, told)


@test
def an_amendment_judges_the_lot_again():
    with Operation() as op:
        recall(op)
        path = f"/v1/confirmations/{op.own['confirmation']}/amendments"

        def amended(lot):
            lines = [{**op.own["event"]["lines"][0], "lot": lot}, op.own["event"]["lines"][1]]
            op.post(path, {"id": new_id(), "at": NOW, "reason": "Read the box again", "lines": lines}, "manager")
            rows = op.rows("SELECT state, source, lot FROM discrepancy WHERE kind = 'wrong_lot' AND delivery_id = ? "
                           "ORDER BY detected_at, id", stored(op.own["delivered"]))
            assert op.rows("SELECT COUNT(*) FROM discrepancy WHERE kind = 'wrong_lot' AND state = 'open'")[0][0] == (
                len(affected(op, op.get("/v1/recalls")["items"][0])))
            return rows
        assert amended("24K12") == [("void", "recall", "24K11")]
        assert amended("24k 11")[1:] == [("open", "reconciliation", "24k 11")]
        op.post("/v1/sweep", None, status=200)
        assert len(op.get("/v1/discrepancies?kind=wrong_lot&state=open")["items"]) == 2


# ---- at size ----

def multiply(op):
    """Copies of a delivery: each an order, a drop and a commitment of its own."""
    db = sqlite3.connect(op.db)
    db.execute("PRAGMA synchronous=OFF")

    def copy(table, where, **changed):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        words = ", ".join(changed.get(name, "s." + name) for name in columns)
        db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {words} FROM copy k JOIN {table} s ON {where}")
    delivery, order, event = (stored(text) for text in (
        op.own["delivered"], op.get("/v1/deliveries/" + op.own["delivered"])["order_id"], op.own["confirmation"]))
    db.execute("CREATE TEMP TABLE copy (i INTEGER, o BLOB, d BLOB, e BLOB, p BLOB)")
    db.executemany("INSERT INTO copy VALUES (?, ?, ?, ?, ?)", (
        (i, *(stored(new_id()) for _ in range(4))) for i in range(1, COPIES + 1)))
    db.execute("CREATE TEMP TABLE source AS SELECT ? AS d, ? AS o, ? AS e, (SELECT patient_id FROM delivery WHERE id = ?) AS p",
               (delivery, order, event, delivery))
    copy("patient", "s.id = (SELECT p FROM source)", id="k.p", code="'COPY-' || i")
    copy("patient_order", "s.id = (SELECT o FROM source)", id="k.o", patient_id="k.p", due_date="s.due_date + i")
    copy("delivery", "s.id = (SELECT d FROM source)", id="k.d", order_id="k.o", patient_id="k.p", event_id="k.e",
         run_id="NULL", stop="NULL", holds="0")
    copy("commitment", "s.order_id = (SELECT o FROM source)", order_id="k.o", patient_id="k.p", delivery_id="k.d")
    copy("field_event", "s.id = (SELECT e FROM source)", id="k.e", own_id="k.e", delivery_id="k.d", private_digest="NULL")
    copy("field_event_line", "s.own_id = (SELECT own_id FROM field_event WHERE id = (SELECT e FROM source))", own_id="k.e")
    db.commit()
    db.close()


@test
def drops_do_not_wait_for_a_large_recall():
    with Operation() as op:
        multiply(op)
        op.document = None  # 10,000 homes are not held against it one by one
        waits, stop = [], threading.Event()

        def writes():
            while not stop.is_set():
                begun = time.monotonic()
                op.post(f"/v1/deliveries/{op.own['delivered']}/contests", op.contest_body(at=NOW), "rep")
                waits.append(time.monotonic() - begun)
        other = threading.Thread(target=writes)
        other.start()
        begun = time.monotonic()
        one = recall(op)
        answered = time.monotonic() - begun
        assert one["deliveries"] == COPIES + 2 and one["left_out"] > 0, one
        begun = time.monotonic()
        homes = affected(op, one)
        paged = time.monotonic() - begun
        assert len({home["delivery_id"] for home in homes}) == COPIES + 2
        begun = time.monotonic()
        while op.post("/v1/sweep", None, status=200)["more"]:
            pass
        opened = time.monotonic() - begun
        stop.set()
        other.join()
        assert op.get("/v1/recalls/" + one["id"])["left_out"] == 0
        assert op.rows("SELECT COUNT(*), COUNT(DISTINCT delivery_id) FROM discrepancy WHERE kind = 'wrong_lot'") == [
            (COPIES + 2, COPIES + 2)]
        waits.sort()
        print(f"recall of {COPIES} deliveries: answered in {answered:.2f} s, all pages in {paged:.2f} s, opened in "
              f"{opened:.2f} s; {len(waits)} other writes meanwhile, the slowest {max(waits) * 1000:.0f} ms")


main()
