"""The program from outside: command line, start and end, signing in, what comes back for bad HTTP."""
import glob
import json
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import ADMIN, PASSWORD, ROOT, Server, Skip, in_parallel, main, run, test, until  # noqa: E402


# ---- command line ----

@test
def wrong_usage_is_2():
    for words in (["serve", "--grase", "1h"], ["serve", "--grace", "soon"], ["serve", "--grace"], ["fly"], [],
                  ["init"], ["init", "--admin", "a@b.org"], ["config", "extra"], ["config", "--dev=7"],
                  ["serve", "--clock", "2026-03-02T00:00:00Z"], ["user", "add"], ["help", "flying"],
                  ["config", "--markdown", "--markdown"], ["config", "--config", "/nowhere/at/all"]):
        ended = run(*words)
        assert ended.returncode == 2, (words, ended)
        assert ended.stderr and not ended.stdout, (words, ended)
    assert run("config", env={"CANARY_GRASE": "1h"}).returncode == 2
    assert run("config", env={"CANARY_GRACE": "soon"}).returncode == 2


@test
def what_only_prints_is_0():
    for words in (["help"], ["help", "user"], ["--help"], ["serve", "--help"], ["version"], ["routes"], ["config"],
                  ["config", "--markdown"]):
        ended = run(*words)
        assert ended.returncode == 0 and ended.stdout, (words, ended)
    assert "canary init" in run("help").stdout and "example:" in run("help").stdout
    assert "PATCH  /v1/users/{id}" in run("routes").stdout
    assert "2h" in run("config", "--markdown", env={"CANARY_GRACE": "2h"}).stdout


@test
def what_is_wrong_is_said_in_the_words_of_the_command_line():
    with Server(start=False) as server:
        for words, part in ((["user"], "canary user add --email"), (["help", "flying"], "canary help"),
                            (["import", "depots"], "FILE is missing"), (["config", "--grace", "3"], "from 0s to 30d"),
                            (["plan", "--db", server.db, "--through", "2999-01-01"], "--through"),
                            (["report", "delivery-errors", "--db", server.db, "--from", "2026-01-01", "--to",
                              "2026-01-31", "--group-by", "clinic"], "--group-by: must be of: customer"),
                            (["report", "delivery-errors", "--from", "1/1/2026", "--to", "2026-01-31"], "--from"),
                            (["audit", "verify", "--db", "/"], "is a folder")):
            ended = run(*words)
            assert ended.returncode in (1, 2) and part in ended.stderr, (words, ended)
            assert "named in errors" not in ended.stderr, (words, ended)
    assert run("--version").stdout == run("version").stdout
    assert all(f"example: canary {verb}" in run("help", verb).stdout for verb in ("routes", "version", "import"))


@test
def another_programs_file_is_left_alone():
    with Server(start=False) as server:
        path = server.db + ".other"
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE theirs (a)")
        db.commit()
        for words in (["serve", "--migrate", "--listen", "127.0.0.1:0"], ["plan"]):
            ended = run(*words, "--db", path)
            assert ended.returncode == 1 and "canary init" in ended.stderr, (words, ended)
        assert [name for (name,) in db.execute("SELECT name FROM sqlite_schema")] == ["theirs"]
        db.close()


@test
def init_refuses_what_is_there():
    with Server(start=False) as server:
        with open(server.db, "rb") as file:
            before = file.read()
        ended = run("init", "--db", server.db, "--admin", ADMIN, "--password-file", server.password_file())
        assert ended.returncode == 1 and ended.stderr, ended
        with open(server.db, "rb") as file:
            assert file.read() == before


@test
def init_leaves_nothing_behind_when_it_fails():
    folder = tempfile.mkdtemp(prefix="canary-test-")
    path, password = os.path.join(folder, "new.db"), os.path.join(folder, "password")
    for text, admin in (("short\n", ADMIN), ("", ADMIN), (PASSWORD, "nobody")):
        with open(password, "w", encoding="utf-8") as file:
            file.write(text)
        ended = run("init", "--db", path, "--admin", admin, "--password-file", password)
        assert ended.returncode == 1 and ended.stderr, ended
        assert not os.path.exists(path), (text, admin)
    ended = run("init", "--db", path, "--admin", ADMIN, "--password-file", "-", stdin=PASSWORD + "\n")
    assert ended.returncode == 0, ended
    shutil.rmtree(folder)


