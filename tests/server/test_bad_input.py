"""What a clumsy user and an attacker send: the right refusal, every fault by its pointer, and nothing written."""
import copy
import json
import os
import re
import socket
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import PASSWORD, Skip, main, test  # noqa: E402

try:
    from contract import ANY_TAG, OPEN, TABLE, Row, routes
    from operation import CLOSED, MORNING, NOBODY, NOW, TODAY, UNSERVED, WITHDRAWN, Operation, new_id
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()


def pointers(answer):
    return sorted({fault["pointer"] for fault in answer.json["errors"]})


def told(answer, pointer):
    """Is the fault told? A batch is refused as a whole only for itself: each event's faults stand with its result."""
    if answer.status == 422:
        return pointer in pointers(answer)
    results = answer.json.get("results") if answer.status == 200 else None
    parts = pointer.split("/", 3)
    if results is None or parts[1] != "events" or len(parts) < 3:
        return False
    one = results[int(parts[2])]
    inside = "/" + parts[3] if len(parts) > 3 else ""
    return one["status"] == "refused" and inside in {fault["pointer"] for fault in one["problem"]["errors"]}


def refused(op, answer, status, expected=None, slug=None):
    assert answer.status == status, (status, answer)
    assert slug is None or answer.slug == slug, (slug, answer)
    if expected is not None:
        assert pointers(answer) == sorted(expected), (expected, answer)
    assert status != 422 or answer.slug != "request.invalid" or answer.json["errors"], answer


class Untouched:
    """The database is the same at the end."""

    def __init__(self, op):
        self.op = op

    def __enter__(self):
        self.before = self.op.fingerprint()

    def __exit__(self, kind, *_):
        if kind is None:
            after = self.op.fingerprint()
            changed = {name: (self.before[name], after[name]) for name in after if after[name] != self.before[name]}
            assert not changed, changed


# ---- bytes that are no JSON, and JSON that is refused ----

@test
def what_is_no_json_text_is_400():
    with Operation() as op, Untouched(op):
        good = '{"q":"P-1"}'
        texts = [b"", b" ", b"\xef\xbb\xbf" + good.encode(), good.encode() + b"x", good.encode() * 2, b'{"q":"P-1"',
                 b'{"q":"P-1",}', b'{"q" "P"}', b"{'q':'P'}", b'{q:"P"}', b'{"q":"P"/*c*/}', b'["P",]', b"[1 2]",
                 b"nul", b"True", b"NaN", b"-", b'{"limit":007}', b'{"limit":01}', b'{"limit":+1}', b'{"limit":.5}',
                 b'{"limit":1.}', b'{"limit":0x10}', b'{"limit":1e}', b'{"limit":Infinity}', b'{"limit":-NaN}',
                 b'{"q":"a\x01b"}', b'{"q":"a\nb"}', b'{"q":"\\x"}', b'{"q":"\\u12"}', b'{"q":"\\u00g0"}', b'{"q":"P}',
                 b'{"q":"\xc3("}', b'{"q":"\xc0\xaf"}', b'{"q":"\xed\xa0\x80"}', b'{"q":"\xf5\x80\x80\x80"}',
                 b'{"q":"\xff"}', b'{"q":"\xe2\x82"}', b'{"q":"P"}\x00', b'{"q":"\x00P"}', b"[" * 17 + b"]" * 17,
                 b"[" * 30000, b'{"a":' * 5000 + b"1" + b"}" * 5000]
        for text in texts:
            answer = op.call("POST", "/v1/patients/search", text, token=op.token["rep"],
                             headers={"Content-Type": "application/json"})
            assert (answer.status, answer.slug) == (400, "request.not-json"), (text[:40], answer)


