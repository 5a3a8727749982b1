"""What is sent twice is done once: keys of creations, versions of changes, ids of events, over many connections at once."""
import json
import os
import random
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import Skip, in_parallel, main, test  # noqa: E402
from ids import stored  # noqa: E402

try:
    from contract import Row, routes
    from operation import AFTER, MORNING, NOW, WITHDRAWN, Operation, new_id
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()

CONNECTIONS = 16


def taking(op, header):
    """Rows of the operations that take a header, by the document, that are built."""
    known = routes()
    for row in Row.rows:
        operation = op.document.document["paths"].get(row.path, {}).get(row.method.lower(), {})
        if row.name in known and any(one["name"] == header for one in operation.get("parameters", ())):
            yield row


def first_role(row):
    return "manager" if "manager" in row.who else next(iter(row.who))


def events(op, kind="%"):
    return op.rows("SELECT COUNT(*) FROM audit_event WHERE action LIKE ?", kind)[0][0]


# ---- Idempotency-Key ----

@test
def every_creation_takes_a_key():
    with Operation() as op:
        rows = list(taking(op, "Idempotency-Key"))
        assert len(rows) >= 9, [row.name for row in rows]
        for row in rows:
            who = first_role(row)
            path, body = row.of(op, op.own), row.body(op, op.own, who)
            first = op.send("POST", path, who, body, Idempotency_Key='"one-{}"'.format(row.path))
            assert first.status == 201, (row.name, first)
            before = op.fingerprint()
            for key in ('"one-{}"', "one-{}"):
                again = op.send("POST", path, who, body, Idempotency_Key=key.format(row.path))
                assert (again.status, again.body) == (201, first.body), (row.name, again)
                assert again.headers["ETag"] == first.headers["ETag"], row.name
            other = op.send("POST", path, who, {**body, "name": "other"}, Idempotency_Key="one-" + row.path)
            assert other.status == 422, (row.name, other)
            changed = row.body(op, op.own, who)
            if changed != body:
                other = op.send("POST", path, who, changed, Idempotency_Key="one-" + row.path)
                assert (other.status, other.slug) == (422, "idempotency.other-body"), (row.name, other)
            assert op.fingerprint() == before, row.name


@test
def a_key_is_one_users_and_one_addresss():
    with Operation() as op:
        body = {"code": "KEY", "name": "K"}
        first = op.send("POST", "/v1/customers", "admin", body, Idempotency_Key="k")
        assert first.status == 201
        assert op.send("POST", "/v1/customers", "manager", body, Idempotency_Key="k").slug == "code.taken"
        mine = op.send("POST", "/v1/customers", "manager", {**body, "code": "KEY2"}, Idempotency_Key="k")
        assert mine.status == 201 and mine.json["id"] != first.json["id"]
        elsewhere = op.send("POST", "/v1/depots", "admin", {**body, "timezone": "Australia/Perth"}, Idempotency_Key="k")
        assert (elsewhere.status, elsewhere.slug) == (422, "idempotency.other-body"), elsewhere


@test
def the_first_answer_stands_whatever_came_after():
    with Operation() as op:
        body = {"code": "KEY", "name": "K"}
        first = op.send("POST", "/v1/customers", "admin", body, Idempotency_Key="k")
        op.post("/v1/customers/" + first.json["id"], {"name": "Changed", "code": "OTHER"}, "admin", 200, "PATCH", If_Match="*")
        again = op.send("POST", "/v1/customers", "admin", body, Idempotency_Key="k")
        assert (again.status, again.body) == (201, first.body), again
        op.stop(signal.SIGKILL)
        op.clock(AFTER)
        again = op.send("POST", "/v1/customers", "admin", body, Idempotency_Key="k")
        assert (again.status, again.body) == (201, first.body), again
        assert op.send("POST", "/v1/customers", "driver", body, Idempotency_Key="k").status == 403


@test
def a_key_of_what_was_refused_is_free():
    with Operation() as op:
        assert op.send("POST", "/v1/customers", "admin", {"code": "K1", "name": "K"}, Idempotency_Key="k").status == 409
        assert op.send("POST", "/v1/customers", "admin", {"code": "N"}, Idempotency_Key="k").status == 422
        assert op.send("POST", "/v1/customers", "admin", {"code": "N", "name": "K"}, Idempotency_Key="k").status == 201


