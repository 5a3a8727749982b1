"""The operations of the contract, section 6, by hand: who may, and how an allowed call looks. One table for the tests
that call everything; it is never made from the program."""
import datetime

import images
from canary import PASSWORD, run
from operation import AFTERNOON, MORNING, NOBODY, NOW, PLANNED, ROLES, TODAY, WITHDRAWN, new_id

OPEN, ANY = "open", "any"
CATALOGUE, OFFICE, REP, RUNS = "admin manager", "admin manager rep dispatcher", "manager rep", "manager dispatcher"
BOOKS = "manager rep dispatcher"
SEES = "manager rep dispatcher driver:own customer:own"


class Row:
    """Who may: roles, each with what is theirs only (":own") or with everybody's. path, body and headers: made for a side
    (op.own or op.other) and a user; ok: what an allowed call may answer, the first of them at least once."""

    rows = []

    def __init__(self, method, path, who, ids=None, body=None, ok=200, headers=None, query=""):
        self.method, self.path, self.query = method, path, query
        self.who = {word.partition(":")[0]: word.partition(":")[2] for word in who.split()}
        self.ids, self.body, self.headers = ids, body, headers or {}
        self.ok = ok if isinstance(ok, tuple) else (ok,)
        self.rows.append(self)

    @property
    def is_somebodys(self):
        """Has the path the name of something that belongs to somebody?"""
        return self.ids is not None and ("{id}" in self.path or "own" in self.who.values())

    @property
    def name(self):
        return f"{self.method} {self.path}"

    def address(self, ids):
        """The path with an id, or two, in it."""
        path = self.path
        for one in ids if isinstance(ids, tuple) else (ids,):
            path = path[:path.index("{")] + one + path[path.index("}") + 1:]
        return path.replace("{pause_id}", NOBODY)

    def of(self, op, side):
        return self.address(self.ids(op, side)) if self.ids else self.path


count = iter(range(10 ** 6))


def code(_op, _side, _who):
    return f"X{next(count)}"


def of(name):
    """The id of what both sides have."""
    return lambda op, side: side[name]


def shared(name):
    """The id of what belongs to no customer."""
    return lambda op, side: op.ids[name]


def made(path, **body):
    """The id of something new."""
    def make(op, side):
        words = {key: value(op, side) if callable(value) else value for key, value in body.items()}
        return op.post(path(op, side) if callable(path) else path, words)["id"]
    return make


def day(*_, first=datetime.date(2026, 7, 1), days=iter(range(10 ** 4))):
    return str(first + datetime.timedelta(next(days)))


def behalf(op, side, who, key="reason"):
    """Whom a dispatcher reports for, and why."""
    return {} if who.startswith("driver") else {"on_behalf_of": side["driver"], key: "Phone broken"}


def line(op):
    return {"product_id": op.ids["bag"], "qty": 5, "lot": "L", "expiry": "2028-01-31"}


IMAGE = images.png("of the table")
ANY_TAG = {"If-Match": "*"}
CSV = {"Content-Type": "text/csv"}

for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
    Row("GET", path, OPEN)
Row("GET", "/v1/me", ANY)
Row("GET", "/v1/installation", OFFICE + " driver")
Row("POST", "/v1/me/password", ANY, body=lambda *_: {"current_password": PASSWORD, "password": "short"}, ok=422)
Row("GET", "/v1/users", "admin")
Row("POST", "/v1/users", "admin", body=lambda *a: {
    "email": code(*a) + "@example.org", "name": "N", "role": "rep", "password": PASSWORD}, ok=201)
Row("GET", "/v1/users/{id}", "admin", of("driver"))
Row("PATCH", "/v1/users/{id}", "admin", of("driver"), lambda *a: {"name": code(*a)}, headers=ANY_TAG)

for noun, body in (
        ("depot", lambda *a: {"code": code(*a), "name": "D", "timezone": "Australia/Perth"}),
        ("zone", lambda op, *a: {"code": code(op, *a), "name": "Z", "depot_id": op.ids["depot"]}),
        ("closure", lambda op, *a: {"depot_id": op.ids["depot"], "date": day()}),
        ("product", lambda *a: {"code": code(*a), "name": "P", "base_unit": "bag", "units_per_box": 5,
                                "box_weight_g": 900}),
        ("customer", lambda *a: {"code": code(*a), "name": "C"})):
    one = of("customer") if noun == "customer" else shared("bag" if noun == "product" else noun)
    Row("GET", f"/v1/{noun}s", OFFICE)
    Row("POST", f"/v1/{noun}s", CATALOGUE, body=body, ok=201)
    Row("GET", f"/v1/{noun}s/{{id}}", OFFICE, one)
    Row("PATCH", f"/v1/{noun}s/{{id}}", CATALOGUE, one, lambda *a: {}, headers=ANY_TAG)
