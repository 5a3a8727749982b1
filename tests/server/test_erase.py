"""Erasure of patients: words that are there only once in the world are written into everything that takes one, and after
the erasure no byte of them is in any file; every proof, figure and fact is as before."""
import hashlib
import json
import os
import struct
import sys
import unicodedata
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import main, run, test, until  # noqa: E402
from contract import routes  # noqa: E402
from operation import HOME, MORNING, NOW, TODAY, Operation, new_id  # noqa: E402

STEM, PHONE = "vkqz", "0491 570 159"
TEXTS = {"patient": "Vkqzpatient Ó{code}", "phone": PHONE, "address": "77 Vkqzaddress Lane", "access": "Vkqzaccess: key at 9",
         "receiver": "Vkqzreceiver Person", "note": "Vkqznote, feels weak", "reason": "Vkqzreason: in hospital"}
ELSEWHERE = {"lat": -33.7654321, "lon": 151.1234567}


def marks():
    """As bytes: the words in both cases, the phone as written and as searched, both homes as numbers and as the database
    keeps them."""
    yield from (STEM.encode(), PHONE.encode(), PHONE.replace(" ", "").encode(), PHONE.replace(" ", "")[1:].encode())
    for place in (HOME, ELSEWHERE):
        for value in place.values():
            yield str(value).encode()
            yield struct.pack(">i", round(value * 10 ** 7))


def found(op):
    """Which marks are in which file of the service, the log included."""
    seen = []
    for home, _, names in os.walk(op.folder):
        for name in names:
            if name in ("state", "password"):
                continue  # the test's own
            with open(os.path.join(home, name), "rb") as file:
                raw = file.read().lower()
            plain = unicodedata.normalize("NFKD", raw.decode("latin-1")).encode("utf-8", "replace")
            seen += [(name, mark) for mark in marks() if mark.lower() in raw or mark.lower() in plain]
    return seen


def marked():
    return Operation("--retention-days", "0", "--sweep-every", "200ms", texts=TEXTS)


def picture(op, of):
    """A picture with a mark in its bytes, sent as the driver's; its hash. Nothing where images are not taken."""
    if "PUT /v1/evidence/{sha256}" not in routes():
        return None

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    image = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
             + chunk(b"tEXt", f"Comment\0vkqzpicture {of} ".encode() * 2000) + chunk(b"IDAT", zlib.compress(b"\0\0"))
             + chunk(b"IEND", b""))
    name = hashlib.sha256(image).hexdigest()
    answer = op.call("PUT", "/v1/evidence/" + name, image, token=op.token["driver"], headers={"Content-Type": "image/png"})
    assert answer.status in (200, 201, 204), answer
    return name


def signed(op, of):
    name = picture(op, of)
    return [{"kind": "photo", "sha256": name}] if name else []


def write_everywhere(op):
    """Every field of the API that takes a word about a patient, beside what the operation's making did."""
    side, reason, note = op.own, op.text("reason", ""), op.text("note", "")
    mine = "/v1/patients/" + side["patient"]
    op.post(mine, {"name": "Vkqzpatient Renamed", "phone": PHONE, "access_notes": "Vkqzaccess new " * 40, "reason": reason,
                   "receivers": [{"name": "Vkqzreceiver Other", "relation": "vkqzrelation"}]}, "rep", 200, "PATCH",
            If_Match="*")
    op.post("/v1/patients", {"code": "P-KEY", "customer_id": side["customer"], "zone_id": op.ids["zone"], "status": "ended",
                             "name": "Vkqzpatient Key", "phone": PHONE, "address": "1 Vkqzaddress", "location": ELSEWHERE},
            "rep", Idempotency_Key="k-1")
    pause = op.post(mine + "/pauses", {"from": "2026-08-01", "to": "2026-08-02", "reason": reason}, "rep",
                    Idempotency_Key="k-2")["id"]
    op.send("DELETE", mine + "/pauses/" + pause, "rep")
    op.post(mine + "/pauses", {"from": "2026-09-01", "to": "2026-09-02", "reason": reason}, "rep")
    op.post("/v1/orders", {"patient_id": side["patient"], "due_date": "2026-03-20", "kind": "travel", "reason": reason,
                           "deliver_to": {"address": "9 Vkqzhotel", "location": ELSEWHERE, "zone_id": op.ids["zone"]}},
            "rep", Idempotency_Key="k-3")
    order = f"/v1/orders/{side['order:open']}"
    for outcome in ("voicemail", "no_answer"):
        op.post(order + "/contacts", {"id": new_id(), "at": NOW, "channel": "sms", "outcome": outcome, "note": note}, "rep")
    op.post(order + "/contacts", {"id": new_id(), "at": NOW, "channel": "call", "outcome": "reached", "note": note,
                                  "identity_checked": True, "last_delivery_ok": False, "what": "damaged"}, "rep")
    op.post(order + "/count", {"lines": [{"product_id": op.ids["bag"], "on_hand": 10}]}, "rep", 200, "PUT")
    op.post(order + "/confirm", {"lines": [{"product_id": op.ids["bag"], "ordered": 500}], "reason": reason}, "manager", 200)
    booked = op.post("/v1/deliveries", {"order_id": side["order:confirmed"], "date": "2026-03-31", "window": MORNING,
                                        "requested_by": "patient", "reason": reason}, "rep", Idempotency_Key="k-4")["id"]
    withdrawn = {"requested_by": "us", "reason": reason}
    op.post(f"/v1/deliveries/{booked}/reschedule", {"date": "2026-03-30", "window": MORNING, **withdrawn}, "rep", 200)
    op.post(f"/v1/deliveries/{booked}/cancel", withdrawn, "rep", 200)
    stop = f"/v1/deliveries/{side['dispatched']}"
    op.post(stop + "/failures", op.failure_body(location=HOME, on_behalf_of=side["driver"], behalf_reason=reason,
                                                evidence=signed(op, "door")), "dispatcher")
    drop = op.drop_body(bypass="other", evidence=signed(op, "hall"), on_behalf_of=side["driver"], reason=reason,
                        received_by={"name": "Vkqzreceiver Stranger", "relation": "vkqzrelation"},
                        location={**ELSEWHERE, "accuracy_m": 3})
    op.post(stop + "/confirmations", drop, "manager")
    if "POST /v1/confirmations/{id}/amendments" in routes():
        op.post(f"/v1/confirmations/{drop['id']}/amendments", {
            "id": new_id(), "reason": reason, "lines": drop["lines"],
            "received_by": {"name": "Vkqzreceiver Third", "relation": "vkqzrelation"}, "note": note}, "manager")
    op.post(f"/v1/deliveries/{side['delivered']}/contests", op.contest_body(), "customer")
    op.post(f"/v1/discrepancies/{side['discrepancy']}/resolve", {"reason": reason}, "manager", 200)
    op.post(f"/v1/discrepancies/{op.other['discrepancy']}/void", {"reason": reason}, "manager", 200)


