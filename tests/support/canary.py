"""Starts a server on a database of its own, signs in and makes calls. Standard library only.

    from canary import Server, test, main
    @test
    def something():
        with Server() as server:
            answer = server.call("GET", "/v1/me", token=server.admin)
            assert answer.status == 200, answer
    main()
"""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import postgres

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("CANARY_BIN") or os.path.join(ROOT, "build", "asan", "canary")
ON_SERVER = os.environ.get("CANARY_TEST_DB")
ADMIN, PASSWORD = "admin@example.org", "correct horse battery"


class Skip(Exception):
    """This machine cannot run the test: raise Skip("why")."""


def environment(**more):
    """Ours without settings of a service."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CANARY_")}
    kept.update(more)
    return kept


def events(db):
    """The whole log, packed or not, as the API gives its events."""
    printed = run("audit", "events", "--db", db)
    assert printed.returncode == 0, printed
    return [json.loads(line) for line in printed.stdout.splitlines()]


def run(*words, env=None, stdin=None, timeout=60):
    """Runs the program to its end: returncode, stdout, stderr as text."""
    return subprocess.run([BIN, *words], env=environment(**(env or {})), input=stdin, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False)


class Answer:
    def __init__(self, response, raw):
        self.status = response.status
        self.headers = response.headers
        self.raw = raw
        image = (response.headers.get("Content-Type") or "").startswith("image/")
        self.body = body = raw.decode("latin-1" if image else "utf-8")
        self.json = None
        if "json" in (response.headers.get("Content-Type") or "") and body:
            self.json = json.loads(body)

    @property
    def slug(self):
        return self.json["type"].rsplit(":", 1)[1] if self.json and "type" in self.json else None

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


class Server:
    """A database in a folder of its own (or `folder`, kept), made by `canary init`, and a service on it.

    With CANARY_TEST_DB the database is one of its own on the server there; db: one that is there already."""

    def __init__(self, *options, folder=None, env=None, start=True, login=True, db=None):
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="canary-test-")
        self.own_db = ON_SERVER and not db
        self.db = db or (postgres.new_database(ON_SERVER) if ON_SERVER else os.path.join(self.folder, "canary.db"))
        self.options, self.env = options, env
        if "://" in self.db:
            self.options = (*options, "--key", os.path.join(self.folder, "canary.key"))
        self.process = self.admin = self.port = None
        self.local = threading.local()
        if not db and ("://" in self.db or not os.path.exists(self.db)):
            self.init()
        if start:
            self.start(login)

    def init(self):
        key = self.options[-2:] if "://" in self.db else ()
        made = run("init", "--db", self.db, "--admin", ADMIN, "--password-file", self.password_file(), *key)
        assert made.returncode == 0, made

    def password_file(self, password=PASSWORD):
        path = os.path.join(self.folder, "password")
        with open(path, "w", encoding="utf-8") as file:
            file.write(password + "\n")
        return path

    def start(self, login=True):
        self.log_path = os.path.join(self.folder, "log")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BIN, "serve", "--db", self.db, "--listen", "127.0.0.1:0", *self.options],
                env=environment(**(self.env or {})), stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
        line = self.process.stdout.readline()
        if not line.startswith("serving on http://127.0.0.1:"):
            self.process.wait(30)
            raise AssertionError(f"it did not start: {line!r} {self.log()[-2000:]}")
        self.port = int(line.rsplit(":", 1)[1])
        if login:
            self.admin = self.login(ADMIN, PASSWORD)
        return self

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def stop(self, how=signal.SIGTERM, timeout=60):
        """Ends the service; its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(timeout)
        self.process.stdout.close()
        self.process = None
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code = self.stop() if self.process else 0
        if self.own_db:
            postgres.drop_database(self.db)
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        assert code == 0, f"exit code {code}"

    def connection(self, timeout=60):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, method, path, body=None, token=None, headers=None, keep=True):
        """One request; a dict or list goes as JSON. keep: the thread's connection stays open for the next."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = "Bearer " + token
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode("utf-8")
        kept = getattr(self.local, "kept", None)
        connection = kept if keep and kept and kept.port == self.port else self.connection()
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            answer = Answer(response, response.read())
        except Exception:
            connection.close()
            self.local.kept = None
            raise
        if keep:
            self.local.kept = connection
        else:
            connection.close()
        return answer

    def login(self, email, password):
        answer = self.call("POST", "/v1/login", {"email": email, "password": password})
        assert answer.status == 200, answer
        return answer.json["token"]

    def user(self, email, role, password=PASSWORD, **more):
        """A new user; his token and id."""
        answer = self.call("POST", "/v1/users", dict(email=email, name=email, role=role, password=password, **more),
                           token=self.admin)
        assert answer.status == 201, answer
        return self.login(email, password), answer.json["id"]


def in_parallel(n, work):
    """work(0) … work(n - 1) on threads of their own; what each gave. The first exception is raised."""
    given, raised = [None] * n, []

    def one(i):
        try:
            given[i] = work(i)
        except Exception as error:  # pylint: disable=broad-except
            raised.append(error)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return given


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=10):
    """Waits until condition() is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


TESTS = []


def test(function):
    TESTS.append(function)
    return function


def main():
    """Runs the tests (those whose names start with a word of the command line) and says how many passed."""
    words, passed, failed, skipped = sys.argv[1:], 0, 0, 0
    for function in TESTS:
        if words and not any(function.__name__.startswith(word) for word in words):
            continue
        try:
            function()
            passed += 1
        except Skip as why:
            skipped += 1
            print(f"skip {function.__name__}: {why}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print(f"FAIL {function.__name__}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