@test
def keys_that_are_none():
    with Operation() as op:
        before = op.fingerprint()
        for key in ("", '""', "a" * 121, '"' + "a" * 121 + '"', "a b", 'a"b', "\xe9", '"a b"'):
            answer = op.send("POST", "/v1/customers", "admin", {"code": "N", "name": "K"}, Idempotency_Key=key)
            assert (answer.status, answer.slug) == (400, "idempotency.invalid"), (key, answer)
        assert op.fingerprint() == before
        for key in ("a", "a" * 120, '"' + "b" * 120 + '"', "!#$%&'*+-.^_`|~"):
            body = {"code": "N" + str(len(key)) + key[:2], "name": "K"}
            assert op.send("POST", "/v1/customers", "admin", body, Idempotency_Key=key).status == 201, key


@test
def one_key_over_many_connections_is_one_creation():
    with Operation() as op:
        for path, who, body in (("/v1/customers", "admin", {"code": "RACE", "name": "R"}),
                                ("/v1/deliveries", "rep", {"order_id": op.own["order:confirmed"], "date": "2026-03-31",
                                                           "window": MORNING}),
                                ("/v1/users", "admin", {"email": "race@example.org", "name": "R", "role": "rep",
                                                        "password": "a password of ours"})):
            before = events(op)
            answers = in_parallel(CONNECTIONS if who == "rep" else 6, lambda _: op.send(
                "POST", path, who, body, Idempotency_Key="race" + path))  # pylint: disable=cell-var-from-loop
            assert {(one.status, one.body, one.headers["ETag"]) for one in answers} == {
                (201, answers[0].body, answers[0].headers["ETag"])}, answers
            assert events(op) == before + 1, path


# ---- ETag and If-Match ----

@test
def every_change_needs_the_version_it_was_made_from():
    with Operation() as op:
        rows = list(taking(op, "If-Match"))
        assert len(rows) >= 9, [row.name for row in rows]
        for row in rows:
            who = first_role(row)
            path = row.of(op, op.own)
            read = op.send("GET", path.removesuffix("/stops"), who)
            tag, version = read.headers["ETag"], read.json["version"]
            assert tag == f'"{version}"', (row.name, tag)
            body, before = row.body(op, op.own, who), op.fingerprint()
            answer = op.call(row.method, path, body, token=op.token[who])
            assert (answer.status, answer.slug) == (428, "version.needed"), (row.name, answer)
            for wrong in (f'"{version + 1}"', f'"{version - 1}"', f"W/{tag}", tag.strip('"'), '"x"', "", f'"{version}', "**"):
                answer = op.call(row.method, path, body, token=op.token[who], headers={"If-Match": wrong})
                assert (answer.status, answer.slug) == (412, "version.mismatch"), (row.name, wrong, answer)
            assert op.fingerprint() == before, row.name
            answer = op.call(row.method, path, body, token=op.token[who], headers={"If-Match": f'"0", {tag} , "x"'})
            assert answer.status == 200, (row.name, answer)
            now = op.send("GET", path.removesuffix("/stops"), who)
            assert now.headers["ETag"] == answer.headers["ETag"] == f"\"{answer.json['version']}\"", row.name
            if answer.json["version"] != version:
                stale = op.call(row.method, path, body, token=op.token[who], headers={"If-Match": tag})
                assert stale.status == 412, (row.name, stale)


@test
def of_many_changes_from_one_version_one_wins():
    with Operation() as op:
        path = "/v1/patients/" + op.own["patient"]
        tag = op.send("GET", path, "rep").headers["ETag"]
        answers = in_parallel(CONNECTIONS, lambda i: op.send("PATCH", path, "rep", {"access_notes": f"door {i}"}, If_Match=tag))
        assert sorted(one.status for one in answers) == [200] + [412] * (CONNECTIONS - 1), answers
        won = next(one for one in answers if one.status == 200)
        assert op.get(path, "rep") == won.json
        run = f"/v1/runs/{op.own['run:planned']}"
        tag = op.send("GET", run, "dispatcher").headers["ETag"]
        stops = ([op.own["scheduled"]], [])
        answers = in_parallel(8, lambda i: op.send("PUT", run + "/stops", "dispatcher", {"delivery_ids": stops[i % 2]}, If_Match=tag))
        assert sorted(one.status for one in answers) == [200] + [412] * 7, answers


# ---- events of the field ----

def rewritten(body, i):
    """The same content in other bytes."""
    names = list(body)
    random.Random(i).shuffle(names)
    text = json.dumps({name: body[name] for name in names}, indent=i % 3 or None, ensure_ascii=i % 2 == 0)
    return " " * (i % 4) + text + "\n" * (i % 2)


