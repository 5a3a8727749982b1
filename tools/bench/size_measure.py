"""Measures the real server on a database that canary-volume has made. The database is changed by it."""
import datetime
import http.client
import json
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from ids import shown  # noqa: E402

PASSWORD = "canary-demo"
TIMES = 9       # of each read; the median counts
AHEAD_DAYS = 29  # the second server's clock: what was booked or planned for these days is overdue
DRIVERS = 8


class Server:
    """The program on a database; its log lines say what its clockwork took."""

    def __init__(self, program, db, *options):
        self.log_path = db + ".log"
        began = time.monotonic()
        with open(self.log_path, "wb") as log:
            words = [program, "serve", "--db", db, "--listen", "127.0.0.1:0", "--log-level", "debug", *options]
            kept = {key: value for key, value in os.environ.items() if not key.startswith("CANARY_")}
            self.process = subprocess.Popen(words, env=kept, stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
        line = self.process.stdout.readline()
        if ":" not in line:
            raise SystemExit(f"the server did not start: see {self.log_path}")
        self.port = int(line.rsplit(":", 1)[1])
        while self.call("GET", "/readyz", None, check=False)[0] != 200:
            time.sleep(0.002)
        self.ready_ms = (time.monotonic() - began) * 1e3

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def call(self, method, path, token, body=None, check=True, connection=None):
        """Status, answer and milliseconds."""
        own = connection or self.connection()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        began = time.monotonic()
        own.request(method, path, None if body is None else json.dumps(body), headers)
        response = own.getresponse()
        raw = response.read()
        took = (time.monotonic() - began) * 1e3
        if not connection:
            own.close()
        if check and response.status not in (200, 201):
            raise SystemExit(f"{method} {path}: {response.status} {raw[:500]!r}")
        return response.status, raw, took

    def sign_in(self, name):
        body = {"email": f"{name}@canary.example", "password": PASSWORD}
        return json.loads(self.call("POST", "/v1/login", None, body)[1])["token"]

    def clockwork(self, name):
        """Of each group so far: what it left, and its microseconds on the writer's thread, with the commit."""
        with open(self.log_path, encoding="utf-8") as log:
            rows = [json.loads(line) for line in log if '"event":"clockwork"' in line and line[-1] == "\n"]
        return [(int(row["left"]), int(row["writer_us"])) for row in rows if row["name"] == name]

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1024

    def stop(self):
        peak = self.peak_mib()
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(120) != 0:
            raise SystemExit("the server did not end well")
        return peak


def ask(db, sql, *args):
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True) as connection:
        return connection.execute(sql, args).fetchall()


def day(number):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=number)).isoformat()


# ---- reads ----

def median_of(server, token, paths):
    """None: it takes longer than the server lets a read take."""
    connection, times = server.connection(), []
    for path in paths:
        status, _, took = server.call("GET", path, token, check=False, connection=connection)
        if status != 200:
            print(f"  {path}: answered {status} after {took:.0f} ms")
            return None
        times.append(took)
    connection.close()
    return statistics.median(times)


def pick(db, sql, *args, n=TIMES):
    return [shown(row[0]) for row in ask(db, sql, *args)][:n]


def reads(server, db, today):
    manager, rep = server.sign_in("manager"), server.sign_in("rep-00000")
    year = f"from={day(today - 365)}&to={day(today - 1)}"
    customers = pick(db, "SELECT id FROM customer ORDER BY code")
    depots = pick(db, "SELECT id FROM depot ORDER BY code")
    first = ask(db, "SELECT MIN(date) FROM delivery")[0][0]
    step = max(1, (today - 1 - first) // TIMES)
    deliveries = [pick(db, "SELECT id FROM delivery WHERE date = ? LIMIT 1", first + i * step, n=1)[0]
                  for i in range(TIMES)]
    orders = pick(db, "SELECT id FROM patient_order WHERE state = 'open' ORDER BY due_date LIMIT 9")
    report = "/v1/reports/delivery-errors?group_by=customer&" + year
    return {
        "report_customer": median_of(server, manager, [f"{report}&customer_id={id}" for id in customers]),
        "report_all": median_of(server, manager, [report] * 3),
        "errors": median_of(server, manager, [f"/v1/discrepancies?customer_id={id}" for id in customers]),
        "worklist_depot": median_of(server, rep, [f"/v1/worklist?date={day(today)}&depot_id={depots[i % len(depots)]}"
                                                  for i in range(TIMES)]),
        "worklist": median_of(server, rep, [f"/v1/worklist?date={day(today)}"] * TIMES),
        "slots": median_of(server, rep, [f"/v1/orders/{id}/slots" for id in orders]),
        "delivery": median_of(server, manager, [f"/v1/deliveries/{id}" for id in deliveries]),
    }


def recalls(server, db, today):
    """Lots of last month: as many homes as a depot serves in a week take of a product."""
    manager = server.sign_in("manager")
    lots = ask(db, "SELECT l.product_id, l.lot FROM delivery d JOIN field_event e ON e.id = d.event_id "
                   "JOIN field_event_line l ON l.own_id = e.own_id WHERE d.date = ? AND l.condition = 'ok' GROUP BY l.product_id, l.lot LIMIT 9", today - 30)
    said, homes = [], []
    for product, lot in lots:
        body = {"product_id": shown(product), "lot": lot, "reason": "measured"}
        _, raw, took = server.call("POST", "/v1/recalls", manager, body)
        said.append(took)
        homes.append(server.call("GET", f"/v1/recalls/{json.loads(raw)['id']}/affected", manager)[2])
    return {"recall_add": statistics.median(said), "recall": statistics.median(homes)}


# ---- writes by the clock, and drops beside them ----

def body_of(db, delivery, now):
    lines = [{"product_id": shown(product), "qty": units, "lot": "24K11G40", "expiry": "2029-05-28", "scanned": True}
             for product, units in ask(db, "SELECT o.product_id, o.authorised FROM delivery d JOIN order_line o "
                                           "ON o.order_id = d.order_id WHERE d.id = ?", delivery)]
    moment = now.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": str(uuid.uuid4()), "at": moment, "received_by": {"name": "Robin Example", "relation": "partner"},
            "lines": lines, "evidence": [{"kind": "signature", "sha256": os.urandom(32).hex()}]}


