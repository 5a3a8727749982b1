"""The queue of a device: a result for each event, in any order, whatever the others are."""
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import in_parallel, main, test  # noqa: E402
from ids import stored  # noqa: E402
from operation import NOBODY, NOW, Operation, new_id  # noqa: E402

EARLIER = "2026-03-01T23:30:00.000Z"


def sync(op, events, who="driver"):
    answer = op.send("POST", "/v1/sync", who, {"events": events})
    assert answer.status == 200, answer
    assert len(answer.json["results"]) == len(events)
    for i, result in enumerate(answer.json["results"]):
        assert result["index"] == i, result
    return answer.json["results"]


def event(kind, delivery, body, **more):
    return {"type": kind, "delivery_id": delivery, **body, **more}


def arrival(op, delivery, **more):
    return event("arrival", delivery, {"id": new_id(), "at": NOW, "location": op.drop_body()["location"]}, **more)


def status(results):
    return [one["status"] for one in results]


@test
def f23_one_bad_event_never_blocks_another():
    with Operation() as op:
        own, other = op.own, op.other
        good = event("confirmation", own["dispatched"], op.drop_body())
        events = [
            event("confirmation", NOBODY, op.drop_body()),
            {"type": "parcel", "id": new_id()},
            event("confirmation", other["dispatched"], op.drop_body()),
            event("failure", own["failed"], op.failure_body(reason="tired")),
            event("confirmation", own["dispatched"], op.drop_body(lines=[{"qty": -1}, {"product_id": 7}], colour="red")),
            good,
            17,
            event("confirmation", own["dispatched"], {**op.own["event"], "note": "other"}),
            arrival(op, own["dispatched"]),
        ]
        before = op.fingerprint()
        results = sync(op, events)
        assert status(results) == ["refused"] * 5 + ["new"] + ["refused"] * 2 + ["new"], results
        problems = [one["problem"]["status"] if one["problem"] else None for one in results]
        assert problems == [404, 422, 404, 422, 422, None, 422, 409, None], problems
        unknown, anothers = dict(results[0]["problem"]), dict(results[2]["problem"])
        assert {**unknown, "instance": ""} == {**anothers, "instance": ""}  # another's answers like an unknown one
        pointers = [fault["pointer"] for fault in results[4]["problem"]["errors"]]
        assert {"/lines/0/qty", "/lines/1/product_id", "/colour"} <= set(pointers), pointers
        after = op.fingerprint()
        assert after["field_event"] == before["field_event"] + 2
        assert [one["seq"] for one in results if one["seq"]] == sorted(one["seq"] for one in results if one["seq"])


@test
def a_key_for_each_event_and_ids_shared_with_the_direct_calls():
    with Operation() as op:
        delivery, body = op.own["dispatched"], op.drop_body()
        first = sync(op, [event("confirmation", delivery, body)])[0]
        direct = op.send("POST", f"/v1/deliveries/{delivery}/confirmations", "driver", body)
        assert direct.status == 200 and direct.json["confirmation"]["id"] == body["id"], direct
        assert direct.json["discrepancies"] == first["discrepancies"]
        again = sync(op, [event("confirmation", delivery, body)])[0]
        assert again == {**first, "status": "replay"}, (first, again)
        known = sync(op, [event("confirmation", op.own["delivered"], op.own["event"])])[0]
        assert known["status"] == "replay", known
        changed = sync(op, [event("confirmation", delivery, {**body, "note": "changed"})])[0]
        assert changed["status"] == "refused" and changed["problem"]["type"].endswith("event.id-reused"), changed
        anothers = sync(op, [event("confirmation", op.other["dispatched"], body)], "driver2")[0]
        assert anothers["status"] == "refused" and anothers["problem"]["status"] == 404, anothers
        second = sync(op, [event("confirmation", delivery, op.drop_body())])[0]
        assert second["problem"]["type"].endswith("delivery.already-confirmed") and body["id"] in second["problem"]["detail"]


@test
def in_any_order_in_any_number_of_copies():
    with Operation() as op:
        delivery, body = op.own["dispatched"], op.drop_body()
        fail, come = op.failure_body(location=body["location"]), arrival(op, delivery)
        amend = event("amendment", delivery, {"id": new_id(), "at": NOW, "reason": "Counted again", "lines": [
            {"product_id": op.ids["bag"], "qty": 10, "lot": "24K11", "expiry": "2028-05-31"}]}, confirmation_id=body["id"])
        events = [amend, event("failure", delivery, fail), event("confirmation", delivery, body), come]
        given = {}

        def one(i):
            batch = events * 3
            random.Random(i).shuffle(batch)
            for result in sync(op, batch):
                if result["status"] == "waiting":
                    assert result["waits_for"] == body["id"] and result["seq"] is None, result
                    continue
                assert result["status"] in ("new", "replay"), result
                told = {**result, "status": None, "index": None}
                assert given.setdefault(result["id"], told) == told, (given[result["id"]], told)
        in_parallel(8, one)
        results = sync(op, events)
        assert status(results) == ["replay"] * 4, results
        ids = [stored(one["id"]) for one in events]
        rows = op.rows("SELECT id, COUNT(*) FROM field_event WHERE delivery_id = (SELECT delivery_id FROM field_event "
                       "WHERE id = ?) GROUP BY id", ids[0])
        assert sorted(bytes(one) for one, _ in rows) == sorted(ids) and {n for _, n in rows} == {1}, rows
        answer = op.get("/v1/deliveries/" + delivery)
        assert answer["state"] == "delivered" and len(answer["failures"]) == 1
        assert [one["id"] for one in answer["confirmation"]["amendments"]] == [amend["id"]]
        lines = {line["product_id"]: line["accepted"] for line in op.get("/v1/orders/" + answer["order_id"])["lines"]}
        assert lines[op.ids["bag"]] == 10 and lines[op.ids["cap"]] == 0, lines
        assert [one["id"] for one in answer["arrivals"]] == [come["id"]]
        for one in answer["failures"] + answer["arrivals"]:
            assert (one["distance_m"], one["accuracy_m"]) == (0, body["location"]["accuracy_m"]), one


