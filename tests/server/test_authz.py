"""Who may do what: every operation as everybody, with what is theirs, what is another's and what nobody has."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import PASSWORD, Server, Skip, main, test  # noqa: E402
from ids import stored  # noqa: E402
from patched import patched  # noqa: E402

try:
    from openapi import is_uuid
    from contract import ANY, ANY_TAG, OPEN, STRANGERS, TABLE, USERS, Row, routes
    from operation import MORNING, NOBODY, NOW, ROLES, TODAY, Operation, new_id
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()

# ---- the walk ----

class Walk:
    """One operation as everybody."""

    def __init__(self, op, row):
        self.op, self.row, self.faults, self.seen = op, row, [], set()
        document = op.document.document["paths"].get(row.path, {})
        self.has_body = "requestBody" in document.get(row.method.lower(), {})

    def addresses(self):
        """Name, side and path: of each side; then what nobody has, what is of another kind, and what is no id."""
        row = self.row
        if not row.ids:
            return [("own", self.op.own, row.path)]
        given = [(name, side, row.of(self.op, side))
                 for name, side in (("own", self.op.own), ("other", self.op.other))]
        if not row.is_somebodys:
            return given[:1]
        wrong = {"nobody": NOBODY, "kind": self.op.ids["user:rep"] if "/users/" not in row.path else self.op.ids["bag"],
                 "no-id": "x"}
        return given + [(name, self.op.own, row.address(one)) for name, one in wrong.items()]

    def expected(self, who, name):
        role, allowed = ROLES.get(who, who), self.row.who
        if OPEN in allowed:
            return self.row.ok
        if who in STRANGERS:
            return (401,)
        if name == "no-id" and "{id}" in self.row.path:
            return (404,)
        if ANY not in allowed and role not in allowed:
            return (403,)
        if name in ("nobody", "kind", "no-id"):
            return (404,)
        mine = "other" if who.endswith("2") else "own"
        return (404,) if self.row.is_somebodys and allowed.get(role) and name != mine else self.row.ok

    def send(self, who, side, path):
        row = self.row
        body = row.body(self.op, side, who) if row.body else None
        return self.op.call(row.method, path + row.query, body, token=self.op.token[who], headers=dict(row.headers))

    def one(self, who):
        hidden = set()
        for name, side, path in self.addresses():
            expected = self.expected(who, name)
            if self.row.method == "GET":
                head = Server.call(self.op, "HEAD", path + self.row.query, token=self.op.token[who])
                if head.status not in expected:
                    self.faults.append(f"HEAD {self.row.path} as {who}, {name}: {head.status} where {expected} belongs")
            answer = self.send(who, side, path)
            self.seen.add(answer.status)
            if answer.status not in expected:
                self.faults.append(f"{self.row.name} as {who}, {name}: {answer.status} where {expected} belongs")
            if answer.status == 404:
                hidden.add(json.dumps({**answer.json, "instance": ""}))
                hidden.add(" ".join(sorted(answer.headers)))
        if len(hidden) > 2:
            self.faults.append(f"{self.row.name} as {who}: another's id is not answered as one that nobody has: {hidden}")

    def run(self, users=USERS):
        for who in users:
            self.one(who)
        if self.row.ok[0] not in self.seen:
            self.faults.append(f"{self.row.name}: nobody got {self.row.ok[0]}, only {sorted(self.seen)}")
        return self.faults


@test
def every_operation_as_everybody():
    there = set(routes())
    with Operation() as op:
        faults = [fault for row in Row.rows if row.name in there for fault in Walk(op, row).run()]
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:60])


@test
def every_operation_has_a_row():
    assert len(TABLE) == len(Row.rows)
    assert not set(routes()) - set(TABLE), "operations without a row here: whose are they?"


@test
def every_row_has_an_operation():
    missing = sorted(set(TABLE) - set(routes()))
    if missing:
        raise Skip("not built: " + ", ".join(missing))


# ---- ids inside of bodies and questions ----

def same(op, first, second):
    """Two answers that must not tell apart what is another's and what nobody has."""
    for answer in (first, second):
        for member in {"instance", "as_of"} & set(answer.json or ()):
            answer.json[member] = ""
    assert (first.status, first.json) == (second.status, second.json), (first, second)
    return first