def patients(op):
    return [row["id"] for row in op.get("/v1/patients?limit=500")["items"]]


def finish(op, patient):
    """Ends the patient and closes what the refusal names, all of it at once."""
    path = f"/v1/patients/{patient}/erase"
    answer = op.send("POST", path, "manager", {"reason": "request"})
    if answer.status == 200:
        return
    assert (answer.status, answer.slug) == (409, "patient.retained"), answer
    obstacles = [row["pointer"].strip("/").split("/") for row in answer.json["errors"]]
    withdrawn = {"requested_by": "patient", "reason": op.text("reason", "")}
    for noun, *one in obstacles:
        if noun == "orders":
            op.post(f"/v1/orders/{one[0]}/cancel", withdrawn, "manager", 200)
        elif noun == "status":
            op.post(f"/v1/patients/{patient}", {"status": "ended", "reason": op.text("reason", "")}, "manager", 200, "PATCH",
                    If_Match="*")
        elif noun == "deliveries":
            state = op.get("/v1/deliveries/" + one[0])["state"]
            assert state in ("scheduled", "dispatched", "cancelled"), state
        else:
            raise AssertionError(noun)


def reports(op):
    base = "/v1/reports/delivery-errors?from=2026-03-01&to=2026-05-31&as_of=" + NOW + "&group_by="
    answers = [op.get(base + group) for group in ("customer,month", "driver", "product", "kind")]
    for answer in answers:
        del answer["restated"]
    return answers


def cleaned(op):
    rows = op.get("/v1/erasures")["items"]
    return rows and all(row["cleaned_at"] for row in rows)


def log_of(op):
    return op.rows("SELECT seq, change, leaf_hash FROM audit_event ORDER BY seq")