def copies(op, path, who, body, n=48):
    """Many copies over many connections: what each was answered."""
    headers = {"Content-Type": "application/json"}
    given = in_parallel(CONNECTIONS, lambda c: [op.call("POST", path, rewritten(body, i), token=op.token[who],
                                                       headers=dict(headers)) for i in range(c, n, CONNECTIONS)])
    return [one for some in given for one in some]


def kinds(op):
    """Path, user, body and how the second answer differs in status, for each kind of event with an id of the client's."""
    stop = f"/v1/deliveries/{op.own['dispatched']}"
    behalf = {"on_behalf_of": op.own["driver"], "reason": "Phone broken"}
    return (
        (f"/v1/deliveries/{op.own['failed']}/failures", "driver", op.failure_body(note="nöbody")),
        (stop + "/confirmations", "driver", op.drop_body(note="bøx")),
        (f"/v1/deliveries/{op.other['dispatched']}/confirmations", "dispatcher", op.drop_body(
            **{**behalf, "on_behalf_of": op.other["driver"]})),
        (f"/v1/deliveries/{op.own['delivered']}/contests", "customer", op.contest_body()),
        (f"/v1/orders/{op.own['order:open']}/contacts", "rep", {
            "id": new_id(), "at": NOW, "channel": "call", "outcome": "reached", "identity_checked": True, "note": "é"}))


@test
def copies_of_one_event_are_one_event_with_one_answer():
    with Operation() as op:
        for path, who, body in kinds(op):
            before = events(op)
            answers = copies(op, path, who, body)
            statuses = [one.status for one in answers]
            assert sorted(statuses) == [200] * 47 + [201], (path, statuses)
            assert len({one.body for one in answers}) == 1, (path, {one.body for one in answers})
            assert body["id"] in answers[0].body
            written = events(op) - before
            assert 1 <= written < 12, (path, written)
            assert events(op) == before + written


@test
def the_same_id_with_other_content_is_refused_and_changes_nothing():
    with Operation() as op:
        for path, who, body in kinds(op):
            first = op.post(path, body, who)
            before = op.fingerprint()
            for other in ({"note": "other"}, {"at": "2026-03-02T00:00:00.001Z"}):
                answer = op.send("POST", path, who, {**body, **other})
                assert (answer.status, answer.slug) == (409, "event.id-reused"), (path, other, answer)
            assert op.post(path, body, who, 200) == first, path
            assert op.fingerprint() == before
        body = kinds(op)[0][2]
        op.post(f"/v1/deliveries/{op.own['failed']}/failures", body, "driver")
        for path in (f"/v1/deliveries/{op.own['delivered']}/failures", f"/v1/deliveries/{op.own['failed']}/confirmations"):
            sent = body if "failures" in path else op.drop_body(id=body["id"])
            answer = op.send("POST", path, "driver", sent)
            assert (answer.status, answer.slug) == (409, "event.id-reused"), (path, answer)


@test
def contents_that_race_for_one_id():
    with Operation() as op:
        stop, one = f"/v1/deliveries/{op.own['failed']}/failures", new_id()
        answers = in_parallel(CONNECTIONS, lambda i: op.send("POST", stop, "driver", op.failure_body(id=one, note=f"n{i % 4}")))
        assert sorted({answer.status for answer in answers}) == [200, 201, 409], answers
        assert [answer.status for answer in answers].count(201) == 1
        won = next(answer for answer in answers if answer.status == 201)
        assert all(answer.body == won.body for answer in answers if answer.status == 200)
        assert [answer.status for answer in answers].count(409) == 12


@test
def two_drops_race_for_one_stop():
    with Operation() as op:
        stop = f"/v1/deliveries/{op.own['dispatched']}/confirmations"
        bodies = [op.drop_body() for _ in range(8)]
        answers = in_parallel(8, lambda i: op.send("POST", stop, "driver", bodies[i]))
        assert sorted(one.status for one in answers) == [201] + [409] * 7, answers
        won = next(one for one in answers if one.status == 201).json["confirmation"]["id"]
        assert all(one.slug == "delivery.already-confirmed" and won in one.json["detail"] for one in answers if one.status == 409)
        order = op.get("/v1/orders/" + op.own["order:fourth"], "rep")
        assert {line["product_id"]: line["accepted"] for line in order["lines"]} == {op.ids["bag"]: 5, op.ids["cap"]: 60}