@test
def an_amendment_waits_for_its_confirmation():
    with Operation() as op:
        delivery, body = op.own["dispatched"], op.drop_body()
        amend = event("amendment", delivery, {"id": new_id(), "at": NOW, "reason": "Counted again"},
                      confirmation_id=body["id"])
        before = op.fingerprint()
        result = sync(op, [amend])[0]
        assert (result["status"], result["waits_for"], result["problem"]) == ("waiting", body["id"], None), result
        assert op.fingerprint() == before
        assert status(sync(op, [amend, event("confirmation", delivery, body)])) == ["new", "new"]
        wrong = {**amend, "id": new_id(), "delivery_id": op.own["failed"]}
        assert sync(op, [wrong])[0]["problem"]["status"] == 404
        time = {**amend, "id": new_id(), "dropped_at": EARLIER}
        assert sync(op, [time])[0]["problem"]["type"].endswith("amendment.time-needs-manager")


@test
def five_hundred_and_no_more():
    with Operation() as op:
        delivery = op.own["dispatched"]
        events = [arrival(op, delivery) for _ in range(498)]
        events += [event("confirmation", delivery, op.drop_body()), event("failure", delivery, op.failure_body())]
        random.Random(5).shuffle(events)
        results = sync(op, events)
        assert status(results) == ["new"] * 500
        assert status(sync(op, events)) == ["replay"] * 500
        assert len({one["seq"] for one in results}) == 500
        answer = op.send("POST", "/v1/sync", "driver", {"events": events + [arrival(op, delivery)]})
        assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/events", answer
        assert sync(op, []) == []
        for body, code in (({"event": []}, 422), ({"events": [], "more": 1}, 422), ({"events": {}}, 422), ("[", 400)):
            assert op.send("POST", "/v1/sync", "driver", body, Content_Type="application/json").status == code, body
        huge = json.dumps({"events": [arrival(op, delivery, note="x" * 2000)] * 500})
        assert len(huge) > 2 ** 20
        assert op.send("POST", "/v1/sync", "driver", huge, Content_Type="application/json").status == 413


@test
def f18_late_and_skewed_clocks_are_kept_and_counted_per_driver():
    with Operation() as op:
        delivery = op.own["dispatched"]
        late = event("confirmation", delivery, op.drop_body(at=EARLIER))
        ahead = event("failure", op.own["failed"], op.failure_body(at="2026-03-02T03:05:00.000Z"))
        results = sync(op, [late, ahead])
        assert status(results) == ["new", "new"], results
        assert (results[0]["synced_late"], results[1]["synced_late"]) == (True, False)
        assert results[1]["clock_skew_s"] > 3 * 3600 - 400, results[1]
        report = op.get("/v1/reports/drivers?from=2026-03-01&to=2026-03-31")
        row = next(one for one in report["rows"] if one["driver_id"] == op.ids["user:driver"])
        assert (row["synced_late"], row["clock_skewed"]) == (1, 1), row
        assert row["events"] == row["confirmations"] + row["failures"] + row["amendments"] + row["arrivals"]
        for member in ("events", "synced_late", "clock_skewed", "confirmations", "bypassed", "on_behalf"):
            assert report["total"][member] == sum(one[member] for one in report["rows"]), member
        as_csv = op.send("GET", "/v1/reports/drivers?from=2026-03-01&to=2026-03-31&format=csv", "manager")
        assert as_csv.status == 200 and as_csv.body.splitlines()[0].startswith("driver_id,driver,"), as_csv
        assert op.send("GET", "/v1/reports/drivers?from=2026-03-31&to=2026-03-01", "manager").status == 422


@test
def f10_a_bypass_is_coded_and_counted_per_driver():
    with Operation() as op:
        without = op.drop_body(evidence=[], bypass="other", note=None)
        answer = op.send("POST", f"/v1/deliveries/{op.own['dispatched']}/confirmations", "driver", without)
        assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/note", answer
        body = op.drop_body(evidence=[], bypass="device_failed")
        assert status(sync(op, [event("confirmation", op.own["dispatched"], body)])) == ["new"]
        report = op.get("/v1/reports/drivers?from=2026-03-01&to=2026-03-31")
        row = next(one for one in report["rows"] if one["driver_id"] == op.ids["user:driver"])
        assert row["bypassed"] == 1 and row["bypass"]["device_failed"] == 1 and row["bypass"]["other"] == 0, row
        only = op.get(f"/v1/reports/drivers?from=2026-03-01&to=2026-03-31&driver_id={op.ids['user:driver']}")
        assert only["rows"] == [row]


main()