@test
def what_is_json_and_refused_is_422_with_its_place():
    huge = 2 ** 53 + 1
    with Operation() as op, Untouched(op):
        for text, expected in (
                ('{"q":"a","q":"b"}', ["/q"]), ('{"q":"a","\\u0071":"b"}', ["/q"]), ('{"q":"a","Q":"b"}', ["/Q"]),
                ('{"Q":"a"}', ["/Q", "/q"]), ('{"q":"a\\u0000b"}', ["/q"]), ('{"q":"\\ud800"}', ["/q"]),
                ('{"q":"\\udc00\\ud800"}', ["/q"]), ('{"q":"a","\\u0000":1}', None), ('{"q":null}', ["/q"]),
                ('{"q":"a","limit":1e400}', ["/limit"]), ('{"q":"a","limit":-1e400}', ["/limit"]),
                (f'{{"q":"a","limit":{huge}}}', ["/limit"]), ('{"q":"a","limit":1.5}', ["/limit"]),
                ('{"q":"a","limit":"5"}', ["/limit"]), ('{"q":"a","limit":-1}', ["/limit"]), ('{"q":"a","limit":0}', ["/limit"]),
                ('{"q":"a","limit":501}', ["/limit"]), ('{"q":"a","limit":true}', ["/limit"]),
                ('{"q":"a","limit":[5]}', ["/limit"]), ('{"q":"a","x":1,"y/z":2,"~":3}', ["/x", "/y~1z", "/~0"]),
                ('{"q":[],"limit":{},"x":1}', ["/limit", "/q", "/x"]), ('{"q":""}', ["/q"]), ("{}", ["/q"]),
                ("[]", [""]), ("null", [""]), ("1", [""]), ('"q"', [""]), ("true", [""]),
                ("[" * 16 + "]" * 16, [""]), (json.dumps({"q": "a" * 201}), ["/q"]), (json.dumps({"q": "é" * 101}), ["/q"]),
                ('{"q":"a","limit":' + "9" * 400 + "}", ["/limit"])):
            answer = op.call("POST", "/v1/patients/search", text, token=op.token["rep"],
                             headers={"Content-Type": "application/json"})
            assert answer.status == 422, (text[:60], answer)
            assert expected is None or pointers(answer) == sorted(expected), (text[:60], answer)
        for text in ('{"q":"\\u00e9\\ud83d\\ude00"}', '{"q":"P","limit":5e0}', '{"q":"P","limit":5.0}', ' {"q" : "P"}\r\n\t',
                     '{"q":"P","limit":null}', json.dumps({"q": "é" * 100})):
            assert op.call("POST", "/v1/patients/search", text, token=op.token["rep"],
                           headers={"Content-Type": "application/json; charset=utf-8"}).status == 200, text


# ---- every member of every body ----

WRONG = {"null": None, "boolean": True, "integer": 7, "number": 1.25, "string": "zz", "array": [], "object": {}}
NUMBERS = (-1, 2 ** 31, 2 ** 53 + 1, -2 ** 63, 10 ** 30, 1.5)
FORMATS = {"uuid": ("", "x", "019CAC00-0000-7000-8000-00000000000", "{019cac00-0000-7000-8000-000000000001}"),
           "date": ("2026-02-30", "2026-2-3", "26-02-03", "2026-13-01", "2026-00-10", "0000-01-01", "2026-02-03T00:00:00Z"),
           "date-time": ("2026-02-30T00:00:00.000Z", "2026-02-03", "2026-02-03 00:00:00Z", "2026-02-03T24:00:01Z",
                         "2026-02-03T00:60:00Z", "yesterday", "1770000000")}
TIMES = ("25:00", "24:01", "8:00", "08:60", "0800", "")