@test
def copies_do_not_care_for_what_came_between():
    """The verdict as first given: after the failure came a drop, after the drop a void, a new version and a restart."""
    with Operation() as op:
        stop = f"/v1/deliveries/{op.own['dispatched']}"
        failure, drop = op.failure_body(), op.drop_body()
        failed = op.post(stop + "/failures", failure, "driver")
        dropped = op.post(stop + "/confirmations", drop, "driver")
        for one in dropped["discrepancies"]:
            op.post(f"/v1/discrepancies/{one['id']}/void", {"reason": "R"}, "manager", 200)
        late = op.failure_body()
        kept = op.post(stop + "/failures", late, "driver")
        op.post(stop + "/contests", op.contest_body(), "customer")
        op.post("/v1/patients/" + op.own["patient2"], {"name": "Renamed"}, "rep", 200, "PATCH", If_Match="*")
        op.stop(signal.SIGKILL)
        op.clock(AFTER)
        for path, body, first in (("/failures", failure, failed), ("/confirmations", drop, dropped), ("/failures", late, kept)):
            assert op.post(stop + path, body, "driver", 200) == first, path


@test
def answers_that_never_arrived():
    """Clients that hang up, and send again until they are answered: nothing lost, nothing doubled."""
    with Operation() as op:
        bodies = [op.failure_body(note=f"n{i}") for i in range(60)]
        path, chance = f"/v1/deliveries/{op.own['failed']}/failures", random.Random(7)

        def hang_up(body):
            text = json.dumps(body)
            with socket.create_connection(("127.0.0.1", op.port), timeout=10) as connection:
                connection.sendall(f"POST {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {op.token['driver']}\r\nContent-Type: "
                                   f"application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

        def device(i):
            given = {}
            queue = bodies[i::4] * 2
            random.Random(i).shuffle(queue)
            for body in queue:
                if chance.random() < 0.3:
                    hang_up(body)
                answer = op.send("POST", path, "driver", body)
                assert answer.status in (200, 201), answer
                given.setdefault(body["id"], set()).add(answer.body)
            return given

        for given in in_parallel(8, lambda i: device(i % 4)):
            assert all(len(some) == 1 for some in given.values()), given
        ids = {stored(body["id"]) for body in bodies}
        rows = [bytes(one) for (one,) in op.rows("SELECT id FROM field_event") if bytes(one) in ids]
        assert len(rows) == len(ids) == 60, len(rows)


# ---- what there is only once ----

@test
def the_last_slot_is_booked_once():
    with Operation() as op:
        op.post("/v1/zones/" + op.ids["zone"], {"windows": [{**MORNING, "stops_max": 1}]}, "admin", 200, "PATCH",
                If_Match="*")
        orders = [op.own["order:confirmed"], op.other["order:confirmed"]]
        answers = in_parallel(8, lambda i: op.send("POST", "/v1/deliveries", "rep", {
            "order_id": orders[i % 2], "date": "2026-03-30", "window": MORNING}))
        assert [one.status for one in answers].count(201) == 1, answers
        assert {one.slug for one in answers if one.status != 201} <= {"slot.full", "order.not-bookable"}, answers
        won = next(one for one in answers if one.status == 201).json
        for _ in range(3):
            op.post(f"/v1/deliveries/{won['id']}/cancel", WITHDRAWN, "rep", 200)
        answers = in_parallel(4, lambda i: op.send("POST", "/v1/deliveries", "rep", {
            "order_id": orders[i % 2], "date": "2026-03-30", "window": MORNING}))
        assert [one.status for one in answers].count(201) == 1, answers  # given back once, not three times


@test
def plans_in_parallel_open_every_order_once():
    with Operation() as op:
        receipts = in_parallel(8, lambda _: op.post("/v1/plan", {"through": "2026-12-31"}, status=200))
        assert sum(one["opened"] for one in receipts) > 0 and len({one["due"] for one in receipts}) == 1, receipts
        opened = [one["opened"] for one in receipts if one["opened"]]
        assert len(opened) == 1, receipts
        for one in receipts:
            assert one["due"] == one["opened"] + one["existing"] + one["skipped"] + one["paused"] + one["missing"], one
        doubled = op.rows("SELECT COUNT(*) FROM patient_order GROUP BY patient_id, due_date, kind HAVING COUNT(*) > 1")
        assert not doubled, doubled


main()
