"""What is personal stays where it belongs: values that are there only once in the world are sent through everything, and
looked for in logs, metrics, refusals and the rows that nobody can erase."""
import base64
import hashlib
import json
import os
import re
import socket
import sqlite3
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import PASSWORD, Skip, main, run, test  # noqa: E402
from ids import stored  # noqa: E402

try:
    from contract import CSV, Row, routes
    from operation import AFTER, HOME, MORNING, NOBODY, NOW, TODAY, Operation, new_id
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()

STEM, PHONE = "qzvx", "0491 570 156"
TEXTS = {"patient": "Qzvxpatient Ó{code}", "phone": PHONE, "address": "77 Qzvxaddress Lane", "access": "Qzvxaccess: key at 9",
         "receiver": "Qzvxreceiver Person", "note": "Qzvxnote, feels weak", "reason": "Qzvxreason: in hospital",
         "email": "qzvxmail-{name}@example.org", "user": "Qzvxuser {name}", "contact": "Qzvxcontact", "contact-phone": PHONE,
         "contact-email": "qzvxclinic@example.org"}
PLACES = [str(round(abs(value) * 10 ** 7)) for value in HOME.values()]
MARKS = [STEM, PHONE, PHONE.replace(" ", ""), urllib.parse.quote(PHONE), *PLACES, "33.8912345", "151.2012345"]