@test
def no_byte_of_a_patient_is_left_and_every_proof_stands():
    with marked() as op:
        write_everywhere(op)
        kept = op.post("/v1/patients", {"code": "P-STAYS", "customer_id": op.own["customer"], "zone_id": op.ids["zone"],
                                        "name": "Stays Here", "phone": "0400 111 222", "status": "admitted"}, "rep")
        there = {mark for _, mark in found(op)}
        assert there >= {STEM.encode(), PHONE.encode(), str(HOME["lat"]).encode()}, there
        assert struct.pack(">i", round(ELSEWHERE["lon"] * 10 ** 7)) in there, there
        hall = picture(op, "hall")
        gone = [one for one in patients(op) if one != kept["id"]]
        for one in gone:
            finish(op, one)
        before, trail, drop = reports(op), log_of(op), op.get("/v1/deliveries/" + op.own["delivered"])
        proof = None
        if "GET /v1/audit/proof" in routes():
            proof = op.get("/v1/audit/proof?seq=3&size=20"), op.get("/v1/audit/head")
        for one in gone:
            told = op.post(f"/v1/patients/{one}/erase", {"reason": "request"}, "manager", 200)
            assert told["erased"] > 0 or op.get("/v1/patients/" + one)["erased_at"], told
        until(lambda: cleaned(op), 60)
        assert found(op) == [], found(op)
        # what happened is all there
        assert reports(op) == before
        assert log_of(op)[:len(trail)] == trail
        after = op.get("/v1/deliveries/" + op.own["delivered"])
        assert after["confirmation"]["lines"] == drop["confirmation"]["lines"]
        assert [row["kind"] for row in after["discrepancies"]] == [row["kind"] for row in drop["discrepancies"]]
        if proof:
            assert op.get("/v1/audit/proof?seq=3&size=20") == proof[0]
        if hall:
            assert op.send("GET", "/v1/evidence/" + hall, "manager").status == 404
            assert picture(op, "hall") == hall and found(op) == []  # what was erased does not come back
        # and nobody is found by it
        for word in ("vkqzpatient", "p-11", "0491"):
            assert op.post("/v1/patients/search", {"q": word}, "rep", 200)["items"] == [], word
        shown = op.get("/v1/patients/" + op.own["patient"])
        assert (shown["name"], shown["phone"], shown["location"], shown["receivers"]) == ("", None, None, []), shown
        timeline = op.get(f"/v1/patients/{op.own['patient']}/timeline?limit=500", "rep")["items"]
        assert "erasure" in [row["type"] for row in timeline] and STEM not in json.dumps(timeline).lower()
        answer = op.send("PATCH", "/v1/patients/" + op.own["patient"], "manager", {"name": "N"}, If_Match="*")
        assert (answer.status, answer.slug) == (409, "patient.erased"), answer
        assert op.get("/v1/patients/" + kept["id"])["name"] == "Stays Here"
        assert op.post("/v1/patients/search", {"q": "stays"}, "rep", 200)["items"]
        receipt = op.post("/v1/plan", {"through": "2026-06-30"}, status=200)
        assert receipt["active"] == 0 and receipt["missing"] == 0, receipt
        assert op.stop() == 0
        assert found(op) == [], found(op)
        checked = run("audit", "verify", "--db", op.db)
        assert checked.returncode == 0 and " 0 findings" in checked.stdout, checked


@test
def the_command_line_says_what_stands_in_the_way_and_writes_the_file_anew():
    with marked() as op:
        held = run("patient", "erase", "P-11", "--reason", "request", "--yes", "--db", op.db)
        assert held.returncode == 1 and "POST /v1/patients/{id}/erase" in held.stderr, held
        for one in patients(op):
            finish(op, one)
        assert op.stop() == 0
        words = ("patient", "erase", "P-11", "--db", op.db, "--dev", "--clock", "2026-03-03T00:00:00Z")
        wrong = run(*words, "--reason", "because Vkqzpatient said so", "--yes")
        assert wrong.returncode == 1 and "request, retention, mistake" in wrong.stderr, wrong
        early = run(*words, "--reason", "retention", "--yes")
        assert early.returncode == 1 and "2036-03-0" in early.stderr, early
        words += ("--reason", "request", "--retention-days", "0")
        asked = run(*words)
        assert asked.returncode == 2 and "--yes" in asked.stderr, asked
        assert op.rows("SELECT COUNT(*) FROM erasure") == [(0,)]
        for code in ("P-11", "P-12", "P-21", "P-22"):
            done = run(*words[:2], code, *words[3:], "--yes")
            assert done.returncode == 0 and "no trace" in done.stdout and "backups made before" in done.stdout, done
        assert found(op) == [], found(op)
        assert op.rows("SELECT COUNT(*), COUNT(cleaned_at) FROM erasure") == [(4, 4)]
        unknown = run(*words[:2], "P-99", *words[3:], "--yes")
        assert unknown.returncode == 1 and "P-99" in unknown.stderr, unknown
        checked = run("audit", "verify", "--db", op.db)
        assert checked.returncode == 0 and " 0 findings" in checked.stdout, checked
        op.start(login=False)


@test
def a_refusal_names_every_obstacle_and_nothing_personal():
    with Operation(texts=TEXTS) as op:
        answer = op.send("POST", f"/v1/patients/{op.own['patient']}/erase", "manager", {"reason": "mistake"})
        assert (answer.status, answer.slug) == (409, "patient.retained"), answer
        nouns = {row["pointer"].split("/")[1] for row in answer.json["errors"]}
        assert nouns == {"status", "orders", "deliveries", "retention"}, answer
        assert STEM not in answer.body.lower() and TODAY[:7] in answer.body, answer
        answer = op.send("POST", f"/v1/patients/{op.own['patient']}/erase", "manager", {"reason": "Vkqz said so"})
        assert answer.status == 422 and STEM not in answer.body.lower(), answer
        assert op.send("POST", f"/v1/patients/{new_id()}/erase", "manager", {"reason": "mistake"}).status == 404
        assert op.get("/v1/erasures")["items"] == []


main()
