"""Requests that nobody should send, made from right ones by chance. A mutation changes a Request and says what must come
of it: a status, and the pointer of the fault, or nothing."""
import copy
import json

DEEP = '[' * 40 + ']' * 40
NUMBERS = ["-1", "0", "1", "0.5", "-0", "007", "1e400", "1e3", "9007199254740993", "9223372036854775808", "-9223372036854775809",
           "18446744073709551616", "1" * 400, "1.0", "0." + "1" * 300, "+1", ".5", "1.", "NaN", "Infinity", "0x10"]
TEXTS = ["", " ", "a" * 201, "a" * 2001, "ä" * 1100, "\x7f", "\u202e", "\ufeff", "'; DROP TABLE patient; --", "%00", "../..", "=1+1",
         "2026-02-30", "2026-03-02", "24:00", "24:01", "08:00", "0000-00-00", "9999-12-31", "2026-03-02T00:00:00Z",
         "2026-03-02T00:00:60Z", "99999-01-01T00:00:00Z", "019cac00-0000-7000-8000-0000000000ff",
         "019CAC00-0000-7000-8000-0000000000FF", "00000000-0000-0000-0000-000000000000", "true", "null", "cancelled", "manager"]
VALUES = [None, True, False, 0, -1, 1, 2 ** 31, 2 ** 53, 2 ** 63, 2 ** 64, 0.5, -1e-9, 1e300, [], {}, [[]], [None], {"a": 1}]
UNKNOWN = "zz_unknown"


class Request:
    """path without its query; body: bytes, or None."""

    def __init__(self, method, path, query, headers, body, schema=None):
        self.method, self.path, self.query, self.headers, self.body, self.schema = method, path, query, headers, body, schema
        self.said = []

    def json(self):
        try:
            return json.loads(self.body)
        except (TypeError, ValueError):
            return None

    def is_json(self):
        return self.body is not None and "json" in self.headers.get("Content-Type", "")

    def set_json(self, value):
        self.body = json.dumps(value).encode()

    @property
    def address(self):
        return self.path + ("?" + "&".join(self.query) if self.query else "")

    def __repr__(self):
        shown = self.body if self.body is None or len(self.body) < 1500 else self.body[:1500] + b"..."
        return f"{self.method} {self.address} {self.headers} {shown!r} ({', '.join(self.said)})"


class Expect:
    """What must come of a request: its status, the pointer among its faults."""

    def __init__(self, status=None, pointer=None):
        self.status, self.pointer = status, pointer


def escaped(key):
    return str(key).replace("~", "~0").replace("/", "~1")