def make_older(path):
    """As the program before the last schema file made it: all the others applied, and the same admin."""
    db = sqlite3.connect(path)
    users = db.execute("SELECT * FROM user_account").fetchall()
    db.close()
    os.unlink(path)
    os.unlink(path + ".key")
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT")
    for file in sorted(glob.glob(os.path.join(ROOT, "schema", "*.sql")))[:-1]:
        with open(file) as text:
            db.executescript(text.read())
        name = os.path.basename(file)[:-len(".sql")]
        db.execute("INSERT INTO schema_migration (number, name, at) VALUES (?, ?, 0)", (int(name[:4]), name))
    db.executemany(f"INSERT INTO user_account VALUES ({', '.join('?' * len(users[0]))})", users)
    db.commit()
    db.close()


@test
def serve_needs_a_database_of_this_schema():
    ended = run("serve", "--db", "/nowhere/none.db", "--listen", "127.0.0.1:0")
    assert ended.returncode == 1 and ended.stderr, ended
    with Server(start=False) as server:
        make_older(server.db)
        ended = run("serve", "--db", server.db, "--listen", "127.0.0.1:0")
        assert ended.returncode == 1 and "--migrate" in ended.stderr, ended
        ended = run("user", "add", "--db", server.db, "--email", "a@b.org", "--role", "rep", "--password-file",
                    server.password_file())
        assert ended.returncode == 1 and "--migrate" in ended.stderr, ended
        server.options = ("--migrate",)
        server.start()
        assert server.call("GET", "/readyz").status == 200
        db = sqlite3.connect(f"file:{server.db}?mode=ro", uri=True)
        assert db.execute("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'trigger'").fetchone()[0] > 0
        db.close()


@test
def a_second_writer_is_refused():
    with Server() as server:
        ended = run("serve", "--db", server.db, "--listen", "127.0.0.1:0")
        assert ended.returncode == 1 and ended.stderr, ended
        ended = run("user", "add", "--db", server.db, "--email", "rep@example.org", "--role", "rep",
                    "--password-file", server.password_file())
        assert ended.returncode == 1 and "POST /v1/users" in ended.stderr, ended
        assert server.call("GET", "/readyz").status == 200


@test
def user_add_beside_no_service():
    with Server(start=False) as server:
        def add(role):
            return run("user", "add", "--db", server.db, "--email", "rep@example.org", "--role", role,
                       "--password-file", server.password_file())
        assert add("pope").returncode == 1
        assert add("customer").returncode == 1  # whose?
        assert add("rep").returncode == 0
        ended = add("rep")
        assert ended.returncode == 1 and "address" in ended.stderr, ended
        server.start()
        token = server.login("rep@example.org", PASSWORD)
        assert server.call("GET", "/v1/me", token=token).json["role"] == "rep"


@test
def a_taken_port_is_said():
    with Server() as server, Server(start=False) as other:
        ended = run("serve", "--db", other.db, "--listen", f"127.0.0.1:{server.port}")
        assert ended.returncode == 1 and "in use" in ended.stderr, ended


@test
def the_clock_starts_where_told():
    with Server("--dev", "--clock", "2031-05-06T07:08:00Z") as server:
        answer = server.call("POST", "/v1/login", {"email": ADMIN, "password": PASSWORD})
        assert answer.json["expires_at"].startswith("2031-05-06T19:0"), answer


# ---- start and end ----

@test
def it_answers_and_sweeps_at_start():
    with Server("--log-level", "debug") as server:
        assert server.call("GET", "/healthz").json == {"status": "ok"}
        assert server.call("GET", "/readyz").json["status"] == "ready"
        until(lambda: '"name":"sweep"' in server.log())
        metrics = server.call("GET", "/metrics").body
        for name in ("canary_requests_total", "canary_writer_groups_total", "canary_writer_jobs_total",
                     'canary_queue_length{queue="writer"}', "canary_connections"):
            assert name in metrics, metrics


