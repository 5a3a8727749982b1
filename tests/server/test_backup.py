"""Backup and restore: whole files beside a running service, and devices that repeat what a backup does not hold (P7)."""
import csv
import glob
import http.client
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sqlite3
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import (BIN, PASSWORD, ROOT, Server, environment, events, in_parallel, main, run, test,  # noqa: E402
                    until)
from ids import shown  # noqa: E402

TODAY = "2026-03-02"
BEFORE, ROUND, AGAIN, EVENING = (f"{TODAY}T{at}Z" for at in ("00:00:00", "01:00:00", "01:03:00", "12:00:00"))
WINDOW = {"from": "08:00", "to": "20:00"}
HOME = {"lat": -33.8912345, "lon": 151.2012345}
DRIVERS, DEVICES, PATIENTS, EACH = 4, 16, 100, 15
FIRST, DURING, AFTER = 100, 240, 1000  # answers before, at most during, and at least after the backup


def new_id():
    tail = uuid.uuid4().hex
    return f"019cac00-0000-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"


def rows(path, statement, *values):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return db.execute(statement, values).fetchall()
    finally:
        db.close()


def backup(db, path, *words):
    made = run("backup", path, "--db", db, *words)
    assert made.returncode == 0, made
    return made


def restore(path, db, *words, code=0):
    done = run("restore", path, "--db", db, *words)
    assert done.returncode == code, done
    return done


def destroy(db):
    """What a lost disk takes."""
    for end in ("", "-wal", "-shm", ".lock", ".backed-up"):
        if os.path.exists(db + end):
            os.unlink(db + end)


def said(done):
    return done.stdout + done.stderr


# ---- an operation whose vans are loaded ----