def foreign(op):
    """Every id that belongs to the other side."""
    return sorted({one for name, one in op.other.items() if isinstance(one, str) and name != "image"} | {op.other["event"]["id"],
                                                                                 op.other["failure"]["id"]})


def blank(answer, one):
    """An answer without what differs by itself: the request's id, and the id that was asked for."""
    return answer.status, answer.body.replace(one, "ID").replace((answer.json or {}).get("instance") or "-", "")


def within(value, at=()):
    """(path, id) of every id inside of a body, but those of products, which are nobody's, and of the event itself."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        if isinstance(child, str) and key != "product_id" and len(at) + (key == "id") < 3 and is_uuid(child) and key != "id":
            yield (*at, key), child
        yield from within(child, (*at, key))


def put(value, path, one):
    made = json.loads(json.dumps(value))
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = one
    return made


def nested(op, whos=("driver", "customer")):
    """Faults: an id of another tenant inside of a body, a batch or a question that is not answered as one that nobody has.
    The operations, their parameters and the members that take an id come from the document."""
    tried = 0
    for row in Row.rows:
        operation = op.document.document["paths"].get(row.path, {}).get(row.method.lower())
        for who in whos:
            if not operation or who not in row.who:
                continue
            path = row.of(op, op.own)
            for one in operation["parameters"]:
                if one["in"] == "query" and (one["schema"].get("format") == "uuid" or one["name"] == "run_id"):
                    asked = f"{path}{row.query or '?'}&{one['name']}=".replace("?&", "?")
                    unknown = same_words(op.call("GET", asked + NOBODY, token=op.token[who]), NOBODY)
                    for other in foreign(op):
                        tried += 1
                        if same_words(op.call("GET", asked + other, token=op.token[who]), other) != unknown:
                            yield f"{row.name}?{one['name']} as {who}: another's id is told from one that nobody has"
            for body in bodies(op, row, who):
                for where, _ in within(body):
                    unknown = blank_batch(op.send(row.method, path, who, put(body, where, NOBODY)), NOBODY)
                    for other in foreign(op):
                        tried += 1
                        if blank_batch(op.send(row.method, path, who, put(body, where, other)), other) != unknown:
                            yield f"{row.name} {'/'.join(map(str, where))} as {who}: another's id is told from one that nobody has"
    if tried < 100:
        yield f"only {tried} ids were tried"


def same_words(answer, one):
    status, body = blank(answer, one)
    return status, re.sub(r'"as_of":"[^"]*"', "", body)


def blank_batch(answer, one):
    status, body = blank(answer, one)
    return status, re.sub(r'"instance":"[^"]*"|"epoch":"[^"]*"|"(backed_up_)?seq":\d+', "", body)


def bodies(op, row, who):
    """The bodies that a row knows; of a batch, one event of each type."""
    if row.name == "POST /v1/sync":
        confirmation, failure = op.drop_body(id=new_id()), op.failure_body(id=new_id())
        behalf = {"on_behalf_of": op.own["driver"]}
        return [{"events": [one]} for one in (
            {**failure, **behalf, "type": "failure", "delivery_id": op.own["failed"]},
            {**confirmation, **behalf, "type": "confirmation", "delivery_id": op.own["dispatched"]},
            {"id": new_id(), "reason": "R", "lines": [], "type": "amendment", "delivery_id": op.own["delivered"],
             "confirmation_id": op.own["confirmation"]},
            {"id": new_id(), "at": NOW, "type": "arrival", "delivery_id": op.own["dispatched"]})]
    body = row.body(op, op.own, who) if row.body and "Content-Type" not in row.headers else None
    return [{**body, "on_behalf_of": op.own["driver"]}] if body and row.path.endswith(("/confirmations", "/failures")) else (
        [body] if isinstance(body, dict) else [])


@test
def ids_inside_of_bodies_and_questions_tell_nothing_of_others():
    with Operation() as op:
        before = op.rows("SELECT COUNT(*) FROM field_event WHERE delivery_id IN (SELECT id FROM delivery WHERE customer_id = ?)",
                         stored(op.other["customer"]))
        faults = list(nested(op))
        assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:30])
        assert before == op.rows(
            "SELECT COUNT(*) FROM field_event WHERE delivery_id IN (SELECT id FROM delivery WHERE customer_id = ?)",
            stored(op.other["customer"]))


@test
def one_foreign_event_blocks_no_other_of_the_batch():
    with Operation() as op:
        mine, theirs = op.failure_body(), op.failure_body()
        results = op.post("/v1/sync", {"events": [
            {**theirs, "type": "failure", "delivery_id": op.other["failed"]},
            {**mine, "type": "failure", "delivery_id": op.own["failed"]}]}, "driver", 200)["results"]
        assert [one["status"] for one in results] == ["refused", "new"] and results[0]["problem"]["status"] == 404, results
        assert op.rows("SELECT COUNT(*) FROM field_event WHERE id = ?", stored(theirs["id"]))[0][0] == 0


@test
def filters_show_nothing_of_others():
    with Operation() as op:
        for path in ("/v1/deliveries?", "/v1/discrepancies?", "/v1/reports/delivery-errors?from=2026-03-01&to=2026-03-31&",
                     "/v1/reports/delivery-errors?format=csv&group_by=customer&from=2026-03-01&to=2026-03-31&"):
            asked = [op.send("GET", f"{path}customer_id={one}", "customer") for one in (op.other["customer"], NOBODY)]
            assert same(op, *asked).status in (200, 404), asked
            assert op.other["customer"] not in asked[0].body and "K2" not in asked[0].body, asked[0]
            mine = op.send("GET", path[:-1], "customer")
            assert mine.status == 200 and op.other["customer"] not in mine.body, mine
        for name in ("run_id", "customer_id"):
            other = op.other["run" if name == "run_id" else "customer"]
            asked = [op.send("GET", f"/v1/deliveries?{name}={one}", "driver") for one in (other, NOBODY)]
            assert same(op, *asked).json["items"] == [], asked


@test
def a_report_is_the_customers_own():
    with Operation() as op:
        op.stop()
        op.clock("2026-03-10T00:00:00Z")
        op.token.update({who: op.login_as(who) for who in ("manager", "customer")})
        op.post("/v1/sweep", None, status=200)
        path = "/v1/reports/delivery-errors?from=2026-03-01&to=2026-03-31"
        for group in ("customer", "month", "depot", "driver", "product", "kind"):
            mine = op.get(f"{path}&group_by={group}", "customer")
            his = op.get(f"{path}&group_by={group}&customer_id={op.own['customer']}", "manager")
            all_ = op.get(f"{path}&group_by={group}", "manager")
            assert (mine["rows"], mine["total"], mine["restated"]) == (his["rows"], his["total"], his["restated"]), group
            assert mine["rows"] and all_["total"] != mine["total"], group
            for word in (op.other["customer"], op.other["driver"], "Clinic 2"):
                assert word not in json.dumps(mine), (group, word)
        assert mine != op.get(f"{path}&customer_id={op.other['customer']}", "manager")
        csv = op.send("GET", path + "&group_by=customer&format=csv", "customer")
        assert "K1" in csv.body and "K2" not in csv.body, csv


@test
def lists_hold_what_is_theirs():
    with Operation() as op:
        def ids(path, who):
            return {item["id"] for item in op.get(path, who)["items"]}
        mine = {op.own[name] for name in ("delivered", "failed", "dispatched", "scheduled")}
        others = {op.other[name] for name in ("delivered", "failed", "dispatched", "scheduled")}
        for who, seen in (("manager", mine | others), ("rep", mine | others), ("dispatcher", mine | others), ("driver", mine),
                          ("driver2", others), ("customer", mine), ("customer2", others)):
            assert ids("/v1/deliveries", who) == seen, who
        assert ids("/v1/driver/runs?date=" + TODAY, "driver") == {op.own["run"]}
        assert ids("/v1/driver/runs?date=" + TODAY, "driver2") == {op.other["run"]}
        for who, customer in (("customer", op.own["customer"]), ("customer2", op.other["customer"])):
            found = op.get("/v1/discrepancies?limit=500", who)["items"]
            assert found and {one["customer_id"] for one in found} == {customer}, who


@test
def a_cursor_of_somebody_else_opens_nothing():
    with Operation() as op:
        for path, whos in (("/v1/deliveries", ("customer", "driver")), ("/v1/discrepancies", ("customer",))):
            cursor = op.get(path + "?limit=1")["next"]
            assert cursor
            for who in whos:
                mine = {item["id"] for item in op.get(path, who)["items"]}
                seen = {item["id"] for item in op.get(f"{path}?after={cursor}", who)["items"]}
                assert seen <= mine, (path, who)


@test
def bodies_name_only_what_is_there():
    with Operation() as op:
        before = op.fingerprint()
        booking = {"date": "2026-03-31", "window": MORNING}
        for method, path, who, body, pointer, headers in (
                ("POST", "/v1/deliveries", "rep", lambda one: {**booking, "order_id": one}, "/order_id", {}),
                ("PUT", f"/v1/runs/{op.own['run']}/stops", "dispatcher", lambda one: {
                    "delivery_ids": [op.own["delivered"], one]}, "/delivery_ids/1", ANY_TAG),
                ("POST", "/v1/runs", "dispatcher", lambda one: {
                    "depot_id": one, "date": TODAY, "driver_id": op.own["driver"], "vehicle": "V"}, "/depot_id", {}),
                ("POST", "/v1/runs", "dispatcher", lambda one: {
                    "depot_id": op.ids["depot"], "date": TODAY, "driver_id": one, "vehicle": "V"}, "/driver_id", {}),
                ("PUT", f"/v1/orders/{op.own['order:open']}/count", "rep", lambda one: {
                    "lines": [{"product_id": one, "on_hand": 1}]}, "/lines/0/product_id", {}),
                ("POST", f"/v1/orders/{op.own['order:open']}/confirm", "rep", lambda one: {
                    "lines": [{"product_id": one, "ordered": 1}]}, "/lines/0/product_id", {}),
                ("PUT", f"/v1/patients/{op.own['patient']}/prescription", "rep", lambda one: {
                    "effective_from": TODAY, "lines": [{"product_id": one, "use_per_day": 1}]}, "/lines/0/product_id", {}),
                ("POST", "/v1/orders", "rep", lambda one: {
                    "patient_id": one, "due_date": "2026-03-20", "kind": "travel", "reason": "R"}, "/patient_id", {}),
                ("POST", "/v1/orders", "rep", lambda one: {
                    "patient_id": op.own["patient"], "due_date": "2026-03-20", "kind": "travel", "reason": "R",
                    "deliver_to": {"address": "2 Sea St", "zone_id": one}}, "/deliver_to/zone_id", {}),
                ("POST", "/v1/patients", "rep", lambda one: {
                    "code": "N", "name": "N", "customer_id": one, "zone_id": op.ids["zone"]}, "/customer_id", {}),
                ("POST", "/v1/patients", "rep", lambda one: {
                    "code": "N", "name": "N", "customer_id": op.own["customer"], "zone_id": one}, "/zone_id", {}),
                ("POST", "/v1/zones", "manager", lambda one: {"code": "N", "name": "N", "depot_id": one}, "/depot_id", {}),
                ("POST", "/v1/closures", "manager", lambda one: {"depot_id": one, "date": "2027-01-01"}, "/depot_id", {}),
                ("POST", "/v1/users", "admin", lambda one: {
                    "email": "n@example.org", "name": "N", "role": "customer", "password": PASSWORD, "customer_id": one},
                    "/customer_id", {}),
                ("POST", f"/v1/deliveries/{op.own['dispatched']}/confirmations", "dispatcher", lambda one: op.drop_body(
                    id=NOBODY, on_behalf_of=one, reason="R"), "/on_behalf_of", {}),
                ("POST", f"/v1/deliveries/{op.own['dispatched']}/failures", "manager", lambda one: op.failure_body(
                    id=NOBODY, on_behalf_of=one, behalf_reason="R"), "/on_behalf_of", {}),
                ("POST", f"/v1/deliveries/{op.own['dispatched']}/confirmations", "driver", lambda one: op.drop_body(
                    id=NOBODY, on_behalf_of=one), "/on_behalf_of", {})):
            kind = op.ids["closure"]  # is there, and is nothing of what any of them asks for
            answers = [op.call(method, path, body(one), token=op.token[who], headers=dict(headers))
                       for one in (NOBODY, kind)]
            answer = same(op, *answers)
            assert answer.status == 422 and [one["pointer"] for one in answer.json["errors"]] == [pointer], (path, answer)
        assert op.fingerprint() == before


@test
def a_driver_speaks_for_nobody_else():
    with Operation() as op:
        path = f"/v1/deliveries/{op.own['dispatched']}/confirmations"
        answers = [op.send("POST", path, "driver", op.drop_body(id=NOBODY, on_behalf_of=one))
                   for one in (op.ids["user:driver2"], NOBODY)]
        assert same(op, *answers).status == 422, answers


@test
def an_event_of_somebody_else_is_not_there():
    with Operation() as op:
        mine, theirs = op.own["event"], op.other["event"]
        unknown = op.send("POST", f"/v1/deliveries/{NOBODY}/confirmations", "driver", mine)
        for delivery in ("dispatched", "delivered"):
            for body in (theirs, {**mine, "id": theirs["id"]}):
                answer = op.send("POST", f"/v1/deliveries/{op.own[delivery]}/confirmations", "driver", body)
                assert same(op, answer, unknown).status == 404, answer
        failure = op.send("POST", f"/v1/deliveries/{op.own['dispatched']}/failures", "driver", op.other["failure"])
        assert same(op, failure, unknown).status == 404, failure
        contest = op.contest_body()
        op.post(f"/v1/deliveries/{op.own['delivered']}/contests", contest, "customer")
        answer = op.send("POST", f"/v1/deliveries/{op.other['delivered']}/contests", "customer2", contest)
        unknown = op.send("POST", f"/v1/deliveries/{NOBODY}/contests", "customer2", contest)
        assert same(op, answer, unknown).status == 404, answer
        contact = {"id": new_id(), "at": NOW, "channel": "call", "outcome": "no_answer"}
        op.post(f"/v1/orders/{op.own['order:open']}/contacts", contact, "rep")
        answer = op.send("POST", f"/v1/orders/{op.own['order:open']}/contacts", "manager", contact)
        assert answer.status == 404, answer


@test
def what_was_a_stop_of_theirs_stays_visible():
    with Operation() as op:
        run_ = op.get("/v1/runs/" + op.own["run"], "dispatcher")
        stops = [stop["delivery_id"] for stop in run_["stops"] if stop["delivery_id"] != op.own["dispatched"]]
        op.post(f"/v1/runs/{run_['id']}/stops", {"delivery_ids": stops}, "dispatcher", 200, "PUT", If_Match="*")
        assert op.get("/v1/deliveries/" + op.own["dispatched"], "driver")["run_id"] is None
        op.post(f"/v1/deliveries/{op.own['dispatched']}/failures", op.failure_body(), "driver")


@test
def a_disabled_user_is_out_at_once():
    with Operation() as op:
        assert op.send("GET", "/v1/me", "rep").status == 200
        op.post("/v1/users/" + op.ids["user:rep"], {"active": False}, "admin", 200, "PATCH", If_Match="*")
        assert op.send("GET", "/v1/me", "rep").status == 401
        answer = op.call("POST", "/v1/login", {"email": op.address("rep"), "password": PASSWORD})
        assert answer.status == 401, answer
        op.post("/v1/users/" + op.ids["user:driver"], {"role": "dispatcher"}, "admin", 200, "PATCH", If_Match="*")
        assert op.send("GET", "/v1/driver/runs?date=" + TODAY, "driver").status in (401, 403)


# ---- the walk itself, on programs that are known to be wrong ----

@test
def a_program_that_lets_too_much_through_is_caught():
    for source, old, new, name, fault in (
            ("api/api_routes.c", '"/v1/discrepancies/{id}/void", .roles = MAY_MANAGER',
             '"/v1/discrepancies/{id}/void", .roles = MAY_MANAGER | MAY_CUSTOMER', "POST /v1/discrepancies/{id}/void",
             "as customer, own: 409 where (403,) belongs"),
            ("api/api_delivery.c", "*may_out = c->actor.role != ROLE_CUSTOMER ||", "*may_out = true ||",
             "GET /v1/deliveries/{id}", "as customer, other: 200 where (404,) belongs")):
        with patched((source, old, new)), Operation() as op:
            faults = Walk(op, TABLE[name]).run()
        assert any(fault in one for one in faults), (name, faults)


@test
def a_batch_that_takes_anybodys_deliveries_is_caught():
    with patched(("app/app_drop.c", "if (c->actor.role == ROLE_DRIVER)",
                  "if (!all) err = store_delivery_get(c, delivery_id, delivery_out);\n    if (!c)")), \
            Operation() as op:
        faults = list(nested(op, ("driver",)))
    assert any("POST /v1/sync events/0/delivery_id" in one for one in faults), faults


main()
