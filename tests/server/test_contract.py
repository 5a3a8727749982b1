"""Every operation of the served document: its answers as documented, and what comes of requests that nobody should send.
MUTATIONS=n SEED=n: how many, and which; the routes come from the document, so a new one is covered or fails here."""
import http.client
import os
import random
import re
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import Skip, main, test  # noqa: E402
from patched import patched  # noqa: E402

try:
    import jsonschema
    from contract import ANY, OPEN, Row, TABLE, routes
    from mutate import Mutator, Request
    from operation import Operation
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()

MUTATIONS, SEED = int(os.environ.get("MUTATIONS", "6000")), int(os.environ.get("SEED", "1"))
FRESH = 400  # requests that one operation serves, before another takes its place
SHOWN = 20   # faults that are printed
# Before any fault of a body or a parameter comes what became of the sample meanwhile.
EARLIER = {401, 403, 404}
BATCHES = {"POST /v1/sync"}
LEADS = re.compile(r"|/.*|\?.*|[a-z]+:\d+:.*", re.DOTALL)  # into the body, to a parameter, to a cell of a CSV file


def first_role(row):
    if row.name == "POST /v1/me/password":
        return "customer2"  # whom nobody needs any more
    if OPEN in row.who or row.name == "POST /v1/logout":
        return "none"
    return "manager" if {"manager", ANY} & set(row.who) else next(iter(row.who))


def rows():
    there = set(routes())
    return [row for row in Row.rows if row.name in there]


def sample(op, row):
    """A right request of an operation, and whose it is."""
    who, side = first_role(row), op.other if row.name == "PATCH /v1/users/{id}" else op.own
    schema = op.document.document["paths"][row.path][row.method.lower()].get("requestBody", {}).get("content", {})
    body = row.body(op, side, who) if row.body else None
    request = Request(row.method, row.of(op, side), [word for word in row.query[1:].split("&") if word], dict(row.headers), None,
                      schema.get("application/json", {}).get("schema"))
    if isinstance(body, (dict, list)):
        request.set_json(body)
        request.headers.setdefault("Content-Type", "application/json")
    elif body is not None:
        request.body = body.encode() if isinstance(body, str) else body
    return request, who


# ---- as documented ----

@test
def every_operation_of_the_document_has_a_sample():
    with Operation() as op:
        there = {f"{method} {path}" for method, path, _ in op.document.operations()}
    assert not there - set(TABLE), f"no row in tests/support/contract.py: {sorted(there - set(TABLE))}"


@test
def every_operation_answers_as_documented():
    """Operation.call judges status, media type, headers, members and problems of each answer."""
    with Operation() as op:
        for row in rows():
            request, who = sample(op, row)
            answer = op.call(request.method, request.address, request.body, token=op.token[who], headers=request.headers)
            if row.name != "POST /v1/logout":
                assert answer.status in row.ok, (row.name, answer)
            if answer.headers.get("Location"):
                there = op.call("GET", answer.headers["Location"], token=op.token[who])
                assert there.status == 200 and there.json["id"] == answer.json["id"], (row.name, there)
            for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - {one.method for one in Row.rows if one.path == row.path}):
                wrong = op.call(method, request.path, token=op.token[who])
                assert wrong.status in ((401,) if who == "none" and OPEN not in row.who else (403, 404, 405)), (row.name, wrong)


# ---- what nobody should send ----