Row("DELETE", "/v1/closures/{id}", CATALOGUE, made("/v1/closures", depot_id=shared("depot"), date=day), ok=204)

Row("GET", "/v1/patients", REP)
Row("POST", "/v1/patients", REP, body=lambda op, side, who: {
    "code": code(op, side, who), "customer_id": side["customer"], "zone_id": op.ids["zone"], "name": "New",
    "status": "admitted"}, ok=201)
Row("POST", "/v1/patients/search", BOOKS, body=lambda *_: {"q": "P-1"})
Row("GET", "/v1/patients/{id}", REP, of("patient"))
Row("PATCH", "/v1/patients/{id}", REP, of("patient"), lambda *a: {"access_notes": code(*a)}, headers=ANY_TAG)
Row("GET", "/v1/patients/{id}/timeline", "manager rep customer:own", of("patient"))
Row("POST", "/v1/patients/{id}/erase", "manager", of("patient2"), lambda *_: {"reason": "request"}, ok=409)
Row("GET", "/v1/erasures", "manager")
Row("GET", "/v1/patients/{id}/prescription", REP, of("patient"))
Row("PUT", "/v1/patients/{id}/prescription", REP, of("patient"), lambda op, *_: {
    "effective_from": "2026-02-01", "lines": [{"product_id": op.ids["bag"], "use_per_day": 4}]})
Row("GET", "/v1/patients/{id}/pauses", REP, of("patient2"))
Row("POST", "/v1/patients/{id}/pauses", REP, of("patient2"), lambda *_: {
    "from": "2027-05-01", "to": "2027-05-02", "reason": "R"}, ok=201)
Row("DELETE", "/v1/patients/{id}/pauses/{pause_id}", REP, lambda op, side: (side["patient2"], made(
    f"/v1/patients/{side['patient2']}/pauses", **{"from": "2027-06-01", "to": "2027-06-02", "reason": "R"})(op, side)),
    ok=204)

Row("POST", "/v1/plan", "manager", body=lambda *_: {"through": PLANNED})
Row("GET", "/v1/plan/receipts", "manager")
Row("POST", "/v1/sweep", "manager")
Row("POST", "/v1/imports/{kind}", "admin", lambda *_: "customers", lambda *a: f"code,name\n{code(*a)},N\n", headers=CSV)
Row("GET", "/v1/worklist", REP)

Row("GET", "/v1/orders", BOOKS)
Row("GET", "/v1/orders/{id}", BOOKS, of("order:open"))
Row("POST", "/v1/orders", REP, body=lambda op, side, who: {
    "patient_id": side["patient"], "due_date": day(), "kind": "emergency", "reason": "R"}, ok=201)
Row("POST", "/v1/orders/{id}/contacts", REP, of("order:open"), lambda *_: {
    "id": new_id(), "at": NOW, "channel": "call", "outcome": "reached", "identity_checked": True}, ok=201)
Row("PUT", "/v1/orders/{id}/count", REP, of("order:open"), lambda op, *_: {
    "lines": [{"product_id": op.ids["bag"], "on_hand": 7}]})
Row("POST", "/v1/orders/{id}/confirm", REP, of("order:open"), lambda op, *_: {
    "reason": "R", "lines": [{"product_id": op.ids["bag"], "ordered": 5}, {"product_id": op.ids["cap"], "ordered": 60}]},
    ok=(200, 403, 409))
Row("POST", "/v1/orders/{id}/skip", REP, of("order:skipped"), lambda *_: WITHDRAWN)
Row("POST", "/v1/orders/{id}/cancel", REP, of("order:cancelled"), lambda *_: WITHDRAWN)
Row("GET", "/v1/orders/{id}/slots", REP, of("order:confirmed"))

Row("GET", "/v1/deliveries", SEES)
Row("POST", "/v1/deliveries", BOOKS, body=lambda op, side, who: {
    "order_id": side["order:confirmed"], "date": "2026-03-31", "window": MORNING}, ok=(201, 409))
Row("GET", "/v1/deliveries/{id}", SEES, of("delivered"))
Row("POST", "/v1/deliveries/{id}/reschedule", BOOKS, of("scheduled"), lambda *_: {
    **WITHDRAWN, "date": "2026-03-03", "window": AFTERNOON})