def drive(server, token, bodies, times, ended):
    connection = server.connection()
    for delivery, body in bodies:
        if ended.is_set():
            break
        times.append(server.call("POST", f"/v1/deliveries/{delivery}/confirmations", token, body,
                                 connection=connection)[2])
        time.sleep(0.05)
    connection.close()


def stops_of_drivers(db, now):
    rows = ask(db, "SELECT u.name, d.id FROM delivery d JOIN run r ON r.id = d.run_id JOIN user_account u "
                   "ON u.id = r.driver_id WHERE d.state = 'dispatched' ORDER BY u.name, d.stop")
    drivers = {}
    for name, delivery in rows:
        if name in drivers or len(drivers) < DRIVERS:
            drivers.setdefault(name, []).append((shown(delivery), body_of(db, delivery, now)))
    return drivers


def wait_for(server, name, most_s):
    """Until a group of that name has left nothing."""
    until = time.monotonic() + most_s
    while time.monotonic() < until:
        rows = server.clockwork(name)
        if rows and rows[-1][0] == 0:
            return rows
        time.sleep(0.5)
    return server.clockwork(name)


def writes(program, db, today, most_s):
    now = datetime.datetime.fromtimestamp((today + AHEAD_DAYS) * 86400 + 43200, datetime.timezone.utc)
    drivers = stops_of_drivers(db, now)
    overdue, = ask(db, "SELECT COUNT(*) FROM commitment WHERE sweep_at <= ? AND known_until = 9223372036854775807",
                   int(now.timestamp() * 1000))[0]
    had, = ask(db, "SELECT COUNT(*) FROM patient_order")[0]
    server = Server(program, db, "--dev", "--clock", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    tokens = {name: server.sign_in(name) for name in drivers}
    times, ended = [], threading.Event()
    threads = [threading.Thread(target=drive, args=(server, tokens[name], bodies, times, ended))
               for name, bodies in drivers.items()]
    for thread in threads:
        thread.start()
    swept = wait_for(server, "sweep", most_s)
    planned = wait_for(server, "plan", most_s)
    ended.set()
    for thread in threads:
        thread.join()
    opened = ask(db, "SELECT COUNT(*) FROM patient_order")[0][0] - had
    peak = server.stop()
    times.sort()
    sweep_us, plan_us = [us for _, us in swept], [us for _, us in planned]
    print(f"  sweep: {overdue} overdue in {len(swept)} groups, {sum(sweep_us) / 1e6:.1f} s; plan: {opened} orders in "
          f"{len(planned)} groups, {sum(plan_us) / 1e6:.1f} s; {len(times)} drops")
    return {
        "sweep": sum(sweep_us) / 1e6 / max(1, overdue) * 100000, "sweep_group": max(sweep_us) / 1e3,
        "plan": sum(plan_us) / 1e6 / max(1, opened) * 1000000, "plan_group": max(plan_us) / 1e3,
        "drop_p50": times[len(times) // 2], "drop_p99": times[int(len(times) * 0.99)], "rss": peak,
        "ready_later": server.ready_ms,
    }


def run(program, db, most_s=240):
    server = Server(program, db)
    today = int(time.time() // 86400)
    measures = {"ready": server.ready_ms}
    wait_for(server, "plan", most_s)
    wait_for(server, "call", most_s)
    measures |= reads(server, db, today)
    measures |= recalls(server, db, today)
    peak = server.stop()
    measures |= writes(program, db, today, most_s)
    measures["rss"] = max(peak, measures["rss"])
    return measures
