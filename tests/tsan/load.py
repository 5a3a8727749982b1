"""The whole server under ThreadSanitizer: reads, writes, sign-ins, plans, sweeps, imports, reports, metrics and broken
connections at once, then SIGTERM in the middle of it. From the environment: SECONDS (6) of load, BUILD (build/tsan).

A build that counts without atomics must be reported."""
import glob
import os
import platform
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(ROOT, "build", "tsan"))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import canary  # noqa: E402
from canary import PASSWORD, main, test  # noqa: E402

THREADS = 12  # more than the readers, so that requests wait


# ---- the load, in a process of its own ----

def kinds(op):
    """What the threads do, each call as (weight, function of a random generator)."""
    from operation import MORNING, NOW, new_id  # pylint: disable=import-outside-toplevel
    stop, patient, order = f"/v1/deliveries/{op.own['dispatched']}", op.own["patient"], op.own["order:open"]

    def get(path, who="manager"):
        return lambda r: op.send("GET", path, who)

    def send(method, path, who, body, **headers):
        return lambda r: op.send(method, path, who, body(r), **headers)

    return [
        (6, get(f"/v1/orders?patient_id={patient}")), (6, get("/v1/deliveries", "driver")), (4, get("/v1/worklist")),
        (3, get("/v1/reports/delivery-errors?from=2026-03-01&to=2026-03-31&format=csv")), (3, get("/v1/audit")),
        (4, get(f"/v1/patients/{patient}/timeline", "rep")), (2, get("/metrics", "none")), (2, get("/readyz", "none")),
        (1, get("/openapi.json", "none")), (2, get("/v1/nothing")), (2, get("/v1/users", "rep")),
        (6, send("POST", f"/v1/orders/{order}/contacts", "rep", lambda r: {
            "id": new_id(), "at": NOW, "channel": "call", "outcome": "no_answer", "note": f"N {r.random()}"})),
        (5, send("PATCH", f"/v1/patients/{patient}", "rep", lambda r: {"access_notes": f"D {r.random()}"}, If_Match="*")),
        (4, send("POST", stop + "/failures", "driver", lambda r: op.failure_body())),
        (3, send("POST", stop + "/confirmations", "driver", lambda r: op.drop_body())),
        (3, send("POST", f"/v1/deliveries/{op.own['delivered']}/contests", "customer", lambda r: op.contest_body())),
        (3, send("POST", "/v1/customers", "admin", lambda r: {"code": f"T{r.random()}"[:20], "name": "T"},
                 Idempotency_Key=f"k{random.random()}")),
        (2, send("POST", "/v1/deliveries", "rep", lambda r: {
            "order_id": op.own["order:confirmed"], "date": "2026-03-31", "window": MORNING})),
        (1, send("POST", "/v1/plan", "manager", lambda r: {"through": "2026-06-01"})),
        (1, send("POST", "/v1/sweep", "manager", lambda r: None)),
        (1, send("POST", "/v1/imports/customers", "admin", lambda r: f"code,name\nI{r.random()},N\n",
                 Content_Type="text/csv")),
        (1, lambda r: op.call("POST", "/v1/login", {"email": op.address("rep"), "password": PASSWORD})),
        (1, lambda r: op.call("POST", "/v1/login", {"email": f"{r.random()}@example.org", "password": PASSWORD})),
        (2, lambda r: cut_off(op.port, r)),
    ]


def cut_off(port, r):
    """A connection that ends in the middle of a request, or says what no request may say."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(r.choice((b"GET /v1/me HT", b"POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{",
                              b"GET / HTTP/1.0\r\n\r\n", b"\0\r\n\r\n")))


def load(seconds):
    """Runs the load; the service must end by itself when told, and answer what it has begun."""
    from operation import Operation  # pylint: disable=import-outside-toplevel
    figures, lock, ends = {}, threading.Lock(), time.monotonic() + seconds
    with Operation("--sweep-every", "1s") as op:
        op.document = None  # what is answered is held against the document elsewhere
        todo = kinds(op)

        def client(seed):
            r = random.Random(seed)
            while True:
                call = r.choices(todo, [weight for weight, _ in todo])[0][1]
                try:
                    status = getattr(call(r), "status", "cut")
                except (OSError, AssertionError, canary.http.client.HTTPException):
                    if time.monotonic() > ends:
                        return
                    status = "gone"
                with lock:
                    figures[status] = figures.get(status, 0) + 1

        threads = [threading.Thread(target=client, args=(seed,)) for seed in range(THREADS)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        code = op.stop(signal.SIGTERM)
        for thread in threads:
            thread.join()
    print("answers by status:", dict(sorted(figures.items(), key=str)))
    done = sum(n for status, n in figures.items() if isinstance(status, int) and status < 300)
    assert done > 20, figures
    sys.exit(code)


# ---- the tests ----

def under_tsan(program, seconds):
    """The exit code and the reports of a server under load."""
    with tempfile.TemporaryDirectory(prefix="canary-tsan-") as folder:
        options = (f"log_path={folder}/report exitcode=66 halt_on_error=0 second_deadlock_stack=1 "
                   f"suppressions={HERE}/suppressions")
        fixed = ["setarch", platform.machine(), "-R"]  # an address space that the sanitizer knows
        ended = subprocess.run([*fixed, sys.executable, "-B", os.path.abspath(__file__), "load", str(seconds)],
                               env={**os.environ, "CANARY_BIN": program, "TSAN_OPTIONS": options}, timeout=seconds + 240,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
        reports = ""
        for path in glob.glob(folder + "/report*"):
            with open(path, encoding="utf-8", errors="replace") as file:
                reports += file.read()
        return ended, reports


@test
def tsan_finds_nothing_in_the_server():
    seconds = float(os.environ.get("SECONDS") or 6)
    ended, reports = under_tsan(os.path.join(BUILD, "canary"), seconds)
    print(f"tsan: {seconds:.0f} s of load, {reports.count('WARNING: ThreadSanitizer')} reports;",
          ended.stdout.strip()[-300:])
    assert not reports, reports[:6000]
    assert ended.returncode == 0, ended.stdout[-3000:]


@test
def tsan_a_racy_build_is_reported():
    _, reports = under_tsan(os.path.join(BUILD, "canary-racy"), 2)
    print(f"tsan: {reports.count('WARNING: ThreadSanitizer')} reports of the racy build")
    assert "data race" in reports, "a race that is known was not found"
    assert "db_writer.c" in reports, reports[:3000]


if sys.argv[1:2] == ["load"]:
    load(float(sys.argv[2]))
else:
    main()