def found(text):
    """Which marks are in a text, in any case, also where somebody escaped or encoded it."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    plain = text.lower()
    return [mark for mark in MARKS if mark in plain or mark in urllib.parse.unquote(plain)
            or mark.encode().hex() in plain or base64.b64encode(mark.encode())[:-4].decode() in text]


class Watched(Operation):
    """Every refusal is read, too: what is personal is not said back in one."""

    def __init__(self):
        super().__init__("--log-level", "debug", texts=TEXTS)

    def call(self, method, path, *args, **more):
        answer = super().call(method, path, *args, **more)
        if answer.status >= 400:
            assert not found(answer.body), (method, path, answer)
        return answer


def erasable_only(op):
    """Rows that nobody can change or delete hold no mark; the other tables show that it was there to be found."""
    triggers = [name for (name,) in op.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
    kept = {name[:-len("_no_update")] for name in triggers if name.endswith("_no_update")}
    assert {"audit_entry", "field_event", "field_event_line", "promise", "contest", "contact"} <= kept, kept
    seen = set()
    for (table,) in op.rows("SELECT name FROM sqlite_schema WHERE type = 'table'"):
        rows = op.rows(f"SELECT * FROM {table}")
        for row in rows:
            text = " ".join(value.hex() + value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)
            if found(text):
                seen.add(table)
                assert table not in kept and table != "audit_entry", (table, found(text), row)
    return seen


def exercise(op):
    """Everything that is not yet in the making of the operation."""
    mine, side = "/v1/patients/" + op.own["patient"], op.own
    reason, note = op.text("reason", ""), op.text("note", "")
    withdrawn = {"requested_by": "us", "reason": reason}
    for word in ("qzvxpatient", "Qzvxpati", "0491", PHONE):
        assert op.post("/v1/patients/search", {"q": word}, "rep", 200)["items"], word
    op.post(mine, {"name": "Qzvxpatient Renamed", "phone": PHONE, "access_notes": "Qzvxaccess new", "reason": reason,
                   "receivers": [{"name": "Qzvxreceiver Other", "relation": "qzvxrelation"}]}, "rep", 200, "PATCH", If_Match="*")
    op.post(mine, {"status": "admitted", "reason": reason}, "rep", 200, "PATCH", If_Match="*")
    op.post(mine, {"status": "active"}, "rep", 200, "PATCH", If_Match="*")
    pause = op.post(mine + "/pauses", {"from": "2026-08-01", "to": "2026-08-02", "reason": reason}, "rep")["id"]
    op.send("DELETE", mine + "/pauses/" + pause, "rep")
    op.post("/v1/orders", {"patient_id": side["patient"], "due_date": "2026-03-20", "kind": "travel", "reason": reason,
                           "deliver_to": {"address": "9 Qzvxhotel", "location": HOME, "zone_id": op.ids["zone"]}}, "rep",
            Idempotency_Key="qzvx-key")
    order = f"/v1/orders/{side['order:open']}"
    for outcome in ("voicemail", "no_answer", "declined", "wrong_number"):
        op.post(order + "/contacts", {"id": new_id(), "at": NOW, "channel": "sms", "outcome": outcome, "note": note}, "rep")
    op.post(order + "/contacts", {"id": new_id(), "at": NOW, "channel": "call", "outcome": "reached", "note": note,
                                  "identity_checked": True, "last_delivery_ok": False, "what": "damaged"}, "rep")
    op.post(order + "/count", {"lines": [{"product_id": op.ids["bag"], "on_hand": 10}]}, "rep", 200, "PUT")
    op.post(order + "/confirm", {"lines": [{"product_id": op.ids["bag"], "ordered": 500}], "reason": reason}, "manager", 200)
    booked = f"/v1/deliveries/{op.book(side['order:confirmed'], '2026-03-31', MORNING)}"
    op.post(booked + "/reschedule", {"date": "2026-03-30", "window": MORNING, **withdrawn}, "rep", 200)
    op.post(booked + "/cancel", withdrawn, "rep", 200)
    stop = f"/v1/deliveries/{side['dispatched']}"
    op.post(stop + "/failures", op.failure_body(location=HOME, on_behalf_of=side["driver"], behalf_reason=reason), "dispatcher")
    op.post(stop + "/confirmations", op.drop_body(bypass="other", evidence=[], on_behalf_of=side["driver"], reason=reason,
                                                  received_by={"name": "Qzvxreceiver Stranger", "relation": "qzvxrelation"},
                                                  location={"lat": -33.8912345, "lon": 151.2012345, "accuracy_m": 3}), "manager")
    op.post(f"/v1/deliveries/{side['delivered']}/contests", op.contest_body(), "customer")
    op.post(f"/v1/discrepancies/{side['discrepancy']}", {"state": "acknowledged"}, "manager", 200, "PATCH", If_Match="*")
    op.post(f"/v1/discrepancies/{side['discrepancy']}/resolve", {"reason": reason}, "manager", 200)
    op.post(f"/v1/discrepancies/{op.other['discrepancy']}/void", {"reason": reason}, "manager", 200)
    op.post("/v1/users/" + op.ids["user:driver2"], {"name": "Qzvxuser Renamed", "email": "qzvxmail-new@example.org"},
            "admin", 200, "PATCH", If_Match="*")
    op.post("/v1/customers/" + side["customer"], {"contact": {"name": "Qzvxcontact New", "phone": PHONE}}, "admin", 200,
            "PATCH", If_Match="*")
    rows = f"code,customer,zone,name,phone,address\nI-1,K1,IW,Qzvxpatient Import,{PHONE},7 Qzvxaddress\n"
    op.call("POST", "/v1/imports/patients", rows, token=op.token["admin"], headers=dict(CSV))
    op.call("POST", "/v1/imports/patients", rows + "I-2,NO,NO,Qzvxpatient Bad," + "9" * 80 + ",x\n", token=op.token["admin"],
            headers=dict(CSV))
    op.post("/v1/sweep", None, status=200)


def stumble(op):
    """What goes wrong, with what is personal in it."""
    for method, path, body in (
            ("POST", "/v1/patients", {"code": "Q", "name": ["Qzvxpatient"], "zone_id": "Qzvx", "customer_id": NOBODY}),
            ("POST", "/v1/patients", {"code": "P-11", "name": "Qzvxpatient", "zone_id": op.ids["zone"],
                                      "customer_id": op.own["customer"], "phone": PHONE * 9}),
            ("POST", "/v1/patients", {"code": "P-11", "name": "Qzvxpatient", "zone_id": op.ids["zone"],
                                      "customer_id": op.own["customer"], "phone": PHONE}),
            ("POST", "/v1/patients", '{"name":"Qzvxpatient",'), ("POST", "/v1/patients/search", {"q": "Qzvx" * 99}),
            ("POST", "/v1/login", {"email": "qzvxnobody@example.org", "password": "qzvxpassword"}),
            ("POST", "/v1/login", {"email": op.address("rep"), "password": "qzvxpassword"}),
            ("POST", "/v1/login", '{"email":"qzvx'), ("GET", "/v1/patients/Qzvxpatient", None),
            ("GET", "/v1/patients?name=Qzvxpatient", None), ("GET", "/v1/qzvxpatient", None), ("GET", "/qzvx?q=" + PLACES[0], None),
            ("GET", "/v1/deliveries?run_id=qzvx", None), ("GET", "/v1/audit?entity=qzvx", None),
            ("GET", "/v1/deliveries?after=qzvx", None), ("PUT", "/v1/qzvx/stops", {"q": "qzvx"})):
        answer = op.call(method, path, body, token=op.token["rep"], headers={"Content-Type": "application/json"} if body else {})
        assert answer.status >= 400 or "audit" in path, (path, answer)
    for text in ("GET /v1/qzvx\x01 HTTP/1.1\r\nHost: qzvx\r\n\r\n", "QZVX / HTTP/1.1\r\nHost: h\r\n\r\n",
                 "GET / HTTP/1.1\r\nHost: h\r\nQzvx qzvx: 1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", op.port), timeout=5) as connection:
            connection.sendall(text.encode())
            while connection.recv(65536):
                pass


def look(op):
    """Everything that can be read, as everybody who may: the answers go to nobody else."""
    known = routes()
    for row in Row.rows:
        if row.method == "GET" and row.name in known and "{" not in row.path.replace("{id}", ""):
            for who in ("manager", "admin", "driver", "customer", "rep", "dispatcher"):
                answer = op.send("GET", row.of(op, op.own) + row.query, who)
                if who == "admin" and row.path not in ("/v1/users", "/v1/users/{id}", "/v1/me") and "customers" not in row.path:
                    assert not found(answer.body), ("an admin sees no patient", row.path, answer)


@test
def nothing_personal_in_logs_metrics_and_what_nobody_can_erase():
    with Watched() as op:
        exercise(op)
        stumble(op)
        look(op)
        metrics = op.call("GET", "/metrics").body
        assert "canary_requests_total" in metrics and not found(metrics), metrics
        seen = erasable_only(op)
        assert {"patient", "personal_value", "user_account"} <= seen, seen  # it was there to be found
        op.stop()
        log = op.log()
        lines = [json.loads(line) for line in log.splitlines()]
        assert len(lines) > 150 and any(line["event"] == "request" for line in lines)
        marked = [line for line in log.splitlines() if found(line)]
        assert not marked, marked[:5]


@test
def the_reader_of_this_test_finds_what_it_looks_for():
    assert found("a QZVXnote b") == [STEM] and found('{"x":-338912345}') and found("tel:0491570156") and found(b"0491%20570%20156")
    assert not found('{"event":"request","route":"/v1/patients","us":1512}')
    with Watched() as op:
        op.stop()
        db = sqlite3.connect(op.db)
        db.execute("DROP TRIGGER promise_no_update")
        db.execute("UPDATE promise SET timezone = 'Qzvx/Zone'")
        db.execute("CREATE TRIGGER promise_no_update BEFORE UPDATE ON promise BEGIN SELECT RAISE(ABORT, ''); END")
        db.commit()
        db.close()
        try:
            erasable_only(op)
            raise RuntimeError("a mark in a promise was not seen")
        except AssertionError:
            pass


# What an erasure goes by (personal.erase in store_personal.c): whose a value is, its owner says.
OWNERS = {"patient": "id", "patient_order": "id", "delivery": "id", "field_event": "own_id", "contest": "id", "contact": "id",
          "pause": "id", "discrepancy": "id"}


@test
def every_personal_value_belongs_to_something_that_an_erasure_knows():
    with Watched() as op:
        exercise(op)
        owners = {owner for (owner,) in op.rows("SELECT owner FROM personal_value WHERE field <> 'recall'")}
        of = {table: {one for (one,) in op.rows(f"SELECT {column} FROM {table}")} & owners for table, column in OWNERS.items()}
        missing = [table for table, there in of.items() if not there]
        assert not missing, ("nothing personal was said about", missing)
        strangers = owners - set().union(*of.values())
        assert not strangers, op.rows(f"SELECT hex(owner), field FROM personal_value WHERE owner = x'{min(strangers).hex()}'")


@test
def what_was_erased_leaves_only_digests():
    """The row keeps the salted digest: without the salt nobody can try names until one fits."""
    with Watched() as op:
        salted = op.rows("SELECT owner, field, value, salt FROM personal_value WHERE value LIKE '%Qzvx%'")
        assert len(salted) > 10
        assert len({salt for _, _, _, salt in salted}) == len(salted), "one salt for two values"
        digests = set()
        for table, column in (("promise", "private_digest"), ("contact", "private_digest"), ("field_event", "private_digest"),
                              ("audit_entry", "reason_digest")):
            digests |= {bytes(one)[:16] for (one,) in op.rows(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")}
        fits = [value for _, _, value, salt in salted if hashlib.sha256(salt + value.encode()).digest()[:16] in digests]
        assert len(fits) > 10, (len(fits), len(salted))
        assert not any(hashlib.sha256(value.encode()).digest()[:16] in digests for _, _, value, _ in salted)


@test
def secrets_are_nowhere_in_clear():
    with Watched() as op:
        token = op.login(op.address("rep"), PASSWORD)
        new = "qzvx-battery-staple"
        op.call("POST", "/v1/login", {"email": op.address("rep"), "password": "wrong-" + PASSWORD})
        answer = op.call("POST", "/v1/me/password", {"current_password": PASSWORD, "password": new}, token=op.token["driver"])
        assert answer.status == 204, answer
        op.post("/v1/users", {"email": "qzvxmail-n@example.org", "name": "N", "role": "rep", "password": new}, "admin",
                Idempotency_Key="k")
        op.post("/v1/users/" + op.ids["user:driver2"], {"password": new + "2"}, "admin", 200, "PATCH", If_Match="*")
        op.call("GET", "/v1/me?token=" + token, token=token)
        secrets = [PASSWORD, new, token, *(one for name, one in op.token.items() if one and name != "garbage")]
        for secret in list(secrets):
            secrets += [secret.encode().hex(), base64.b64encode(secret.encode()).decode().rstrip("=")]
            if re.fullmatch(r"[A-Za-z0-9_-]{43}", secret):
                secrets.append(base64.urlsafe_b64decode(secret + "="))
        places = [os.path.join(op.folder, name) for name in os.listdir(op.folder) if name.startswith(("canary.db", "log"))]
        assert len(places) >= 3, places
        for place in places:
            with open(place, "rb") as file:
                content = file.read()
            for secret in secrets:
                assert (secret if isinstance(secret, bytes) else secret.encode()) not in content, (place, secret)
        for path in ("/v1/users", "/v1/audit?limit=500"):
            listed = op.send("GET", path, "admin" if "users" in path else "manager").body
            assert "argon2" not in listed and not any(isinstance(one, str) and one in listed for one in secrets), path
        hashes = [one for (one,) in op.rows("SELECT password_hash FROM user_account")]
        assert all(one.startswith("$argon2id$v=19$m=65536,t=2,") for one in hashes) and len(set(hashes)) == len(hashes), hashes


@test
def an_error_of_ours_tells_nobody_what_it_was_about():
    """A row that our types forbid, put there behind our back: 500, a line in the log, and nothing of the patient in either."""
    with Watched() as op:
        op.stop()
        db = sqlite3.connect(op.db)
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("UPDATE patient SET status = 'qzvxstatus' WHERE code = 'P-11'")
        db.execute("UPDATE patient_order SET state = 'qzvxstate' WHERE id = ?", (stored(op.own["order:open"]),))
        db.commit()
        db.close()
        op.clock(AFTER)
        statuses = {op.send("GET", path, "manager").status for path in (
            f"/v1/patients/{op.own['patient']}", "/v1/patients", f"/v1/orders/{op.own['order:open']}", "/v1/worklist",
            f"/v1/orders/{op.own['order:confirmed']}/slots", f"/v1/patients/{op.own['patient']}/prescription")}
        assert 500 in statuses, statuses
        assert op.send("GET", "/v1/me", "rep").status == 200
        log = op.log()
        assert '"level":"error"' in log
        marked = [line for line in log.splitlines() if found(line)]
        assert not marked, marked[:3]


@test
def the_command_line_says_nothing_personal():
    with Watched() as op:
        op.stop()
        path = os.path.join(op.folder, "rows.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"code,customer,zone,name,phone\nI-1,K1,IW,Qzvxpatient,{PHONE}\nI-2,NO,IW,Qzvxpatient Two,{PHONE * 9}\n")
        for words in (["import", "patients", "--db", op.db, path], ["import", "patients", "--keep-good", "--db", op.db, path],
                      ["plan", "--db", op.db, "--through", "2026-12-01"], ["sweep", "--db", op.db],
                      ["report", "delivery-errors", "--db", op.db, "--from", TODAY, "--to", "2026-12-31"],
                      ["report", "completeness", "--db", op.db, "--from", TODAY, "--to", "2026-12-31"],
                      ["audit", "verify", "--db", op.db], ["config", "--db", op.db]):
            ended = run(*words)
            assert ended.stdout or ended.stderr, words
            assert not found(ended.stdout + ended.stderr), (words, ended)


main()