Row("POST", "/v1/deliveries/{id}/contests", "manager rep customer:own", of("delivered"), lambda op, *_: op.contest_body(),
    ok=201)
Row("GET", "/v1/runs", RUNS)
Row("POST", "/v1/runs", RUNS, body=lambda op, side, who: {
    "depot_id": op.ids["depot"], "date": TODAY, "driver_id": side["driver"], "vehicle": "V"}, ok=201)
Row("GET", "/v1/runs/{id}", RUNS, of("run"))
Row("PUT", "/v1/runs/{id}/stops", RUNS, of("run:planned"), lambda op, side, who: {"delivery_ids": [side["scheduled"]]},
    headers=ANY_TAG)
Row("POST", "/v1/runs/{id}/dispatch", RUNS, of("run:planned"), ok=(200, 409))
Row("GET", "/v1/driver/runs", "driver", query="?date=" + TODAY)
Row("POST", "/v1/deliveries/{id}/confirmations", "manager dispatcher driver:own", of("dispatched"),
    lambda op, side, who: op.drop_body(**behalf(op, side, who)), ok=(201, 409))
Row("POST", "/v1/deliveries/{id}/failures", "manager dispatcher driver:own", of("failed"),
    lambda op, side, who: op.failure_body(**behalf(op, side, who, "behalf_reason")), ok=201)
Row("POST", "/v1/deliveries/{id}/cancel", BOOKS, of("scheduled"), lambda *_: WITHDRAWN)
Row("POST", "/v1/confirmations/{id}/amendments", "manager driver:own", of("confirmation"),
    lambda op, *_: {"id": new_id(), "reason": "Counted again", "lines": [line(op)]}, ok=201)
Row("POST", "/v1/sync", "driver", body=lambda op, side, who: {"events": [
    {**op.failure_body(), "type": "failure", "delivery_id": side["failed"]}]})
Row("PUT", "/v1/evidence/{sha256}", "manager dispatcher driver", lambda *_: images.name(IMAGE), lambda *_: IMAGE,
    ok=(201, 200), headers={"Content-Type": "image/png"})
Row("GET", "/v1/evidence/{sha256}", SEES, of("image"))

Row("GET", "/v1/discrepancies", "manager customer:own")
Row("GET", "/v1/discrepancies/{id}", "manager customer:own", of("discrepancy"))
Row("PATCH", "/v1/discrepancies/{id}", "manager", of("discrepancy"), lambda *_: {"state": "acknowledged"}, headers=ANY_TAG)
Row("POST", "/v1/discrepancies/{id}/resolve", "manager", of("discrepancy"), lambda *_: {"reason": "R"}, ok=(200, 409))
Row("POST", "/v1/discrepancies/{id}/void", "manager", of("discrepancy"), lambda *_: {"reason": "R"}, ok=(200, 409))
Row("POST", "/v1/recalls", "manager", body=lambda op, *a: {
    "product_id": op.ids["bag"], "lot": code(op, *a), "reason": "R"}, ok=201)
Row("GET", "/v1/recalls", "manager")
for path in ("/v1/recalls/{id}", "/v1/recalls/{id}/affected"):
    Row("GET", path, "manager", lambda op, side: made(
        "/v1/recalls", product_id=op.ids["bag"], lot=code(op, side, ""), reason="R")(op, side))
Row("GET", "/v1/reports/delivery-errors", "manager customer:own", query="?from=2026-03-01&to=2026-03-31")
Row("GET", "/v1/reports/drivers", "manager", query="?from=2026-03-01&to=2026-03-31")
Row("GET", "/v1/reports/completeness", "manager", query="?from=2026-03-01&to=2026-03-31")
Row("GET", "/v1/audit", "manager")
Row("GET", "/v1/audit/head", "manager")
Row("GET", "/v1/audit/proof", "manager", query="?seq=1&size=2")
Row("GET", "/v1/audit/consistency", "manager", query="?from=1&to=2")
Row("POST", "/v1/login", OPEN, body=lambda *_: {"email": "a@example.org"}, ok=422)
Row("POST", "/v1/logout", ANY, ok=204)  # last: it ends the sessions

TABLE = {row.name: row for row in Row.rows}
STRANGERS = ("none", "garbage", "expired", "ended", "disabled")
USERS = [*STRANGERS, "admin", *ROLES]


def routes():
    """What the program has: "GET /v1/me", …"""
    return [" ".join(words.split()[:2]) for words in run("routes").stdout.splitlines()]