class Bodies:
    """What may not stand where, by the schema of a body: pointer and body, one fault each."""

    def __init__(self, document, schema, example):
        self.document, self.schema, self.example = document, schema, example

    def resolved(self, schema):
        for part in schema.get("anyOf", []):
            if "$ref" in part:
                return self.resolved(part)[0], True
        if "$ref" in schema:
            return self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], False
        return schema, "null" in schema.get("type", [])

    def put(self, way, value):
        body = copy.deepcopy(self.example)
        at = body
        for key in way[:-1]:
            at = at[key]
        at[way[-1]] = value
        return "/" + "/".join(map(str, way)), body

    def without(self, way):
        body = copy.deepcopy(self.example)
        at = body
        for key in way[:-1]:
            at = at[key]
        at.pop(way[-1], None)
        return "/" + "/".join(map(str, way)), body

    def faults(self, schema=None, way=()):
        """For an object: unknown members, missing ones, and what each member may not be."""
        schema, _ = self.resolved(schema or self.schema)
        for extra in ("zz", "__proto__", *({"id", "version"} - set(schema["properties"]))):
            yield self.put((*way, extra), 1)
        for name in schema.get("required", []):
            yield self.without((*way, name))
        for name, member in schema["properties"].items():
            yield from self.member(member, (*way, name))

    def member(self, member, way):
        schema, null = self.resolved(member)
        kinds = schema.get("type")
        kinds = set(kinds) if isinstance(kinds, list) else {kinds}
        for kind, value in WRONG.items():
            fits = kind in kinds or (kind == "integer" and "number" in kinds) or (kind == "null" and null)
            if not fits:
                yield self.put(way, value)
        if kinds & {"integer", "number"}:
            for value in NUMBERS:
                if not ("number" in kinds and value == 1.5) and not schema["minimum"] <= value <= schema["maximum"]:
                    yield self.put(way, value)
            if "integer" in kinds:
                yield self.put(way, 1.5)
        if "string" in kinds:
            yield from self.string(schema, way)
        if "array" in kinds:
            yield from self.array(schema, way)
        if "object" in kinds:
            yield from self.faults(schema, way)

    def string(self, schema, way):
        if "enum" in schema:
            for value in ("", "zz", schema["enum"][0].upper()):
                yield self.put(way, value)
        for value in FORMATS.get(schema.get("format"), ()):
            yield self.put(way, value)
        if "pattern" in schema:
            for value in TIMES:
                yield self.put(way, value)
        if "maxLength" in schema:
            yield self.put(way, "a" * (schema["maxLength"] + 1))
            yield self.put(way, "é" * (schema["maxLength"] // 2 + 1))
        if schema.get("minLength"):
            yield self.put(way, "")

    def array(self, schema, way):
        item, _ = self.resolved(schema["items"])
        there = self.example
        for key in way:
            there = there[key] if not isinstance(there, dict) or key in there else None
        one = there[0] if there else None
        if one is not None:
            yield self.put(way, [one] * (schema["maxItems"] + 1))
            for value in (None, "zz", {}, [], True, 1.5):
                pointer, body = self.put(way, [value])
                if "properties" not in item or value != {}:
                    yield pointer + "/0", body
            if "properties" in item:
                yield from self.faults(item, (*way, 0))


def bodies(op):
    """Row, schema and example of every operation that takes JSON."""
    for row in Row.rows:
        operation = op.document.document["paths"].get(row.path, {}).get(row.method.lower(), {})
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media:
            yield row, media


def users(row):
    return "manager" if "manager" in row.who else next(iter(row.who)).replace(OPEN, "none").replace("any", "rep")


@test
def every_member_of_every_body():
    seen, wrong = 0, []
    with Operation() as op, Untouched(op):
        for row, media in bodies(op):
            path = TABLE[row.name].of(op, op.own)
            for pointer, body in Bodies(op.document.document, media["schema"], media["example"]).faults():
                text = json.dumps(body)
                if len(text) > 65536:
                    continue
                answer = op.call(row.method, path, body, token=op.token[users(row)], headers=dict(ANY_TAG))
                seen += 1
                if not told(answer, pointer):
                    wrong.append(f"{row.name} {pointer}: {text[:200]} got {answer!r}")
    assert not wrong, f"{len(wrong)} of {seen}:\n" + "\n".join(wrong[:20])
    assert seen > 1500, seen


@test
def all_faults_of_a_body_at_once():
    with Operation() as op, Untouched(op):
        for row, media in bodies(op):
            judge = Bodies(op.document.document, media["schema"], media["example"])
            names = list(judge.resolved(media["schema"])[0]["properties"])
            body = {**{name: {"zz": 1} for name in names}, "more": 1, "even/more": 2}
            answer = op.call(row.method, TABLE[row.name].of(op, op.own), body, token=op.token[users(row)],
                             headers=dict(ANY_TAG))
            assert answer.status == 422, (row.name, answer)
            found = {pointer.split("/")[1] for pointer in pointers(answer)}
            assert found == {*names, "more", "even~1more"}, (row.name, found ^ {*names, "more", "even~1more"}, answer)


@test
def every_parameter_of_every_question():
    bad = {"integer": ("0", "501", "1.5", "x", "-1", str(2 ** 63)), "boolean": ("yes", "TRUE", "2"),
           "date": FORMATS["date"], "uuid": FORMATS["uuid"][1:], "date-time": FORMATS["date-time"]}
    with Operation() as op:
        known = routes()
        there = {row: row.of(op, op.own) for row in Row.rows if row.name in known}
        before = op.fingerprint()
        for row, path in there.items():
            operation = op.document.document["paths"][row.path][row.method.lower()]
            asked = [one for one in operation["parameters"] if one["in"] == "query"]
            who, headers, body = users(row), dict(ANY_TAG), row.body(op, op.own, users(row)) if row.body else None
            headers.update(row.headers)

            def refuses(query, pointer):
                answer = op.call(row.method, f"{path}?{query}", body, token=op.token[who], headers=dict(headers))
                assert answer.status == 422 and pointer in pointers(answer), (row.name, query, answer)

            refuses("zz=1", "?zz")
            for one in asked:
                schema, name = one["schema"], one["name"]
                fits = range(schema.get("minimum", 0), schema.get("maximum", 0) + 1)
                values = ("zz",) if "enum" in schema else bad.get(schema.get("format") if schema.get("format") in bad
                                                                  else schema.get("type"), ())
                for value in values:
                    if schema.get("type") == "integer" and value.lstrip("-").isdigit() and int(value) in fits:
                        continue
                    refuses(f"{name}={urllib.parse.quote(value)}", "?" + name)
                if schema.get("maxLength", 1000) < 900:
                    refuses(f"{name}={'a' * (schema['maxLength'] + 1)}", "?" + name)
                if one["required"]:
                    refuses("", "?" + name)
        assert op.fingerprint() == before


# ---- what is well-formed and makes no sense ----

@test
def quantities_that_nobody_has():
    with Operation() as op, Untouched(op):
        bag, open_ = op.ids["bag"], op.own["order:open"]
        for value in (-1, 2 ** 31, 2 ** 53 + 1, 1.5, 10 ** 7 + 1, "5", None, True):
            for path, method, who, member, body in (
                    (f"/v1/orders/{open_}/count", "PUT", "rep", "on_hand", {}),
                    (f"/v1/orders/{open_}/confirm", "POST", "manager", "ordered", {"reason": "R"}),
                    (f"/v1/deliveries/{op.own['dispatched']}/confirmations", "POST", "driver", "qty",
                     {"id": NOBODY, "at": NOW})):
                answer = op.send(method, path, who, {**body, "lines": [
                    {"product_id": op.ids["cap"], member: 0}, {"product_id": bag, member: value}]})
                refused(op, answer, 422, [f"/lines/1/{member}"])
        refused(op, op.send("POST", f"/v1/orders/{open_}/confirm", "manager", {"lines": [
            {"product_id": bag, "ordered": 5, "authorised": 10}]}), 422, ["/lines/0/authorised"])
        for value in (1.2345, -0.001, 10 ** 8):
            refused(op, op.send("PUT", f"/v1/patients/{op.own['patient']}/prescription", "rep", {
                "effective_from": TODAY, "lines": [{"product_id": bag, "use_per_day": value}]}), 422,
                ["/lines/0/use_per_day"])
        for path, method, body in (
                (f"/v1/orders/{open_}/count", "PUT", {"lines": [{"product_id": bag, "on_hand": 1}] * 2}),
                (f"/v1/orders/{open_}/confirm", "POST", {"lines": [{"product_id": bag, "ordered": 5}] * 2}),
                (f"/v1/patients/{op.own['patient']}/prescription", "PUT", {
                    "effective_from": TODAY, "lines": [{"product_id": bag, "use_per_day": 1}] * 2})):
            refused(op, op.send(method, path, "rep", body), 422, ["/lines/1/product_id"])
        for path, method in ((f"/v1/orders/{open_}/count", "PUT"), (f"/v1/orders/{open_}/confirm", "POST")):
            refused(op, op.send(method, path, "rep", {"lines": []}), 422, ["/lines"])
        refused(op, op.send("POST", f"/v1/orders/{open_}/confirm", "rep", {"lines": [
            {"product_id": bag, "ordered": 0}]}), 422, ["/lines"])


@test
def windows_that_cannot_be():
    with Operation() as op, Untouched(op):
        confirmed = op.own["order:confirmed"]
        for date, window, slug, expected in (
                ("2026-03-31", {"from": "12:00", "to": "08:00"}, "request.invalid", ["/window"]),
                ("2026-03-31", {"from": "08:00", "to": "08:00"}, "request.invalid", ["/window"]),
                ("2026-03-31", {"from": "08:00", "to": "11:00"}, "slot.not-served", []),
                ("2026-03-31", {"from": "00:00", "to": "24:00"}, "slot.not-served", []),
                (UNSERVED, MORNING, "slot.not-served", []),
                (CLOSED, MORNING, "slot.closed", []),
                ("2026-02-27", MORNING, "slot.past", []),
                ("1999-01-04", MORNING, "slot.past", []),
                ("2026-02-30", MORNING, "request.invalid", ["/date"]),
                ("2026-03-31", {"from": "08:00"}, "request.invalid", ["/window/to"])):
            booking = op.send("POST", "/v1/deliveries", "rep", {"order_id": confirmed, "date": date, "window": window})
            refused(op, booking, 422, expected, slug)
            moved = op.send("POST", f"/v1/deliveries/{op.own['scheduled']}/reschedule", "dispatcher", {
                **WITHDRAWN, "date": date, "window": window})
            refused(op, moved, 422, expected, slug)
        refused(op, op.send("GET", f"/v1/orders/{confirmed}/slots?from=2026-03-10&to=2026-03-09", "rep"), 422, ["?to"])
        refused(op, op.send("GET", f"/v1/orders/{confirmed}/slots?from=2026-03-10&to=2027-03-09", "rep"), 422, ["?to"])
        zone = {"code": "ZZ", "name": "Z", "depot_id": op.ids["depot"]}
        for more, expected in (
                ({"weekdays": [0]}, ["/weekdays/0"]), ({"weekdays": [1, 8]}, ["/weekdays/1"]),
                ({"weekdays": [1, 1]}, ["/weekdays/1"]),
                ({"windows": [{"from": "12:00", "to": "08:00"}]}, ["/windows/0"]),
                ({"windows": [MORNING, MORNING]}, ["/windows/1"])):
            answer = op.send("POST", "/v1/zones", "admin", {**zone, **more})
            assert answer.status == 422 and len(pointers(answer)) == 1, (more, answer)
            assert pointers(answer)[0].startswith(expected[0][:expected[0].rindex("/")]), (more, answer)
        for body, expected in (({"timezone": "Mars/Base"}, "/timezone"), ({"timezone": "../../etc/passwd"}, "/timezone"),
                               ({"location": {"lat": 91, "lon": 0}}, "/location/lat"), ({"code": ""}, "/code")):
            refused(op, op.send("POST", "/v1/depots", "admin", {
                "code": "X", "name": "X", "timezone": "Australia/Perth", **body}), 422, [expected])


@test
def ways_round_the_calendar():
    with Operation() as op, Untouched(op):
        patient = op.own["patient"]
        refused(op, op.send("POST", f"/v1/patients/{patient}/pauses", "rep", {
            "from": "2026-05-02", "to": "2026-05-01", "reason": "R"}), 422, ["/to"])
        for due, expected in (("2026-03-01", "/due_date"), ("2036-01-01", "/due_date"), ("2026-02-29", "/due_date")):
            refused(op, op.send("POST", "/v1/orders", "rep", {
                "patient_id": patient, "due_date": due, "kind": "travel", "reason": "R"}), 422, [expected])
        refused(op, op.send("POST", "/v1/plan", "manager", {"through": "2036-01-01"}), 422, ["/through"])
        for query in ("from=2026-03-31&to=2026-03-01", "from=1990-01-01&to=2026-01-01"):
            for report in ("delivery-errors", "completeness"):
                refused(op, op.send("GET", f"/v1/reports/{report}?{query}", "manager"), 422)
        refused(op, op.send("GET", "/v1/reports/delivery-errors?from=2026-03-01&to=2026-03-31&group_by=kind,customer",
                            "manager"), 422)
        refused(op, op.send("GET", "/v1/deliveries?after=zz", "manager"), 422)
        refused(op, op.send("GET", "/v1/deliveries?run_id=some", "manager"), 422, ["?run_id"])


@test
def contacts_that_contradict_themselves():
    with Operation() as op, Untouched(op):
        path = f"/v1/orders/{op.own['order:open']}/contacts"
        call = {"id": NOBODY, "at": NOW, "channel": "call", "outcome": "voicemail"}
        for more, expected in (({"identity_checked": True}, ["/identity_checked"]),
                               ({"last_delivery_ok": True}, ["/last_delivery_ok"]),
                               ({"outcome": "reached", "last_delivery_ok": False}, ["/what"]),
                               ({"what": "short"}, ["/what"])):
            refused(op, op.send("POST", path, "rep", {**call, **more}), 422, expected)


@test
def events_with_faults_and_those_with_odd_truths():
    with Operation() as op:
        path = f"/v1/deliveries/{op.own['dispatched']}/confirmations"
        with Untouched(op):
            body = op.drop_body()
            for more, expected in (
                    ({"evidence": [{"kind": "signature", "sha256": "zz" * 32}]}, ["/evidence/0/sha256"]),
                    ({"location": {"lat": 91, "lon": 0}}, ["/location/lat"]),
                    ({"location": {"lat": 1}}, ["/location/lon"]),
                    ({"lines": [{"product_id": op.ids["bag"], "qty": 1, "expiry": "2026-02-30"}]}, ["/lines/0/expiry"]),
                    ({"bypass": "rain"}, ["/bypass"]), ({"id": "1"}, ["/id"]), ({"at": "now"}, ["/at"]),
                    ({"lines": [{"qty": 5}]}, None)):
                refused(op, op.send("POST", path, "driver", {**body, **more}), 422, expected)
        # a true statement is never refused because it does not match the order
        unknown = op.send("POST", path, "driver", op.drop_body(lines=[
            {"product_id": NOBODY, "qty": 3}, {"code": "NO-SUCH", "qty": 1}, {"gtin": "1", "qty": 10 ** 7},
            {"product_id": op.ids["bag"], "qty": 0}]))
        assert unknown.status == 201, unknown
        kinds = {one["kind"] for one in unknown.json["discrepancies"]}
        assert kinds & {"wrong_item", "unordered"}, unknown


@test
def odd_words_come_back_as_they_went():
    with Operation() as op:
        for word in ("a\x7f", "a\x01", " \t ", "  ", "\r"):
            refused(op, op.send("POST", "/v1/customers", "admin", {"code": "V", "name": word}), 422, ["/name"])
        for word in ("'; DROP TABLE patient; --", "%_*?[a]", "=1+1", "\U0001f9ea\u202eabc", "a\u0301", "\ufeffx", "\"\\/",
                     "<script>", "NULL", "0", "﷽"):
            code = op.post("/v1/customers", {"code": "W", "name": word}, "admin")["id"]
            assert op.get("/v1/customers/" + code)["name"] == word, word
            op.post("/v1/customers/" + code, {"code": new_id()[-20:]}, "admin", 200, "PATCH", If_Match="*")
            found = op.send("POST", "/v1/patients/search", "rep", {"q": word})
            assert found.status in (200, 422), (word, found)
            assert found.status == 422 or found.json["items"] == [] or word in ("=1+1", "0"), (word, found)


# ---- the order of the checks ----

@test
def the_first_fault_decides():
    """401, 403, 404, 405, 415, 413, 400, 422, 428, 412, 409: of two faults at once, the earlier one is answered."""
    big, text = "x" * 70000, {"Content-Type": "text/plain"}
    json_ = {"Content-Type": "application/json"}
    with Operation() as op, Untouched(op):
        mine, nobody = "/v1/patients/" + op.own["patient"], "/v1/patients/" + NOBODY
        pause = mine + "/pauses"
        for method, path, who, body, headers, status in (
                ("PATCH", nobody, "none", big, text, 401), ("PATCH", nobody, "driver", big, text, 403),
                ("PATCH", nobody, "rep", big, text, 404), ("POST", mine, "rep", big, text, 405),
                ("POST", nobody, "driver", big, text, 403), ("POST", nobody, "none", big, text, 401),
                ("PATCH", mine, "rep", big, text, 415), ("PATCH", mine, "rep", big, json_, 413),
                ("PATCH", mine, "rep", "{", json_, 400), ("PATCH", mine, "rep", '{"zz":1}', json_, 422),
                ("PATCH", mine, "rep", '{"code":"P-12"}', json_, 428),
                ("PATCH", mine, "rep", '{"code":"P-12"}', {**json_, "If-Match": '"77"'}, 412),
                ("PATCH", mine, "rep", '{"code":"P-12"}', {**json_, "If-Match": "*"}, 409),
                ("PUT", nobody + "/prescription", "rep", big, text, 404), ("PUT", nobody + "/prescription", "rep", "{", json_, 404),
                ("PUT", nobody + "/prescription", "rep", "{}", json_, 404),
                ("POST", nobody + "/pauses", "rep", big, text, 404), ("POST", nobody + "/pauses", "rep", "{}", json_, 404),
                ("POST", pause, "rep", big, text, 415), ("POST", pause, "rep", big, json_, 413),
                ("DELETE", pause + "/" + NOBODY, "rep", None, {}, 404), ("DELETE", pause, "rep", None, {}, 405),
                ("PUT", f"/v1/orders/{NOBODY}/count", "rep", "{}", json_, 404),
                ("POST", f"/v1/orders/{NOBODY}/confirm", "rep", "{", json_, 404),
                ("POST", f"/v1/deliveries/{NOBODY}/confirmations", "driver", "{}", json_, 404),
                ("POST", f"/v1/deliveries/{op.other['dispatched']}/failures", "driver", "{", json_, 404),
                ("PUT", f"/v1/runs/{NOBODY}/stops", "dispatcher", "{}", json_, 404),
                ("PUT", f"/v1/runs/{op.own['run']}/stops", "dispatcher", '{"delivery_ids":["x"]}', json_, 422),
                ("PUT", f"/v1/runs/{op.own['run']}/stops", "dispatcher", '{"delivery_ids":[]}', json_, 428),
                ("PUT", f"/v1/runs/{op.own['run']}/stops", "dispatcher", '{"delivery_ids":[]}',
                 {**json_, "If-Match": '"77"'}, 412),
                ("PUT", f"/v1/runs/{op.own['run']}/stops", "dispatcher", '{"delivery_ids":[]}',
                 {**json_, "If-Match": "*"}, 409),
                ("POST", f"/v1/discrepancies/{NOBODY}/void", "customer", "{", json_, 403),
                ("GET", "/v1/nothing", "none", None, {}, 401), ("GET", "/v1/nothing", "driver", None, {}, 404),
                ("GET", "/nothing", "none", None, {}, 404), ("POST", "/healthz", "none", None, {}, 405),
                ("POST", "/v1/imports/customers", "rep", "{", json_, 403),
                ("POST", "/v1/imports/customers", "admin", "{", json_, 415)):
            answer = op.call(method, path, body, token=op.token[who], headers=dict(headers))
            assert answer.status == status, (method, path, who, (body or "")[:20], headers, status, answer)
            if status == 405:
                assert answer.headers["Allow"], answer


@test
def a_refusal_of_the_body_goes_before_one_of_the_state():
    """422 before 409: the state that forbids it is only told when everything else is right."""
    with Operation() as op, Untouched(op):
        past = {"date": "2026-02-27", "window": MORNING}
        for name in ("open", "skipped", "cancelled", "second"):
            answer = op.send("POST", "/v1/deliveries", "rep", {"order_id": op.own["order:" + name], **past})
            refused(op, answer, 422, [], "slot.past")
            answer = op.send("POST", "/v1/deliveries", "rep", {
                "order_id": op.own["order:" + name], "date": "2026-03-31", "window": MORNING})
            refused(op, answer, 409, [], "order.not-bookable")
        answer = op.send("POST", f"/v1/deliveries/{op.own['delivered']}/reschedule", "rep", {**WITHDRAWN, **past})
        refused(op, answer, 422, [], "slot.past")
        answer = op.send("POST", f"/v1/deliveries/{op.own['delivered']}/confirmations", "driver",
                         op.drop_body(evidence=[{"kind": "photo", "sha256": "zz" * 32}]))
        refused(op, answer, 422, ["/evidence/0/sha256"])
        answer = op.send("POST", f"/v1/orders/{op.own['order:confirmed']}/confirm", "rep", {
            "lines": [{"product_id": NOBODY, "ordered": 5}]})
        refused(op, answer, 422, ["/lines/0/product_id"])


# ---- HTTP that two programs would read differently ----

def raw(op, text, timeout=20):
    """Bytes as they are: the first answer's status, and everything that came until the connection was closed."""
    with socket.create_connection(("127.0.0.1", op.port), timeout=timeout) as connection:
        connection.sendall(text.encode("latin-1") if isinstance(text, str) else text)
        got = b""
        while part := connection.recv(65536):
            got += part
    found = re.match(rb"HTTP/1\.1 (\d+) ", got)
    return int(found.group(1)) if found else 0, got


@test
def smuggled_requests_are_refused_and_the_connection_is_closed():
    with Operation() as op, Untouched(op):
        bearer = f"Authorization: Bearer {op.token['admin']}\r\n"
        tail = f"POST /v1/customers HTTP/1.1\r\nHost: x\r\n{bearer}Content-Type: application/json\r\nContent-Length: 24\r\n" \
               '\r\n{"code":"S","name":"S"}\n'
        start = f"POST /v1/patients/search HTTP/1.1\r\nHost: x\r\n{bearer}Content-Type: application/json\r\n"
        get = f"GET /v1/me HTTP/1.1\r\nHost: x\r\n{bearer}"
        for text in (
                start + "Content-Length: 2\r\nContent-Length: 300\r\n\r\n{}" + tail,
                start + "Content-Length: 300\r\nContent-Length: 2\r\n\r\n{}" + tail,
                start + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + tail,
                start + "Content-Length: 2, 2\r\n\r\n{}" + tail,
                start + "Content-Length: +2\r\n\r\n{}" + tail, start + "Content-Length: 0x2\r\n\r\n{}" + tail,
                start + "Content-Length: -2\r\n\r\n{}" + tail, start + "Content-Length: 2 2\r\n\r\n{}" + tail,
                start + "Content-Length:\r\n\r\n" + tail, start + "Content-Length: 99999999999999999999\r\n\r\n{}",
                start + "Content-Length: 18446744073709551618\r\n\r\n{}" + tail,
                start + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n" + tail,
                start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + tail,
                start + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + tail,
                start + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}" + tail,
                start + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + tail,
                start + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + tail,
                start + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + tail,
                start + "X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + tail,
                start + "X: y\r\n\tz\r\nContent-Length: 2\r\n\r\n{}" + tail,
                start + "Content-Length : 2\r\n\r\n{}" + tail,
                start.replace("\r\n", "\n") + "Content-Length: 2\n\n{}" + tail,
                start + "Content-Length: 2\n\r\n{}" + tail, start + "X: a\rb\r\nContent-Length: 2\r\n\r\n{}" + tail,
                start + "X\x00: a\r\nContent-Length: 2\r\n\r\n{}" + tail, start + "X: a\x00b\r\nContent-Length: 2\r\n\r\n{}" + tail,
                start + "X: a\x01b\r\nContent-Length: 2\r\n\r\n{}" + tail, start + ": a\r\nContent-Length: 2\r\n\r\n{}" + tail,
                start + "X y: a\r\nContent-Length: 2\r\n\r\n{}" + tail, start + "nocolon\r\nContent-Length: 2\r\n\r\n{}" + tail,
                get + "Host: y\r\n\r\n" + tail, get.replace("Host: x", "Host: ") + "\r\n" + tail,
                get.replace("Host: x\r\n", "") + "\r\n" + tail, get.replace("Host: x", "Host: a b") + "\r\n" + tail,
                get.replace("Host: x", "Host: x/y@z") + "\r\n" + tail, get + bearer + "\r\n" + tail,
                get + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n" + tail,
                get.replace("/v1/me", "/v1/me%00/x") + "\r\n" + tail, get.replace("/v1/me", "/v1/me\x01") + "\r\n" + tail,
                get.replace("/v1/me", "/v1/m\xe9") + "\r\n" + tail, get.replace("/v1/me", "/v1/me /x") + "\r\n" + tail,
                get.replace("/v1/me", "http://x/v1/me") + "\r\n" + tail, get.replace("/v1/me", "*") + "\r\n" + tail,
                get.replace("/v1/me", "v1/me") + "\r\n" + tail, get.replace("GET", "get") + "\r\n" + tail,
                get.replace("GET", "G\x00T") + "\r\n" + tail, get.replace("GET", "CONNECT") + "\r\n" + tail,
                get.replace("HTTP/1.1", "HTTP/1.0") + "\r\n" + tail, get.replace("HTTP/1.1", "HTTP/2.0") + "\r\n" + tail,
                get.replace("HTTP/1.1", "HTTP/1.1x") + "\r\n" + tail, get.replace(" HTTP/1.1", "") + "\r\n" + tail,
                get + "X: " + "a" * 9000 + "\r\n\r\n" + tail, get + "X: a\r\n" * 500 + "\r\n" + tail,
                get.replace("/v1/me", "/v1/me?" + "a" * 2000) + "\r\n" + tail, tail[:40] + "\r\n\r\n" + tail):
            status, got = raw(op, text)
            assert status == 0 or 400 <= status <= 505, (text[:200], got[:300])
            # the library's own refusals come with their head twice; the connection ends all the same
            assert set(re.findall(rb"^HTTP/1\.1 (\d+) ", got, re.MULTILINE)) <= {str(status).encode()}, (text[:200], got)
            assert op.token["admin"].encode() not in got
        assert op.send("GET", "/readyz", "none").status == 200


@test
def requests_behind_each_other_are_each_answered():
    """The other side of the coin: what is right, in one packet, is two requests."""
    with Operation() as op:
        get = f"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {op.token['rep']}\r\n"
        status, got = raw(op, get + "\r\n" + get + "Connection: close\r\n\r\n")
        assert status == 200 and got.count(b"HTTP/1.1 200") == 2, got


@test
def half_requests_hold_up_nobody():
    with Operation() as op, Untouched(op):
        halves = []
        for text in ("", "G", "GET /v1/me HTTP/1.1\r\n", "POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"):
            for _ in range(20):
                connection = socket.create_connection(("127.0.0.1", op.port), timeout=5)
                connection.sendall(text.encode())
                halves.append(connection)
        begun = time.monotonic()
        for _ in range(20):
            assert op.send("GET", "/v1/me", "rep").status == 200
        assert time.monotonic() - begun < 3
        for connection in halves:
            connection.close()
        assert op.send("GET", "/v1/me", "rep").status == 200


@test
def signing_in_clumsily():
    with Operation() as op:
        email = op.address("rep")
        answer = op.call("POST", "/v1/login", {"email": email.upper(), "password": PASSWORD})
        assert answer.status == 200, answer
        for body in ({"email": email, "password": PASSWORD + " "}, {"email": email, "password": PASSWORD.upper()},
                     {"email": "x" + email, "password": PASSWORD}, {"email": email, "password": "\u0000" + PASSWORD}):
            answer = op.call("POST", "/v1/login", body)
            assert answer.status in (401, 422), (body, answer)
        token = op.token["rep"]
        for word in ("bearer " + token, "Bearer  " + token):
            assert op.call("GET", "/v1/me", headers={"Authorization": word}).status == 200, word
        for word in (token, "Basic " + token, "Bearer", "Bearer ", "Bearer " + token[:-1], "Bearer " + token + "x",
                     "Bearer " + token + " x", "Bearer\t" + token, "Bearer " + token.swapcase(), "Bearer " + "a" * 5000):
            assert op.call("GET", "/v1/me", headers={"Authorization": word}).status == 401, word
        assert op.call("GET", "/v1/me?token=" + token).status == 401
        assert token not in op.log()


main()