def places(value, at="", of=None, key=None):
    """(pointer, container, key) of every value inside."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if of is not None:
        yield at, of, key
    for name, child in list(pairs):
        yield from places(child, f"{at}/{escaped(name)}", value, name)


def objects(value, at=""):
    """(pointer, object) of every object inside, itself too."""
    if isinstance(value, dict):
        yield at, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in pairs:
        yield from objects(child, f"{at}/{escaped(name)}")


class Mutator:
    def __init__(self, chance, document):
        self.chance, self.document = chance, document

    # ---- the schema of a part ----

    def resolved(self, schema):
        while schema:
            if "$ref" in schema:
                schema = self.document.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            elif "anyOf" in schema:
                schema = schema["anyOf"][0]
            else:
                return schema
        return {}

    def schema_at(self, schema, pointer):
        schema = self.resolved(schema)
        for part in pointer.split("/")[1:]:
            schema = self.resolved(schema.get("items") if part.isdigit() else schema.get("properties", {}).get(part))
        return schema

    # ---- bodies, with what must come of it ----

    def unknown_member(self, r):
        body = r.json()
        at, where = self.chance.choice(list(objects(body)))
        where[UNKNOWN] = self.chance.choice(VALUES)
        r.set_json(body)
        return Expect(422, f"{at}/{UNKNOWN}")

    def dropped_member(self, r):
        body = r.json()
        drops = [(at, where, name) for at, where in objects(body)
                 for name in self.schema_at(r.schema, at).get("required", ()) if name in where]
        if not drops:
            return None
        at, where, name = self.chance.choice(drops)
        del where[name]
        r.set_json(body)
        return Expect(422, f"{at}/{name}")

    def doubled_member(self, r):
        body = r.json()
        if not body:
            return None
        name = self.chance.choice(sorted(body))
        value = json.dumps(self.chance.choice([body[name], *VALUES]))
        r.body = (json.dumps(body)[:-1] + f", {json.dumps(name)}: {value}}}").encode()
        return Expect(422, "/" + escaped(name))

    def two_faults(self, r):
        """All at once: an unknown member here, one of another type there."""
        body = r.json()
        wrong = [name for name in body if name in self.schema_at(r.schema, "").get("properties", {})
                 and not isinstance(body[name], bool)]
        if not wrong:
            return None
        name = self.chance.choice(sorted(wrong))
        body[UNKNOWN], body[name] = 1, True
        r.set_json(body)
        return Expect(422, (f"/{UNKNOWN}", "/" + escaped(name)))

    def too_many(self, r):
        body = r.json()
        lists = [(at, of[key], self.schema_at(r.schema, at).get("maxItems")) for at, of, key in places(body)
                 if isinstance(of[key], list) and of[key]]
        lists = [(at, items, most) for at, items, most in lists if most and most <= 500]
        if not lists:
            return None
        at, items, most = self.chance.choice(lists)
        items.extend(copy.deepcopy(items[0]) for _ in range(most + 1 - len(items)))
        r.set_json(body)
        return Expect(422 if len(r.body) <= 65536 else 413, at if len(r.body) <= 65536 else None)

    def no_text_of_json(self, r):
        text = r.body
        r.body = self.chance.choice([
            text[:self.chance.randrange(len(text))], text + b"x", text + text, b"\xff" + text, text.replace(b'"', b"'", 1),
            text.replace(b'"', b'"\xc3\x28', 1), b"\xef\xbb\xbf" + text, text[:-1] + b",}", DEEP.encode(), b"{", b"\x00",
            text[:-1] + b', "a": 007}', text[:-1] + b', "a": NaN}', text[:-1] + b', "a": ' + DEEP.encode() + b"}"])
        return Expect(400) if r.body and r.body != text else None

    def no_object(self, r):
        r.body = self.chance.choice([b"[]", b"null", b"1", b'"a"', b"true", b"[{}]"])
        return Expect(422, "")

    def nul_in_text(self, r):
        body = r.json()
        texts = [(at, of, key) for at, of, key in places(body) if isinstance(of[key], str)]
        if not texts:
            return None
        at, of, key = self.chance.choice(texts)
        of[key] += "\u0000a"
        r.set_json(body)
        return Expect(422, at)

    def other_media_type(self, r):
        r.headers["Content-Type"] = self.chance.choice(["text/plain", "application/xml", "application/jsonx", "json", "text/csv",
                                                        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
        return Expect(415)

    def too_large(self, r):
        """The queue of a device may have 1 MiB, any other body 64 KiB."""
        most = 2 ** 20 if r.path == "/v1/sync" else 2 ** 16
        r.body = json.dumps({"a": "x" * most}).encode()
        return Expect(413)

    # ---- bodies, come what may ----

    def other_value(self, r):
        body = r.json()
        here = list(places(body))
        if not here:
            return None
        at, of, key = self.chance.choice(here)
        schema = self.schema_at(r.schema, at)
        more = [schema[name] + step for name in ("minimum", "maximum") if isinstance(schema.get(name), int) for step in (-1, 0, 1)]
        more += ["a" * (schema[name] + step) for name in ("maxLength",) if name in schema for step in (0, 1)]
        of[key] = self.chance.choice([*VALUES, *TEXTS, *more * 4, *schema.get("enum", []) * 4])
        r.set_json(body)
        return Expect()

    def other_number(self, r):
        """Numbers as no library would write them."""
        body = r.json()
        here = list(places(body))
        if not here:
            return None
        _, of, key = self.chance.choice(here)
        of[key] = "@number@"
        r.body = json.dumps(body).replace('"@number@"', self.chance.choice(NUMBERS)).encode()
        return Expect()

    def known_member(self, r):
        """A member that the sample does not have."""
        body = r.json()
        at, where = self.chance.choice(list(objects(body)))
        names = sorted(set(self.schema_at(r.schema, at).get("properties", {})) - set(where))
        if not names:
            return None
        name = self.chance.choice(names)
        where[name] = self.chance.choice([*VALUES, *TEXTS, *self.schema_at(r.schema, f"{at}/{name}").get("enum", []) * 4])
        r.set_json(body)
        return Expect()

    def other_items(self, r):
        body = r.json()
        lists = [of[key] for _, of, key in places(body) if isinstance(of[key], list)]
        if not lists:
            return None
        items = self.chance.choice(lists)
        self.chance.choice([items.clear, items.reverse, lambda: items.extend(copy.deepcopy(items)),
                            lambda: items.append(self.chance.choice(VALUES))])()
        r.set_json(body)
        return Expect()

    def other_bytes(self, r):
        text = bytearray(r.body)
        for _ in range(self.chance.randint(1, 6)):
            at = self.chance.randrange(len(text) or 1)
            how = self.chance.randrange(3)
            if how == 0 and text:
                text[at] = self.chance.randrange(256)
            elif how == 1:
                text[at:at] = bytes(self.chance.choices(b'{}[]",:\\u0019\xff\x00-e.', k=self.chance.randint(1, 4)))
            else:
                del text[at:at + self.chance.randint(1, 5)]
        r.body = bytes(text) or None
        return Expect()

    # ---- addresses ----

    def unknown_parameter(self, r):
        r.query.append(UNKNOWN + "=1")
        return Expect(422, "?" + UNKNOWN)

    def other_parameter(self, r):
        operation, _ = self.document.operation(r.method, r.path)
        if not operation:
            return None
        names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        if not names:
            return None
        name = self.chance.choice(names)
        value = self.chance.choice(["", "0", "-1", "1", "501", "500", "99999999999999999999", "1e3", "x", "%00", "%ff", "%zz", "%", "+",
                                    "2026-02-30", "2026-03-02", "9999-12-31", "0001-01-01", "none", "true", "open", "customer", "kind",
                                    "019cac00-0000-7000-8000-0000000000ff", "a" * 300, "2026-03-02T00:00:00Z", "%F0%9F%A7%AA"])
        kept = [word for word in r.query if not word.startswith(name + "=") or self.chance.random() < 0.1]
        r.query = [*kept, f"{name}={value}"]
        return Expect()

    def other_path(self, r):
        parts = r.path.split("/")
        at = self.chance.randrange(1, len(parts))
        parts[at] = self.chance.choice(["", "x", "%00", "%2e%2e", "..", "%ff", parts[at].upper(), parts[at] + "x", "a" * 900, "*",
                                        "019cac00-0000-7000-8000-0000000000ff", "{id}", parts[at] + "/"])
        r.path = "/".join(parts)
        return Expect()

    def other_method(self, r):
        r.method = self.chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
        return Expect()

    # ---- headers ----

    def other_header(self, r):
        name, values = self.chance.choice([
            ("If-Match", ["", "*", '"0"', '"99"', "x", 'W/"1"', '"1" , "2"', '"' * 50, '"9223372036854775808"']),
            ("Idempotency-Key", ["", "a", "a" * 121, '"a"', "a b", "\xe9"]),
            ("Accept", ["", "*/*", "text/csv", "text/html", "text/csv;q=0, application/json", ",", "a" * 500]),
            ("Content-Type", ["", "application/json; charset=utf-16", "APPLICATION/JSON", "application/json;", ";", "a/b" * 100]),
            ("Authorization", ["", "Bearer", "Basic YTpi", "Bearer " + "a" * 43, "Bearer a b", "bearer x"]),
            ("X-Odd", ["a" * 4000, "\xff"])])
        r.headers[name] = self.chance.choice(values)
        return Expect()

    BODY = (unknown_member, dropped_member, doubled_member, two_faults, too_many, no_text_of_json, no_object, nul_in_text,
            other_media_type, too_large, other_value, other_value, other_value, other_number, other_number, known_member,
            known_member, other_items, other_bytes)
    ANY = (unknown_parameter, other_parameter, other_parameter, other_path, other_method, other_header)

    def mutate(self, r):
        """One mutation, or two that promise nothing. None: there was nothing to do it to."""
        is_object = r.is_json() and isinstance(r.json(), dict)
        table = self.BODY + self.ANY[:2] + self.ANY[-1:] if is_object else self.ANY + (
            (Mutator.other_bytes,) if r.body else ())
        table = [*table, *self.ANY] if self.chance.random() < 0.2 else table
        how = self.chance.choice(table)
        expect = how(self, r)
        r.said.append(how.__name__)
        if expect and not expect.status and self.chance.random() < 0.3:
            again = self.chance.choice((Mutator.other_parameter, Mutator.other_header))
            again(self, r)
            r.said.append(again.__name__)
        return expect