class Trial:
    """Mutations of every operation in turn."""

    def __init__(self, seed, only=None):
        self.chance, self.only = random.Random(seed), only
        self.faults, self.seen, self.moot = [], Counter(), Counter()

    def run(self, n):
        while n > 0 and len(self.faults) < SHOWN:
            with Operation() as op:
                n -= self.some(op, min(n, FRESH))
        return self.faults

    def some(self, op, n):
        mutator = Mutator(self.chance, op.document)
        table = [row for row in rows() if not self.only or row.name in self.only]
        done = 0
        while done < n:
            for row in self.chance.sample(table, len(table)):
                try:
                    request, who = sample(op, row)
                except AssertionError:
                    if done == 0:
                        raise
                    return done  # what a mutation had changed is in the way
                expect = mutator.mutate(request)
                if expect:
                    done += 1
                    self.one(op, row, request, who, expect)
        return done

    def one(self, op, row, request, who, expect):
        try:
            answer = op.call(request.method, request.address, request.body, token=op.token[who], headers=dict(request.headers))
        except (http.client.InvalidURL, ValueError) as why:
            if isinstance(why, UnicodeDecodeError) or "JSON" in type(why).__name__:
                self.fault(request, f"an answer that is no text of ours: {why}")
            return  # our own library does not send that
        except AssertionError as why:
            self.fault(request, str(why))
            return
        except (OSError, http.client.HTTPException) as why:
            self.fault(request, f"no answer: {why!r} {op.log()[-1500:]}")
            raise AssertionError("\n".join(self.faults)) from why
        self.seen[f"{answer.status // 100}xx"] += 1
        for what in self.wrong(op, row, request, answer, expect):
            self.fault(request, f"{what}: {answer!r}")

    def fault(self, request, what):
        self.faults.append(f"{request!r}: {what}")

    def wrong(self, op, row, request, answer, expect):
        """What is wrong with an answer that the document foresees."""
        if answer.status >= 500 and answer.slug != "busy":
            yield "a fault of ours"
        status, pointers = answer.status, {one["pointer"] for one in answer.json["errors"]} if answer.status >= 400 else set()
        if status == 200 and row.name in BATCHES:
            status, pointers = self.in_batch(answer.json["results"])
            if any(one >= 500 for one in self.statuses(answer.json["results"])):
                yield "a fault of ours in a batch"
        if answer.status == 422 and answer.slug == "request.invalid" and not pointers:
            yield "no fault is named"
        if any(not LEADS.fullmatch(one) or len(one) > 500 for one in pointers):
            yield f"pointers that lead nowhere {pointers}"
        if status < 300 and self.breaks_schema(op, request):
            yield "accepted against its schema"
        if expect.status and (answer.status in EARLIER or answer.status == 429):
            self.moot[row.name] += 1
        elif expect.status:
            wanted = expect.pointer if isinstance(expect.pointer, tuple) else (expect.pointer,)
            if row.name in BATCHES and status == 422 and pointers == {"/events"}:
                return  # the list itself is refused: the only member, and not too long
            if status != expect.status:
                yield f"{expect.status} belongs here"
            elif expect.pointer is not None and not set(wanted) <= pointers:
                yield f"{wanted} is not named"

    @staticmethod
    def statuses(results):
        return [one["problem"]["status"] for one in results if one.get("problem")]

    def in_batch(self, results):
        """A batch is answered 200 whatever its items are: their own status, and pointers from the batch on."""
        named = {f"/events/{one['index']}{fault['pointer']}" for one in results if one.get("problem")
                 for fault in one["problem"]["errors"]}
        return max(self.statuses(results), default=200), named

    @staticmethod
    def breaks_schema(op, request):
        """By types, members and limits alone: the forms of ids and dates may be read more kindly."""
        if not request.schema or request.json() is None:
            return False
        judge = jsonschema.Draft202012Validator(request.schema, resolver=op.document.resolver)
        return not judge.is_valid(request.json())


@test
def mutated_requests_are_refused_in_order():
    trial = Trial(SEED)
    trial.run(MUTATIONS)
    print(f"seed {SEED}: {sum(trial.seen.values())} mutated requests, {dict(sorted(trial.seen.items()))}, "
          f"{sum(trial.moot.values())} moot, {len(trial.faults)} faults")
    assert not trial.faults, f"seed {SEED}: {len(trial.faults)} faults:\n" + "\n".join(trial.faults)
    assert trial.seen["2xx"] * 20 > MUTATIONS and trial.seen["4xx"] * 3 > MUTATIONS, trial.seen
    assert sum(trial.moot.values()) * 10 < MUTATIONS, trial.moot


# ---- programs that are known to be wrong ----

def caught(what, only, *edits):
    with patched(*edits):
        trial = Trial(1, only)
        trial.run(FRESH)
    assert any(what in fault for fault in trial.faults), trial.faults[:3]


@test
def a_program_that_answers_what_is_not_documented_is_caught():
    caught("'more' was unexpected", {"GET /v1/me", "POST /v1/runs"}, (
        "api/api_answer.c", "    json_object(&out, call->route->out, record);\n",
        "    json_object(&out, call->route->out, record);\n    if (!out.failed && out.n) out.n--;\n"
        "    text_str(&out, \",\\\"more\\\":1}\");\n"))


@test
def a_program_that_breaks_on_a_number_is_caught():
    caught("internal", {"PUT /v1/orders/{id}/count", "POST /v1/runs"}, (
        "api/api_dispatch.c", "    if (call->request->body_size <= limit) return OK;\n", """
    if (call->request->body_size > 0 && call->request->body_size <= limit)
        return memmem(call->request->body, call->request->body_size, "0.5", 3)
                   ? FAIL(c, ERR_INTERNAL, "internal", "overflow") : OK;
    if (call->request->body_size == 0) return OK;
"""))


@test
def a_program_that_overlooks_members_is_caught():
    caught("belongs here", {"POST /v1/runs"}, (
        "json/json_decode.c", '            refuse(d, &part, "is not a member that can be stated here", NULL);\n', ""))


main()