class Renamers:
    """Users that are renamed again and again, each by a thread of its own, one connection a request."""

    def __init__(self, server, n=8):
        self.server = server
        self.ids = [server.user(f"user-{i}@example.org", "rep")[1] for i in range(n)]

    def rename(self, i):
        """How many times it was confirmed until the service is gone."""
        confirmed = 0
        while True:
            try:
                answer = self.server.call("PATCH", f"/v1/users/{self.ids[i]}", {"name": f"name {confirmed}"},
                                          token=self.server.admin, headers={"If-Match": "*"}, keep=False)
            except OSError:
                return confirmed  # not begun: then it may not have been done, either
            assert answer.status == 200, answer
            confirmed += 1

    def versions(self):
        return [self.server.call("GET", f"/v1/users/{one}", token=self.server.admin).json["version"]
                for one in self.ids]

    def run(self, how):
        """Ends the service with the signal while all rename: exit code, versions before, confirmed, and after."""
        before, code = self.versions(), []
        ender = threading.Timer(0.7, lambda: code.append(self.server.stop(how)))
        ender.start()
        confirmed = in_parallel(len(self.ids), self.rename)
        ender.join()
        self.server.start()
        return code[0], before, confirmed, self.versions()


@test
def sigterm_under_load_answers_what_has_begun_and_loses_nothing():
    with Server() as server:
        renamers = Renamers(server)
        for _ in range(3):
            code, before, confirmed, after = renamers.run(signal.SIGTERM)
            assert code == 0, (code, server.log()[-500:])
            assert sum(confirmed) > 0
            assert after == [b + n for b, n in zip(before, confirmed)], (before, confirmed, after)


@test
def a_kill_loses_nothing_that_was_confirmed():
    with Server() as server:
        renamers = Renamers(server)
        code, before, confirmed, after = renamers.run(signal.SIGKILL)
        assert code == -signal.SIGKILL
        assert sum(confirmed) > 0
        for was, n, now in zip(before, confirmed, after):
            assert was + n <= now <= was + n + 1, (was, n, now)  # the last one may be there without its answer


@test
def sessions_and_keys_outlive_a_restart():
    with Server() as server:
        token, _ = server.user("rep@example.org", "rep")
        body = {"email": "two@example.org", "name": "Two", "role": "rep", "password": PASSWORD}
        first = server.call("POST", "/v1/users", body, token=server.admin, headers={"Idempotency-Key": '"k"'})
        admin = server.admin
        assert server.stop(signal.SIGINT) == 0
        server.start(login=False)
        assert server.call("GET", "/v1/me", token=token).status == 200
        again = server.call("POST", "/v1/users", body, token=admin, headers={"Idempotency-Key": '"k"'})
        assert (again.status, again.body) == (201, first.body), again


# ---- signing in ----

@test
def ten_wrong_passwords_a_minute():
    with Server() as server:
        server.user("rep@example.org", "rep")
        wrong = {"email": "REP@example.org", "password": "not it at all"}
        codes = [server.call("POST", "/v1/login", wrong).status for _ in range(10)]
        assert codes == [401] * 10, codes
        answer = server.call("POST", "/v1/login", wrong)
        assert answer.status == 429 and answer.slug == "login.throttled", answer
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        right = server.call("POST", "/v1/login", {"email": "rep@example.org", "password": PASSWORD})
        assert right.status == 429, right
        for _ in range(12):
            server.login(ADMIN, PASSWORD)  # others, and right passwords, are not held up


@test
def many_logins_hold_up_nobody_else():
    with Server() as server:
        token, _ = server.user("rep@example.org", "rep")
        done, slowest = threading.Event(), [0]

        def sign_in(i):
            return server.call("POST", "/v1/login", {"email": f"nobody-{i}@example.org", "password": PASSWORD}).status

        def look():
            while not done.is_set():
                begun = time.monotonic()
                assert server.call("GET", "/v1/me", token=token).status == 200
                assert server.call("GET", "/readyz").status == 200
                slowest[0] = max(slowest[0], time.monotonic() - begun)

        looker = threading.Thread(target=look)
        looker.start()
        codes = in_parallel(24, sign_in)
        done.set()
        looker.join()
        assert set(codes) == {401}, codes
        assert 0 < slowest[0] < 2, slowest