class Depot(Server):
    """A depot with PATIENTS × EACH orders, all but the last booked for today and on the road."""

    def __init__(self):
        super().__init__("--dev", "--plan-days=14", "--clock=" + BEFORE)
        self.ids, self.token = {}, {}
        self.make_catalogue()
        self.make_people()
        self.make_deliveries()
        self.stop()

    def at(self, instant):
        self.options = (*self.options[:2], "--clock=" + instant)
        self.start(login=False)

    def sign_in(self):
        names = [f"driver{i}" for i in range(DRIVERS)] + ["manager"]
        tokens = in_parallel(len(names), lambda i: self.login(names[i] + "@example.org", PASSWORD))
        self.token = dict(zip(names, tokens))

    def ask(self, method, path, body=None, who="manager", want=(200, 201), **headers):
        answer = self.call(method, path, body, token=self.admin if who == "admin" else self.token[who],
                           headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status in want, (method, path, answer)
        return answer.json

    def make_catalogue(self):
        def add(noun, **body):
            return self.ask("POST", "/v1/" + noun, body, "admin")["id"]
        self.ids["depot"] = add("depots", code="SYD", name="Sydney", timezone="Australia/Sydney")
        add("zones", depot_id=self.ids["depot"], code="IW", name="Inner West", weekdays=[1, 2, 3, 4, 5, 6, 7],
            windows=[{**WINDOW, "stops_max": 5000}], weight_max_g=9000000)
        self.ids["bag"] = add("products", code="BAG", name="Bag", base_unit="bag", units_per_box=5, box_weight_g=1000,
                              lot_tracked=True, critical=True, shelf_life_min_days=90)
        self.ids["cap"] = add("products", code="CAP", name="Cap", base_unit="cap", units_per_box=60, box_weight_g=100)
        add("customers", code="K", name="Clinic")

    def make_people(self):
        def make(i):
            name = f"driver{i}" if i < DRIVERS else "manager"
            return name, self.user(name + "@example.org", "driver" if i < DRIVERS else "manager")
        for name, (token, one) in in_parallel(DRIVERS + 1, make):
            self.token[name], self.ids[name] = token, one
        self.take("patients", "code,customer,zone,name,lat,lon,receivers,cycle_every,cycle_unit,cycle_anchor",
                  (f"P-{n},K,IW,Patient {n},{HOME['lat']},{HOME['lon']},A. Receiver/spouse,1,day,{TODAY}"
                   for n in range(PATIENTS)))
        self.take("prescriptions", "patient,product,effective_from,use_per_day",
                  (f"P-{n},{product},2026-01-01,4" for n in range(PATIENTS) for product in ("BAG", "CAP")))

    def take(self, kind, head, lines):
        self.ask("POST", "/v1/imports/" + kind, "\n".join([head, *lines]) + "\n", "admin", Content_Type="text/csv")

    def orders(self):
        found, after = [], ""
        while after is not None:
            page = self.ask("GET", "/v1/orders?limit=500" + (f"&after={after}" if after else ""))
            found, after = found + page["items"], page["next"]
        return found

    def make_deliveries(self):
        self.ask("POST", "/v1/plan", {"through": "2026-03-16"})
        orders = self.orders()
        assert len(orders) == PATIENTS * EACH, len(orders)
        by_patient = {}
        for order in orders:
            by_patient.setdefault(order["patient_id"], []).append(order["id"])
        patients = list(by_patient.values())

        def book(i):
            made = []
            for mine in patients[i::DEVICES]:
                self.ask("POST", f"/v1/orders/{mine[0]}/contacts", {
                    "id": new_id(), "at": BEFORE, "channel": "call", "outcome": "reached", "identity_checked": True})
                self.ask("PUT", f"/v1/orders/{mine[0]}/count", {"lines": [
                    {"product_id": self.ids[product], "on_hand": 8} for product in ("bag", "cap")]})
                made += [self.book(order, is_spare=mine is patients[0] and order == mine[-1]) for order in mine]
            return [one for one in made if one]
        self.stops = in_parallel(DEVICES, book)
        for driver in range(DRIVERS):
            self.make_run(driver, [stop for stops in self.stops[driver::DRIVERS] for stop in stops])

    def book(self, order, is_spare):
        self.ask("POST", f"/v1/orders/{order}/confirm", {"reason": "As agreed", "lines": [
            {"product_id": self.ids["bag"], "ordered": 5}, {"product_id": self.ids["cap"], "ordered": 60}]})
        if is_spare:  # its slots show what is left
            self.ids["spare"] = order
            return None
        return self.ask("POST", "/v1/deliveries", {"order_id": order, "date": TODAY, "window": WINDOW})["id"]

    def make_run(self, driver, stops):
        for first in range(0, len(stops), 200):
            made = self.ask("POST", "/v1/runs", {"depot_id": self.ids["depot"], "date": TODAY, "vehicle": "V",
                                                 "driver_id": self.ids[f"driver{driver}"]})
            self.ask("PUT", f"/v1/runs/{made['id']}/stops", {"delivery_ids": stops[first:first + 200]},
                     If_Match=f"\"{made['version']}\"")
            self.ask("POST", f"/v1/runs/{made['id']}/dispatch")

    def drop(self, number):
        """The body of a drop: every tenth lacks a bag, every seventh has one damaged."""
        short, damaged = number % 10 == 0, number % 7 == 0
        bag = {"product_id": self.ids["bag"], "lot": "24K11", "expiry": "2028-05-31"}
        return {"id": new_id(), "at": f"{TODAY}T00:{50 + number % 10}:{number % 60:02}.000Z",
                "received_by": {"name": "A. Receiver", "relation": "spouse"}, "location": {**HOME, "accuracy_m": 8},
                "evidence": [{"kind": "signature", "sha256": "ab" * 32}],
                "lines": [{**bag, "qty": 5 - short - damaged}, {"product_id": self.ids["cap"], "qty": 60}]
                + ([{**bag, "qty": 1, "condition": "damaged"}] if damaged else [])}


# ---- devices ----

class Event:
    def __init__(self, delivery, body):
        self.delivery, self.body, self.id = delivery, body, body["id"]
        self.answer = self.epoch = None


class Device:
    """A phone. It keeps an event until a backup holds it, and repeats all it keeps when the epoch is another
    one."""

    def __init__(self, depot, number):
        self.depot, self.who = depot, f"driver{number % DRIVERS}"
        self.waiting = [Event(stop, depot.drop(number + DEVICES * i)) for i, stop in enumerate(depot.stops[number])]
        self.kept, self.epoch = [], None

    def send(self, events):
        """Each event's result by its id, or None: then nobody knows."""
        body = {"events": [{**event.body, "type": "confirmation", "delivery_id": event.delivery} for event in events]}
        try:
            answer = self.depot.call("POST", "/v1/sync", body, token=self.depot.token[self.who])
        except (OSError, http.client.HTTPException, ValueError):
            return None
        if answer.status in (429, 503):
            return None
        assert answer.status == 200, answer
        assert all(result["status"] in ("new", "replay") for result in answer.json["results"]), answer
        self.look(answer.json)
        return {result["id"]: result for result in answer.json["results"]}

    def work(self, may_go_on):
        """Stop by stop; an event stands in memory before it is sent."""
        while self.waiting and may_go_on():
            event = self.waiting.pop(0)
            self.kept.append(event)
            answer = self.send([event])
            if answer is None:
                return
            event.answer, event.epoch = answer[event.id], self.epoch

    def look(self, told=None):
        """Which epoch this is and what a backup holds: told with each answer, or asked for."""
        told = told or self.depot.ask("GET", "/v1/installation", who=self.who)
        self.epoch = told["epoch"]
        self.kept = [event for event in self.kept if event.answer is None or event.epoch != self.epoch
                     or event.answer["seq"] > told["backed_up_seq"]]
        return told

    def repeat(self):
        """Everything that is kept, in whatever order; what was answered before must be answered so again."""
        wrong, again = [], random.sample(self.kept, len(self.kept))
        for first in range(0, len(again), 20):
            some = again[first:first + 20]
            answers = self.send(some)
            for event in some:
                if event.answer and plain(answers[event.id]) != plain(event.answer):
                    wrong.append((event.answer, answers[event.id]))
                event.answer, event.epoch = answers[event.id], self.epoch
        return wrong


def plain(answer):
    """What an answer says, without the instants and ids that the server makes when it is asked, or their order."""
    if isinstance(answer, list):
        return sorted((plain(one) for one in answer), key=json.dumps)
    if not isinstance(answer, dict):
        return answer
    made = ("received_at", "detected_at", "clock_skew_s", "seq", "index", "status") + (("id",) if "detected_at" in answer else ())
    return {key: plain(value) for key, value in answer.items() if key not in made}


# ---- the drill ----

class Drill:
    """Devices confirm; meanwhile a backup; then many more confirmations; then the disk is gone."""

    def __init__(self, depot, file):
        self.depot, self.file = depot, file
        self.devices = [Device(depot, number) for number in range(DEVICES)]
        self.events = [event for device in self.devices for event in device.waiting]
        self.allowed, self.lock, self.started = FIRST, threading.Lock(), 0
        self.is_over = False

    def answered(self):
        return sum(1 for event in self.events if event.answer)

    def may_go_on(self):
        while not self.is_over:
            with self.lock:
                if self.started < self.allowed:
                    self.started += 1
                    return True
            time.sleep(0.002)
        return False

    def back_up(self):
        """At most DURING answers are given meanwhile, so that there are enough left for afterwards."""
        until(lambda: self.answered() >= FIRST, 60)
        self.allowed = FIRST + DURING
        made = backup(self.depot.db, self.file)
        during = self.answered() - FIRST
        assert during > 0, "nothing was confirmed during the backup"
        return during, said(made)

    def watermark(self):
        return self.depot.ask("GET", "/v1/installation")["backed_up_seq"]

    def until_destroyed(self):
        depot = self.depot
        threads = [threading.Thread(target=device.work, args=(self.may_go_on,)) for device in self.devices]
        for device in self.devices:
            device.look()
        for thread in threads:
            thread.start()
        self.back_up()
        until(lambda: self.watermark() > 0)
        before = self.answered()
        self.allowed = len(self.events) - 40
        until(lambda: self.answered() >= before + AFTER - DEVICES, 120)
        for device in self.devices:  # the phones learn what they may forget while they work
            device.look()
        until(lambda: self.answered() >= before + AFTER, 120)
        self.is_careful = [[event for event in device.kept if event.answer is None] for device in self.devices]
        depot.process.kill()
        depot.process.wait()
        depot.process.stdout.close()
        depot.process = None
        self.is_over = True
        for thread in threads:
            thread.join()
        return self.answered() - before


def faults(depot, events):
    """Events that were answered and are not there, and what is there more than once."""
    there = {}
    for one, count in rows(depot.db, "SELECT id, COUNT(*) FROM field_event GROUP BY id"):
        there[shown(one)] = count
    per_delivery = rows(depot.db, "SELECT COUNT(*) FROM field_event GROUP BY delivery_id HAVING COUNT(*) > 1")
    delivered = {shown(one) for (one,) in
                 rows(depot.db, "SELECT id FROM delivery WHERE state = 'delivered'")}
    lost = [event.id for event in events
            if event.answer and (event.id not in there or event.delivery not in delivered)]
    return lost, len(per_delivery)


def figures(depot):
    ended = run("report", "delivery-errors", "--db", depot.db, "--from", TODAY, "--to", TODAY, "--dev",
                "--clock", EVENING)
    assert ended.returncode == 0, ended
    total = list(csv.DictReader(io.StringIO(ended.stdout)))[-1]
    return {name: int(total[name]) for name in ("due", "on_time", "in_full", "units_authorised", "units_accepted")}


def expected(events):
    """By the bodies alone: the short and the damaged are short of a unit each."""
    ok = [sum(line["qty"] for line in event.body["lines"] if line.get("condition", "ok") == "ok") for event in events]
    return {"due": len(events), "on_time": len(events), "in_full": sum(1 for units in ok if units == 65),
            "units_authorised": 65 * len(events), "units_accepted": sum(ok)}


def slots(depot):
    return depot.ask("GET", f"/v1/orders/{depot.ids['spare']}/slots?from={TODAY}&to={TODAY}")["items"]


@test
def p7_what_a_backup_does_not_hold_is_replayed():
    with Depot() as depot:
        depot.at(ROUND)
        depot.sign_in()
        room = slots(depot)
        drill = Drill(depot, os.path.join(depot.folder, "kept.backup"))
        after = drill.until_destroyed()
        assert after >= AFTER, after
        acknowledged = [event for event in drill.events if event.answer]
        old = drill.devices[0].epoch
        (covered,), = rows(drill.file, "SELECT MAX(seq) FROM audit_event")
        kept = sum(len(device.kept) for device in drill.devices)
        assert kept < len(acknowledged), "no device forgot what the backup holds"
        destroy(depot.db)
        restore(drill.file, depot.db)
        careless(drill)

        depot.at(AGAIN)
        depot.sign_in()
        for device in drill.devices:
            told = device.look()
            assert told["epoch"] != old and told["restored_epoch"] == old, told
            assert told["restored_seq"] == told["backed_up_seq"] == covered, (told, covered)
        lost, _ = faults(depot, drill.events)
        assert len(lost) >= AFTER, len(lost)  # what the disk took
        wrong = [one for some in in_parallel(DEVICES, lambda i: drill.devices[i].repeat()) for one in some]
        assert not wrong, (len(wrong), wrong[0])
        assert faults(depot, drill.events) == ([], 0)
        assert all(event.answer for device in drill.devices for event in device.kept)

        drill.is_over, drill.allowed = False, len(drill.events)
        in_parallel(DEVICES, lambda i: drill.devices[i].work(drill.may_go_on))
        assert drill.answered() == len(drill.events)
        assert faults(depot, drill.events) == ([], 0)
        assert figures(depot) == expected(drill.events)
        assert slots(depot) == room
        ended = run("audit", "verify", "--db", depot.db)
        assert ended.returncode == 0 and " 0 findings" in ended.stdout, ended


def careless(drill):
    """The known-bad: phones that forgot what was answered. The check must count what they lost."""
    depot, whole = drill.depot, drill.depot.db
    depot.db = os.path.join(depot.folder, "careless.db")
    try:
        shutil.copy(whole + ".key", depot.db + ".key")
        restore(drill.file, depot.db)
        depot.at(AGAIN)
        depot.sign_in()
        for device, kept in zip(drill.devices, drill.is_careful):
            for event in kept:
                assert device.send([event])
        lost, doubled = faults(depot, drill.events)
        assert len(lost) >= AFTER - DEVICES and doubled == 0, (len(lost), doubled)
        depot.stop()
    finally:
        depot.db = whole


# ---- a small operation: its database is made once ----

class Small(Server):
    """Some months of a small depot, not served yet; its admin is admin@canary.example."""

    made = None

    def __init__(self, start=False):
        folder = tempfile.mkdtemp(prefix="canary-test-")
        for end in ("", ".key"):
            shutil.copy(self.original() + end, os.path.join(folder, "canary.db" + end))
        super().__init__(folder=folder, start=False)
        self.own_folder = True
        self.file = os.path.join(folder, "kept.backup")
        if start:
            self.start(login=False)

    @classmethod
    def original(cls):
        if not cls.made:
            cls.made = os.path.join(tempfile.mkdtemp(prefix="canary-backup-"), "small.db")
            made = subprocess.run([os.path.join(os.path.dirname(BIN), "canary-seed"), "--db", cls.made, "--patients",
                                   "60", "--months", "3"], env=environment(), check=False, timeout=300,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert made.returncode == 0, made
        return cls.made

    def digest(self):
        """What is in the database, row by row; None: there is none."""
        if not os.path.exists(self.db):
            return None
        return content(self.db)

    def other(self):
        """The place of another database, with the key in it."""
        shutil.copy(self.db + ".key", os.path.join(self.folder, "other.db.key"))
        return os.path.join(self.folder, "other.db")

    def beside(self):
        return sorted(os.listdir(self.folder))


def content(path, but=()):
    """Every row of every table that is not in `but`."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        return {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
                for name in tables if name not in but}
    finally:
        db.close()


def installation(path):
    """epoch, restored_epoch, restored_seq, backed_up_seq"""
    return rows(path, "SELECT epoch, restored_epoch, restored_seq, backed_up_seq FROM installation")[0]


# ---- the file ----

@test
def a_backup_holds_everything_and_nobody_else_may_read_it():
    with Small() as small:
        before = small.digest()
        made = backup(small.db, small.file)
        assert "audit events up to" in made.stdout and not made.stderr, made
        assert os.stat(small.file).st_mode & 0o777 == 0o600
        assert content(small.file) == before and small.digest() == before
        assert [name for name in small.beside() if name.startswith("kept")] == ["kept.backup"], small.beside()


@test
def a_backup_is_refused_where_something_is():
    with Small() as small:
        backup(small.db, small.file)
        with open(small.file, "rb") as file:
            before = file.read()
        again = run("backup", small.file, "--db", small.db)
        assert again.returncode == 1 and "--force" in again.stderr, again
        with open(small.file, "rb") as file:
            assert file.read() == before
        backup(small.db, small.file, "--force")
        for own in ("", "-wal", "-shm", ".key", ".lock", ".backed-up"):
            again = run("backup", small.db + own, "--db", small.db, "--force")
            assert again.returncode == 1 and "belongs to the database" in again.stderr, (own, again)
        again = run("backup", os.path.join(small.folder, "nowhere", "x"), "--db", small.db)
        assert again.returncode == 1 and "make it first" in again.stderr, again
        again = run("backup", small.folder, "--db", small.db)
        assert again.returncode == 1 and again.stderr, again


@test
def a_backup_killed_at_any_moment_leaves_a_whole_file_or_none():
    with Small(start=True) as small:
        began = time.monotonic()
        backup(small.db, small.file)
        took, seen = time.monotonic() - began, {True: 0, False: 0}
        rng, other = random.Random(7), small.other()
        for i in range(10):
            os.unlink(small.file)
            process = subprocess.Popen([BIN, "backup", small.file, "--db", small.db], env=environment(),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if i:  # the first ends by itself
                time.sleep(took * rng.random() * 1.1)
                process.kill()
            process.communicate()
            there = os.path.exists(small.file)
            seen[there] += 1
            if there:
                restore(small.file, other)
                destroy(other)
            else:
                open(small.file, "wb").close()
        assert seen[True] and seen[False], seen
        os.unlink(small.file)
        backup(small.db, small.file)  # whatever was left behind
        restore(small.file, other)


def on_a_small_disk(small, work):
    """work(folder) where there is less room than the database needs: a file system of 1 MB, or a limit of files."""
    folder = os.path.join(small.folder, "disk")
    os.mkdir(folder)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    try:
        work(folder, None if mounted else limit_files)
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


@test
def a_full_disk_leaves_nothing_and_is_said():
    with Small() as small:
        before = small.digest()

        def work(folder, limit):
            file = os.path.join(folder, "kept.backup")
            ended = subprocess.run([BIN, "backup", file, "--db", small.db], env=environment(), preexec_fn=limit,
                                   check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
            assert ended.returncode == 1 and ("disk is full" in ended.stderr or limit), ended
            assert os.listdir(folder) == [], os.listdir(folder)
            backup(small.db, small.file)
            db = os.path.join(folder, "canary.db")
            ended = subprocess.run([BIN, "restore", small.file, "--db", db], env=environment(), preexec_fn=limit,
                                   check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
            assert ended.returncode == 1 and "disk is full" in ended.stderr, ended
            assert os.listdir(folder) == ["canary.db.lock"], os.listdir(folder)
        on_a_small_disk(small, work)
        assert small.digest() == before
        assert not os.path.exists(small.db + ".part")


# ---- restore ----

@test
def a_damaged_backup_is_refused_and_nothing_is_touched():
    with Small() as small:
        backup(small.db, small.file)
        with open(small.file, "rb") as file:
            whole = file.read()
        damaged, other = os.path.join(small.folder, "damaged"), small.other()
        rng = random.Random(11)
        places = [rng.randrange(len(whole) - 512) for _ in range(12)] + [len(whole) - at for at in (500, 430, 1)]
        broken = [whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1:] for at in places]
        broken += [whole[:len(whole) // 2], whole[:-1], whole[:-512 - 4096], whole[:len(whole) // 8192 * 4096], b"", b"x" * 9000,
                   whole + b" "]
        for number, bad in enumerate(broken):
            with open(damaged, "wb") as file:
                file.write(bad)
            refused = restore(damaged, other, code=1)
            assert refused.stderr and "Nothing was changed" in refused.stderr, (number, refused)
            refused = restore(damaged, small.db, "--force", code=1)
            assert not [name for name in small.beside() if "before" in name or name.startswith("other.db.part")
                        or name.startswith("canary.db.part") or name == "other.db"], (number, small.beside())
        refused = restore(os.path.join(small.folder, "none"), other, code=1)
        assert "cannot be read" in refused.stderr, refused


@test
def a_copy_without_a_seal_is_taken_when_all_that_can_be_checked_is_right():
    with Small() as small:
        backup(small.db, small.file)
        with open(small.file, "rb") as file:
            whole = file.read()[:-512]
        bare, other = os.path.join(small.folder, "bare"), small.other()
        with open(bare, "wb") as file:
            file.write(whole)
        taken = restore(bare, other, code=3)
        assert "no seal" in taken.stdout, taken
        db = sqlite3.connect(bare)
        db.execute("DROP TRIGGER audit_entry_no_update")
        db.execute("UPDATE audit_entry SET change = '{}' WHERE seq = 40")
        db.commit()
        db.close()
        destroy(other)
        refused = restore(bare, other, code=1)
        assert "40" in refused.stderr and not os.path.exists(other), refused


@test
def a_restore_is_another_epoch_of_the_same_rows():
    with Small(start=True) as small:
        backup(small.db, small.file)
        until(lambda: installation(small.db)[3] > 0)
        old = installation(small.db)
        held = restore(small.file, small.db, "--force", code=1)
        assert "a service is running" in held.stderr, held
        small.stop()
        there = restore(small.file, small.db, code=1)
        assert "--force" in there.stderr and "Nothing was changed" in there.stderr, there
        before = small.digest()
        done = restore(small.file, small.db, "--force")
        aside, = [name for name in small.beside() if ".before-" in name and not name.endswith(("-wal", "-shm"))]
        assert aside in done.stdout, done
        assert content(os.path.join(small.folder, aside)) == before
        changing = ("installation", "audit_entry", "session", "audit_node", "id_writer")
        assert content(small.db, changing) == content(small.file, changing)
        (last,), = rows(small.file, "SELECT MAX(seq) FROM audit_event")
        epoch, restored_epoch, restored_seq, backed_up_seq = installation(small.db)
        assert epoch != old[0] and (restored_epoch, restored_seq, backed_up_seq) == (old[0], last, last)
        events = "SELECT * FROM audit_event WHERE seq <= ? ORDER BY seq"
        assert rows(small.db, events, last) == rows(small.file, events, last)
        added = rows(small.db, "SELECT action FROM audit_event WHERE seq > ?", last)
        assert added == [("installation.restore",)], added
        assert rows(small.db, "SELECT COUNT(*) FROM session") == [(0,)]
        assert run("audit", "verify", "--db", small.db).returncode == 0
        restore(small.file, small.db, "--force")
        assert installation(small.db)[0] not in (epoch, old[0])
        small.start(login=False)  # and it serves
        small.login("admin@canary.example", "canary-demo")


@test
def the_last_backup_is_asked_for():
    with Small() as small:
        backup(small.db, small.file)
        add = run("user", "add", "--db", small.db, "--email", "late@example.org", "--role", "rep", "--password-file",
                  small.password_file())
        assert add.returncode == 0, add
        second = os.path.join(small.folder, "second.backup")
        backup(small.db, second)
        os.unlink(small.db)
        refused = restore(small.file, small.db, code=1)
        assert "--older" in refused.stderr and not os.path.exists(small.db), refused
        restore(second, small.db)
        assert rows(small.db, "SELECT COUNT(*) FROM user_account WHERE email = 'late@example.org'") == [(1,)]
        restore(small.file, small.db, "--older", "--force")


@test
def a_key_that_was_lost_with_the_disk_is_said():
    with Server(start=False) as server:
        file = os.path.join(server.folder, "kept.backup")
        backup(server.db, file)
        destroy(server.db)
        done = restore(file, server.db)
        assert "rotate-key" not in said(done), done
        assert run("audit", "head", "--db", server.db).returncode == 0
        destroy(server.db)
        os.unlink(server.db + ".key")
        done = restore(file, server.db, code=3)
        assert "canary audit rotate-key" in said(done), done
        assert run("audit", "head", "--db", server.db).returncode == 1
        assert run("audit", "rotate-key", "--db", server.db).returncode == 0
        assert run("audit", "head", "--db", server.db).returncode == 0


def schema_until(path, last):
    """A database as the program made it whose newest schema file was `last` from the end."""
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT")
    for file in sorted(glob.glob(os.path.join(ROOT, "schema", "*.sql")))[:last]:
        with open(file, encoding="utf-8") as text:
            db.executescript(text.read())
        name = os.path.basename(file)[:-len(".sql")]
        db.execute("INSERT INTO schema_migration (number, name, at) VALUES (?, ?, 0)", (int(name[:4]), name))
    db.commit()
    db.close()


@test
def an_older_programs_backup_is_restored_when_told_and_a_newer_ones_never():
    with Server(start=False) as server:
        old, new, other = (os.path.join(server.folder, name) for name in ("old", "new", "other.db"))
        schema_until(old, 4)  # from before there were epochs
        refused = restore(old, other, code=1)
        assert "--migrate" in refused.stderr and not os.path.exists(other), refused
        restore(old, other, "--migrate", code=3)  # it has no seal
        assert installation(other)[1] is not None
        assert run("audit", "verify", "--db", other).returncode == 0
        backup(server.db, new)
        with open(new, "rb+") as file:
            file.truncate(os.path.getsize(new) - 512)
        db = sqlite3.connect(new)
        db.execute("UPDATE schema_migration SET number = 9999 WHERE number = (SELECT MAX(number) FROM schema_migration)")
        db.commit()
        db.close()
        refused = restore(new, server.db, "--force", "--migrate", code=1)
        assert "newer program" in refused.stderr, refused


# ---- what the service believes ----

@test
def a_note_is_believed_only_of_this_database():
    with Small(start=True) as small:
        backup(small.db, small.file)
        until(lambda: installation(small.db)[3] > 0)
        seq = installation(small.db)[3]
        with open(small.db + ".backed-up", encoding="utf-8") as file:
            note = json.load(file)
        assert note["seq"] == seq, (note, seq)
        small.login("admin@canary.example", "canary-demo")  # an event more
        (leaf,), = rows(small.db, "SELECT leaf_hash FROM audit_event WHERE seq = ?", seq + 1)
        good = {**note, "seq": seq + 1, "leaf_hash": leaf.hex()}
        for bad in ({**good, "epoch": new_id()}, {**good, "leaf_hash": "00" * 32}, {**good, "seq": seq + 1000},
                    {**good, "more": 1}, "garbage", ""):
            with open(small.db + ".new", "w", encoding="utf-8") as file:
                file.write(bad if isinstance(bad, str) else json.dumps(bad))
            os.rename(small.db + ".new", small.db + ".backed-up")
            time.sleep(2.3)
            assert installation(small.db)[3] == seq, bad
        with open(small.db + ".backed-up", "w", encoding="utf-8") as file:
            json.dump(good, file)
        until(lambda: installation(small.db)[3] == seq + 1)
        actions = [event["action"] for event in events(small.db) if event["entity"] == "installation"]
        assert actions == ["installation.begin"] + ["installation.backup"] * 2, actions


# ---- what the documents say ----

DOCUMENT = """canary backup kept.backup --db canary.db
rm canary.db canary.db-wal canary.db-shm
canary restore kept.backup --db canary.db
canary audit verify --db canary.db
"""


@test
def the_commands_of_the_documents_work_as_they_stand():
    with Small(start=True) as small:
        tools = os.path.join(small.folder, "bin")
        os.mkdir(tools)
        os.symlink(BIN, os.path.join(tools, "canary"))
        small.stop(signal.SIGKILL)
        ended = subprocess.run(["sh", "-e", "-c", DOCUMENT], cwd=small.folder, check=False, encoding="utf-8",
                               env=environment(PATH=tools + ":" + os.environ["PATH"]), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        assert ended.returncode == 0 and not ended.stderr, ended
        assert "checked and sealed" in ended.stdout and "its epoch is" in ended.stdout, ended
        assert " 0 findings" in ended.stdout, ended
        for verb in ("backup", "restore"):
            words = run("help", verb)
            assert words.returncode == 0 and f"canary {verb} /backups/" in words.stdout, words


main()
