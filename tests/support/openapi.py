"""The OpenAPI document as a judge: of every answer that a test sees, and of itself."""
import datetime
import re

import jsonschema

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# What the socket refuses before any operation is known: it is in no operation's list.
OF_THE_SOCKET = {"request.malformed", "request.version", "request.length-required", "request.target-too-long",
                 "request.headers-too-large", "method.not-allowed"}

formats = jsonschema.FormatChecker(formats=())


@formats.checks("uuid")
def is_uuid(value):
    return not isinstance(value, str) or UUID.fullmatch(value) is not None


@formats.checks("date", ValueError)
def is_date(value):
    return not isinstance(value, str) or bool(datetime.date.fromisoformat(value))


@formats.checks("date-time", ValueError)
def is_instant(value):
    if not isinstance(value, str):
        return True
    return INSTANT.fullmatch(value) is not None and bool(datetime.datetime.fromisoformat(value[:-1]))


TOLD = ("ETag", "Location", "Retry-After", "WWW-Authenticate")  # headers that the document tells of


def judge_headers(response, said, answer):
    described = response.get("headers", {})
    for name in TOLD:
        there = answer.headers.get(name) is not None
        assert name in described or not there, f"a header {name} that the document does not have: {said}"
        assert there or not described.get(name, {}).get("required"), f"no header {name}: {said}"


class Document:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.kept = {}
        self.forms = [(re.compile(re.sub(r"\\{[a-z_0-9]+\\}", "[^/]+", re.escape(path)) + r"\Z"), path)
                      for path in sorted(document["paths"], key=lambda path: path.count("{"))]

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in METHODS:
                    yield method.upper(), path, operation

    def operation(self, method, path):
        """The operation that an address belongs to, or None; and its path in the document."""
        method = "get" if method == "HEAD" else method.lower()
        for form, name in self.forms:
            if form.match(path) and method in self.document["paths"][name]:
                return self.document["paths"][name][method], name
        return None, None

    def faults(self, schema, value):
        key = id(schema)
        if key not in self.kept:
            self.kept[key] = schema, jsonschema.Draft202012Validator(schema, resolver=self.resolver,
                                                                     format_checker=formats)
        return [f"/{'/'.join(map(str, fault.absolute_path))}: {fault.message[:200]}"
                for fault in self.kept[key][1].iter_errors(value)]

    def judge(self, method, path, answer):
        """Raises when the document does not foresee this answer."""
        operation, name = self.operation(method, path.partition("?")[0])
        said = f"{method} {name or path}: {answer!r}"
        if answer.status >= 400:
            self.judge_problem(operation, said, path.partition("?")[0], answer)
            return
        assert operation, "no operation of the document: " + said
        response = operation["responses"].get(str(answer.status))
        assert response, "a status that the document does not have: " + said
        judge_headers(response, said, answer)
        content = response.get("content", {})
        if not content:
            assert answer.body == "", "a body where the document has none: " + said
            return
        kind = (answer.headers["Content-Type"] or "").partition(";")[0]
        assert kind in content, "a media type that the document does not have: " + said
        if "ETag" in response.get("headers", {}):
            assert answer.headers["ETag"] == f"\"{answer.json['version']}\"", "ETag is not the version: " + said
        if answer.json is not None and method != "HEAD":
            faults = self.faults(content[kind]["schema"], answer.json)
            assert not faults, (faults[:5], said)

    def judge_allow(self, said, path, answer):
        """The methods of the address, and nothing else."""
        names = [name for form, name in self.forms if form.match(path)][:1]
        there = {method.upper() for name in names for method in self.document["paths"][name]}
        allowed = set((answer.headers["Allow"] or "").replace(" ", "").split(","))
        assert not there or allowed - {"HEAD"} == there, f"Allow is not the methods of the address: {allowed} {said}"

    def judge_problem(self, operation, said, path, answer):
        assert answer.headers["Content-Type"] == "application/problem+json", said
        faults = self.faults(self.document["components"]["schemas"]["problem"], answer.json)
        assert not faults, (faults[:5], said)
        assert answer.json["status"] == answer.status and answer.headers["ETag"] is None, said
        if answer.status == 405:
            self.judge_allow(said, path, answer)
        if operation is None or answer.slug in OF_THE_SOCKET:
            return
        response = operation["responses"].get(str(answer.status))
        assert response, "a status that the document does not have: " + said
        judge_headers(response, said, answer)
        examples = response["content"]["application/problem+json"]["examples"]
        assert answer.slug in examples, "a problem that the document does not have here: " + said


# ---- the document itself ----

