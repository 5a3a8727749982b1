"""The demo operation: the same seed makes the same data, its figures are believable, `make run` works as printed."""
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import BIN, ROOT, Server, environment, main, run, test  # noqa: E402

BUILD = os.path.dirname(BIN)
UNTIL = "2026-11-20T01:00:00Z"  # a Friday, noon in Sydney, nine in Perth
LISTS = ("/v1/patients", "/v1/orders", "/v1/deliveries", "/v1/runs", "/v1/discrepancies")


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="canary-demo-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def seed(*words):
    return subprocess.run([os.path.join(BUILD, "canary-seed"), *words], env=environment(), timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False)


def make(folder, name, *words):
    path = os.path.join(folder, name)
    made = seed("--db", path, "--until", UNTIL, *words)
    assert made.returncode == 0, made
    return path


def dump(path):
    """Every row of every table, hashed."""
    with sqlite3.connect(path) as db:
        tables = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        rows = {name: sorted(map(repr, db.execute(f"SELECT * FROM {name}"))) for name in tables}
    return {name: hashlib.sha256("\n".join(lines).encode()).hexdigest() for name, lines in rows.items()}


# ---- the generator ----

@test
def help_and_wrong_usage():
    shown = seed("--help")
    assert shown.returncode == 0 and "Examples:" in shown.stdout, shown
    for words in (["--patients", "few"], ["--until", "yesterday"], ["--months", "0"], ["word"], ["--seed"]):
        refused = seed("--db", "/nowhere/demo.db", *words)
        assert refused.returncode == 2 and refused.stderr, (words, refused)
    assert seed("--db", "/nowhere/demo.db").returncode == 1


@test
def the_same_seed_makes_the_same_data():
    small = ("--patients", "40", "--months", "2")
    with Folder() as folder:
        first, second, other = (dump(make(folder, name, "--seed", number, *small))
                                for name, number in (("a", "5"), ("b", "5"), ("c", "6")))
        assert first == second, [name for name in first if first[name] != second[name]]
        assert first["patient"] != other["patient"] and first["field_event"] != other["field_event"]
        before = open(os.path.join(folder, "a"), "rb").read()
        again = seed("--db", os.path.join(folder, "a"), "--until", UNTIL, *small)
        assert again.returncode == 1 and "exists" in again.stderr, again
        assert open(os.path.join(folder, "a"), "rb").read() == before


def count(db, sql):
    return db.execute(sql).fetchone()[0]


def check_rates(total):
    assert total["due"] > 600, total["due"]
    for name, least, most in (("missed", 0.002, 0.03), ("late", 0.01, 0.06), ("inaccurate", 0.006, 0.04)):
        assert least <= total[name] / total["due"] <= most, (name, total)


def check_trail(path):
    with sqlite3.connect(path) as db:
        assert count(db, "SELECT COUNT(*) = MAX(seq) FROM audit_event"), "a gap in the trail"
        assert count(db, "SELECT COUNT(*) FROM audit_event a JOIN audit_event b ON b.seq = a.seq + 1 "
                         "WHERE b.at < a.at") == 0, "the clock went back"
        for role in ("rep", "dispatcher", "driver", "manager", "customer", "system"):
            assert count(db, f"SELECT COUNT(*) FROM audit_event WHERE role = '{role}'"), role


def check_flight(path):
    """The current month is in flight: orders to call, deliveries of the next days, vans on the road."""
    with sqlite3.connect(path) as db:
        for sql in ("SELECT COUNT(*) FROM patient_order WHERE state = 'open'",
                    "SELECT COUNT(*) FROM patient_order WHERE state = 'scheduled'",
                    "SELECT COUNT(*) FROM run WHERE state = 'dispatched'",
                    "SELECT COUNT(*) FROM delivery WHERE state = 'dispatched'",
                    "SELECT COUNT(DISTINCT depot_id) - 1 FROM run"):
            assert count(db, sql) > 0, sql


@test
def a_believable_operation():
    with Folder() as folder:
        path = make(folder, "canary.db", "--patients", "240", "--months", "3")
        check_trail(path)
        check_flight(path)
        with Server("--clock", UNTIL, "--dev", folder=folder, login=False) as server:
            token = server.login("manager@canary.example", "canary-demo")
            report = server.call("GET", "/v1/reports/delivery-errors?from=2026-08-01&to=2026-11-19", token=token)
            assert report.status == 200, report
            check_rates(report.json["total"])
            complete = server.call("GET", "/v1/reports/completeness?from=2026-08-01&to=2026-11-19", token=token)
            assert complete.status == 200 and complete.json["missing"] == 0, complete
            for path_of_list in LISTS:
                answer = server.call("GET", path_of_list, token=token)
                assert answer.status == 200 and answer.json["items"], (path_of_list, answer)
        verified = run("audit", "verify", "--db", path)
        assert verified.returncode == 0, verified


# ---- make run ----

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder):
    env = environment(DEMO=os.path.join(folder, "demo"), LISTEN=f"127.0.0.1:{free_port()}", BUILD=BUILD,
                      SEED="--patients 40 --months 1")
    process = subprocess.Popen([os.path.join(ROOT, "tools", "run")], env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, encoding="utf-8")
    printed = ""
    while "serving on" not in printed:
        line = process.stdout.readline()
        assert line, printed
        printed += line
    return process, printed


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    process.stdout.close()


def sh(script):
    done = subprocess.run(["sh", "-eu", "-c", script], stdout=subprocess.PIPE, timeout=60, encoding="utf-8", check=True)
    return done.stdout


@test
def make_run_prints_what_works():
    with Folder() as folder:
        process, printed = start(folder)
        try:
            lines = re.findall(r"^  ((?:TOKEN=|curl ).*)$", printed, re.M)
            assert len(lines) == 3, printed
            work = json.loads(sh("\n".join(lines[:2])))
            assert work["items"] and work["items"][0]["patient"]["phone"], work
            report = sh("\n".join((lines[0], lines[2])))
            assert report.startswith("customer_id,") and report.count("\n") >= 3, report
            address = re.search(r"http://\S+:\d+", printed).group()
            for role in ("admin", "manager", "rep", "dispatcher", "driver", "customer"):
                assert f"{role}@canary.example" in printed
                body = json.dumps({"email": f"{role}@canary.example", "password": "canary-demo"})
                answer = json.loads(sh(f"curl -s --json '{body}' {address}/v1/login"))
                assert answer["user"]["role"] == role, answer
        finally:
            stop(process)
        assert os.stat(os.path.join(folder, "demo")).st_mode & 0o777 == 0o700
        made = os.path.join(folder, "demo", "made")
        os.utime(made, (0, 0))
        process, printed = start(folder)
        stop(process)
        assert "Making" not in printed and "makes it anew" in printed, printed


main()