@test
def nothing_personal_is_logged():
    with Server("--log-level", "debug") as server:
        token, _ = server.user("marker-mail@example.org", "rep")
        server.call("GET", "/v1/users?role=marker-role", token=server.admin)
        server.call("GET", "/v1/marker-path", token=server.admin)
        server.call("POST", "/v1/login", '{"email":"marker-two@example.org","password":"marker-password')
        server.call("POST", "/v1/login", {"email": "marker-three@example.org", "password": "marker-password"})
        log, metrics = server.log(), server.call("GET", "/metrics").body
        for word in ("marker", token, PASSWORD):
            assert word not in log and word not in metrics, word
        requests = [json.loads(line) for line in log.splitlines() if '"event":"request"' in line]
        assert {"method", "route", "status", "us", "request"} <= set(requests[0]), requests[0]
        assert any(one["route"] == "/v1/users" for one in requests)


# ---- bad HTTP, too ----

def raw(server, text):
    """Sends bytes as they are: status, head and problem of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(text.encode("latin-1"))
        got = b""
        while part := connection.recv(65536):
            got += part
    head, _, body = got.decode("utf-8").partition("\r\n\r\n")
    return int(head.split(" ")[1]), head, json.loads(body) if body else None


@test
def refusals_are_problems():
    with Server() as server:
        users = "POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        bearer = f"Authorization: Bearer {server.admin}\r\n"
        for text, status, slug in (
                ("GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n", 505, "request.version"),
                ("GET /healthz HTTP/1.1\r\n\r\n", 400, "request.malformed"),
                ("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.malformed"),
                ("TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method.not-allowed"),
                ("POST /v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411,
                 "request.length-required"),
                (f"{users}{bearer}Content-Length: 9999999\r\n\r\n", 413, "request.too-large"),
                (f"{users}Content-Length: 9999999\r\n\r\n", 401, "login.needed"),
        ):
            code, head, problem = raw(server, text)
            assert code == status and problem["type"] == "urn:canary:problem:" + slug, (text, head, problem)
            assert "application/problem+json" in head and problem["status"] == status, head
            assert status != 405 or "\r\nAllow: " in head, head
        assert server.call("GET", "/readyz").status == 200


@test
def head_has_no_body():
    with Server() as server:
        answer = server.call("HEAD", "/healthz")
        assert answer.status == 200 and answer.body == "" and answer.headers["Content-Length"] == "15", answer


# ---- the document ----

def resolve(document, ref):
    at = document
    for part in ref.lstrip("#/").split("/"):
        at = at[part]
    return at


def walk(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


@test
def the_document_is_whole():
    with Server() as server:
        document = server.call("GET", "/openapi.json").json
        routes = run("routes").stdout.splitlines()
        assert len(list(operations(document))) == len(routes)
        for node in walk(document):
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                resolve(document, node["$ref"])
        ids = [operation["operationId"] for _, _, operation in operations(document)]
        assert len(set(ids)) == len(ids)
        for path, method, operation in operations(document):
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, (path, named)
            assert any(code.startswith("2") for code in operation["responses"]), (path, method)


def examples_of(document, operation):
    """Each example of a body, with its schema."""
    for body in [operation.get("requestBody", {}), *operation["responses"].values()]:
        for media in body.get("content", {}).values():
            if "example" in media:
                yield media["schema"], media["example"]
            for example in media.get("examples", {}).values():
                yield media["schema"], resolve(document, example["$ref"])["value"]


@test
def examples_of_the_document_are_valid():
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise Skip("python3-jsonschema is not there") from error
    with Server() as server:
        document = server.call("GET", "/openapi.json").json
        resolver = jsonschema.RefResolver("", document)
        seen = 0
        for path, method, operation in operations(document):
            for schema, example in examples_of(document, operation):
                validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
                faults = [fault.message for fault in validator.iter_errors(example)]
                assert not faults, (path, method, faults[:3], example)
                seen += 1
        assert seen > 50


main()