def pointers(node, at="#"):
    yield at, node
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in pairs:
        yield from pointers(child, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")


def resolved(document, ref):
    at = document
    for part in ref.removeprefix("#/").split("/"):
        at = at[part.replace("~1", "/").replace("~0", "~")]
    return at


def lint_refs(document):
    used = set()
    for at, node in pointers(document):
        if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
            continue
        used.add(node["$ref"])
        try:
            resolved(document, node["$ref"])
        except (KeyError, TypeError):
            yield f"{at}: {node['$ref']} leads nowhere"
    for kind in ("schemas", "examples"):
        for name in document.get("components", {}).get(kind, {}):
            if kind == "schemas" and f"#/components/{kind}/{name}" not in used:
                yield f"#/components/{kind}/{name}: is used by nobody"


def lint_schemas(document):
    described = {f"#/components/schemas/{name}": schema
                 for name, schema in document.get("components", {}).get("schemas", {}).items()}
    for at, schema in described.items():
        for member in schema.get("required", []):
            if member not in schema.get("properties", {}):
                yield f"{at}: requires {member}, which it does not have"
    for at, node in pointers(document["paths"], "#/paths"):
        if re.search(r"/(content/[^/]+|parameters/\d+)\Z", at) and "schema" in node:
            described[at] = node["schema"]
    for at, schema in described.items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            yield f"{at}: is no JSON schema: {error.message[:200]}"


def lint_media(judge, at, content):
    document = judge.document
    if not content:
        yield f"{at}: has no media type"
    for kind, media in content.items():
        if "schema" not in media:
            yield f"{at} {kind}: has no schema"
            continue
        examples = [media["example"]] if "example" in media else []
        for example in media.get("examples", {}).values():
            try:
                examples.append((resolved(document, example["$ref"]) if "$ref" in example else example)["value"])
            except (KeyError, TypeError):
                yield f"{at} {kind}: an example leads nowhere"
        if not examples:
            yield f"{at} {kind}: has no example"
        for example in examples:
            try:
                for fault in judge.faults(media["schema"], example):
                    yield f"{at} {kind}: its example is not valid: {fault}"
            except jsonschema.RefResolutionError:
                pass  # lint_refs says so


def lint_parameters(at, path, operation):
    if "parameters" not in operation:
        yield f"{at}: has no parameters (an empty list is one)"
    seen = set()
    for one in operation.get("parameters", []):
        key = one.get("in"), one.get("name")
        if None in key or "schema" not in one or not isinstance(one.get("required"), bool):
            yield f"{at}: parameter {key} lacks a part"
        if key in seen:
            yield f"{at}: parameter {key} is there twice"
        seen.add(key)
    wanted = {("path", part[1:-1]) for part in path.split("/") if part.startswith("{")}
    if {key for key in seen if key[0] == "path"} != wanted:
        yield f"{at}: path parameters are not those of the address"


def lint_operation(judge, method, path, operation):
    at = f"{method} {path}"
    for word in ("operationId", "summary", "tags"):
        if not operation.get(word):
            yield f"{at}: has no {word}"
    yield from lint_parameters(at, path, operation)
    responses = operation.get("responses", {})
    if not any(status.startswith("2") for status in responses):
        yield f"{at}: never succeeds"
    for status, response in responses.items():
        if not response.get("description"):
            yield f"{at} {status}: has no description"
        if "content" in response or status != "204":
            yield from lint_media(judge, f"{at} {status}", response.get("content", {}))
    if "requestBody" in operation:
        yield from lint_media(judge, f"{at} body", operation["requestBody"].get("content", {}))
    for need in operation.get("security", judge.document.get("security", [])):
        for scheme in need:
            if scheme not in judge.document.get("components", {}).get("securitySchemes", {}):
                yield f"{at}: security scheme {scheme} is not there"


def lint(document):
    """Everything that is wrong with an OpenAPI 3.1 document, as far as this project promises it."""
    judge, ids = Document(document), set()
    schemas = list(lint_schemas(document))
    yield from schemas
    if schemas:
        return  # nothing can be judged by them
    if not str(document.get("openapi", "")).startswith("3.1."):
        yield "openapi: is not 3.1"
    for word in ("title", "version"):
        if not document.get("info", {}).get(word):
            yield f"info: has no {word}"
    for path in document["paths"]:
        if not path.startswith("/"):
            yield f"{path}: begins without a slash"
    for method, path, operation in judge.operations():
        yield from lint_operation(judge, method, path, operation)
        if operation.get("operationId") in ids:
            yield f"{method} {path}: its operationId is another one's too"
        ids.add(operation.get("operationId"))
    yield from lint_refs(document)
