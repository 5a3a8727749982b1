"""The OpenAPI document: whole, valid, and the same set of operations as the router's. And its judge, judged."""
import copy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import Server, Skip, main, run, test  # noqa: E402

try:
    from openapi import Document, lint  # noqa: E402
except ImportError:
    Document = lint = None

KEPT = []


def document():
    if lint is None:
        raise Skip("python3-jsonschema is not there")
    if not KEPT:
        with Server(login=False) as server:
            KEPT.append(server.call("GET", "/openapi.json").json)
    return copy.deepcopy(KEPT[0])


@test
def the_document_has_no_fault():
    faults = list(lint(document()))
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:40])


@test
def the_router_and_the_document_have_the_same_operations():
    routed = [tuple(line.split()[:2]) for line in run("routes").stdout.splitlines()]
    described = [(method, path) for method, path, _ in Document(document()).operations()]
    assert len(set(routed)) == len(routed) and sorted(routed) == sorted(described), set(routed) ^ set(described)


def drop(*keys):
    def change(made):
        at = made
        for key in keys[:-1]:
            at = at[key]
        del at[keys[-1]]
    return change


def put(value, *keys):
    def change(made):
        at = made
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = value
    return change


ME = ("paths", "/v1/me", "get")
ME_MEDIA = (*ME, "responses", "200", "content", "application/json")


@test
def every_broken_document_is_seen():
    whole = document()
    few = {**whole, "paths": {path: {"get": whole["paths"][path]["get"]} for path in ("/v1/me", "/v1/users/{id}")}}
    schemas = whole["components"]["schemas"]
    whole["components"]["schemas"] = {name: schemas[name] for name in ("user", "problem")}
    assert not list(lint(few))
    for change, words in (
            (put("3.0.3", "openapi"), "not 3.1"),
            (drop("info", "title"), "no title"),
            (drop(*ME, "summary"), "no summary"),
            (drop(*ME, "operationId"), "no operationId"),
            (put("get_users_id", *ME, "operationId"), "another one's too"),
            (drop(*ME, "parameters"), "no parameters"),
            (put([{"name": "x", "in": "query"}], *ME, "parameters"), "lacks a part"),
            (put([], "paths", "/v1/users/{id}", "get", "parameters"), "not those of the address"),
            (drop(*ME, "responses", "200"), "never succeeds"),
            (drop(*ME, "responses", "200", "description"), "no description"),
            (drop(*ME, "responses", "200", "content"), "no media type"),
            (drop(*ME_MEDIA, "schema"), "no schema"),
            (drop(*ME_MEDIA, "example"), "no example"),
            (put(7, *ME_MEDIA, "example", "email"), "example is not valid"),
            (put("X", *ME_MEDIA, "example", "id"), "example is not valid"),
            (put({}, *ME_MEDIA, "example"), "example is not valid"),
            (put({"$ref": "#/components/schemas/nobody"}, *ME_MEDIA, "schema"), "leads nowhere"),
            (put({"type": "strung"}, *ME_MEDIA, "schema"), "is no JSON schema"),
            (drop("components", "schemas", "user", "properties", "email"), "requires email"),
            (drop("components", "securitySchemes", "token"), "security scheme"),
    ):
        made = copy.deepcopy(few)
        change(made)
        faults = list(lint(made))
        assert any(words in fault for fault in faults), (words, faults[:5])


class Made:
    """An answer as a test would see it."""

    def __init__(self, status, json, kind="application/json", etag=None):
        self.status, self.json, self.body = status, json, "{}"
        self.headers = {"Content-Type": kind, "ETag": etag}

    @property
    def slug(self):
        return self.json["type"].rsplit(":", 1)[1]


def problem(slug, status):
    return Made(status, {"type": "urn:canary:problem:" + slug, "title": "T", "status": status, "detail": "D",
                         "instance": "I", "errors": []}, "application/problem+json")


@test
def every_wrong_answer_is_seen():
    judge = Document(document())
    user = judge.document["paths"]["/v1/me"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    tag = f"\"{user['version']}\""

    def refused(answer):
        try:
            judge.judge("GET", "/v1/me?x=1", answer)
        except AssertionError:
            return True
        return False

    assert not refused(Made(200, user, etag=tag))
    assert not refused(problem("login.needed", 401))
    for answer in (Made(200, user), Made(200, user, etag='"77"'), Made(201, user, etag=tag),
                   Made(200, user, "text/csv", tag), Made(200, {**user, "more": 1}, etag=tag),
                   Made(200, {**user, "id": user["id"].upper()}, etag=tag),
                   Made(200, {key: user[key] for key in user if key != "email"}, etag=tag),
                   problem("code.taken", 409), problem("login.throttled", 401), problem("login.needed", 418)):
        assert refused(answer), vars(answer)
    broken = problem("login.needed", 401)
    broken.json["errors"] = [{"pointer": "/a"}]
    assert refused(broken)


main()
