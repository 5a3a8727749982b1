"""A database of years that canary-volume writes directly is one that the program could have written."""
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
import xml.dom.minidom
from collections import Counter
from datetime import date, timedelta

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import BIN, ROOT, environment, events, main, run, test  # noqa: E402
from ids import shown, whole  # noqa: E402

sys.path.insert(0, os.path.join(ROOT, "tools", "bench"))
import size_disk  # noqa: E402
import size_plot  # noqa: E402
import size_table  # noqa: E402

VOLUME = os.path.join(os.path.dirname(BIN), "canary-volume")
UNTIL = "2026-11-20"


def volume(*words):
    return subprocess.run([VOLUME, *words], env=environment(), timeout=300, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", check=False)


class Made:
    """A database of that many deliveries, in a folder of its own."""

    def __init__(self, *words, until=UNTIL):
        self.folder = tempfile.mkdtemp(prefix="canary-volume-")
        self.path = os.path.join(self.folder, "volume.db")
        made = volume("--db", self.path, "--until", until, *words)
        assert made.returncode == 0, made

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, sql):
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as db:
            return db.execute(sql).fetchall()

    def count(self, sql):
        return self.ask(sql)[0][0]


@test
def help_and_wrong_usage():
    assert "--deliveries" in volume("--help").stdout
    for words in ([], ["--db"], ["--db", "x.db", "--deliveries", "none"], ["--db", "x.db", "--until", "now"],
                  ["--db", "x.db", "more"], ["--db", "x.db", "--deliveries", "0"]):
        refused = volume(*words)
        assert refused.returncode == 2 and refused.stderr, (words, refused)
    with Made("--deliveries", "1") as made:
        again = volume("--db", made.path)
        assert again.returncode == 1 and "exists" in again.stderr, again


@test
def the_log_and_the_rows_are_as_the_verification_wants_them():
    # a day in which not every order is there; one depot and several; faults of every kind; a patient a day
    for words in (["--deliveries", "300"], ["--deliveries", "701", "--patients", "60", "--seed", "5"],
                  ["--deliveries", "2500", "--patients", "8100", "--seed", "2", "--late-indexes"]):
        with Made(*words) as made:
            verified = run("audit", "verify", "--db", made.path, timeout=300)
            assert verified.returncode == 0 and " 0 findings" in verified.stdout, (words, verified)
            assert made.ask("PRAGMA integrity_check") == [("ok",)], words
            assert made.ask("PRAGMA foreign_key_check") == [], words
            assert made.count("SELECT COUNT(*) FROM delivery") == int(words[1]), words
            last = date.fromisoformat(UNTIL) - date(1970, 1, 1) - timedelta(days=1)  # Iceland has no other day than UTC
            assert made.count("SELECT through FROM figure_state") == last.days, words


@test
def every_delivery_has_all_that_it_has_in_reality():
    with Made("--deliveries", "1500", "--patients", "30") as made:
        delivered = made.count("SELECT COUNT(*) FROM delivery WHERE state = 'delivered'")
        assert delivered > 1480, delivered
        for table, each in (("field_event", 1), ("evidence", 0.99), ("run_stop", 1)):
            rows = made.count(f"SELECT COUNT(*) FROM {table}")
            assert each * delivered <= rows <= delivered + 2, (table, rows, delivered)
        assert made.count("SELECT COUNT(*) FROM order_line") == 6 * 1500
        actions = Counter(event["action"] for event in events(made.path))
        for action in ("order.contact", "order.count", "order.confirm", "delivery.book"):
            assert actions[action] == 1500, actions
        assert actions["delivery.confirm"] == delivered and actions["order.plan"] == 1500 + 30, actions
        kinds = {kind for kind, in made.ask("SELECT DISTINCT kind FROM discrepancy")}
        assert kinds == {"late", "missed", "short", "damaged", "no_proof"}, kinds
        faults = made.count("SELECT COUNT(DISTINCT order_id) FROM discrepancy")
        assert 0.02 * 1500 < faults < 0.07 * 1500, faults


@test
def the_whole_log_is_printed_whether_packed_or_not():
    with Made("--deliveries", "300") as made:
        size = made.count("SELECT MAX(seq) FROM audit_entry")
        packed = 256 * made.count("SELECT COUNT(*) FROM audit_block")
        assert size > packed > size / 2, (size, packed)
        assert made.count("SELECT MIN(seq) FROM audit_entry") == packed + 1
        assert made.count("SELECT MAX(number) + 1 FROM audit_block") == packed / 256, "a block is missing"
        log = events(made.path)
        assert [event["seq"] for event in log] == list(range(1, size + 1))
        assert all(event["leaf_hash"] and event["action"] and event["entity_id"] for event in log)
        last = run("audit", "events", str(packed - 1), "--db", made.path).stdout.splitlines()
        assert [json.loads(line) for line in last] == log[packed - 1:]
        assert run("audit", "events", str(size), "--db", made.path).stdout == ""
        with open("/dev/full", "w", encoding="utf-8") as full:
            lost = subprocess.run([BIN, "audit", "events", "--db", made.path], env=environment(), stdout=full,
                                  stderr=subprocess.PIPE, encoding="utf-8", check=False)
        assert lost.returncode == 1 and "cannot be written" in lost.stderr, lost
        for word in ("x", "-1", "0", "1.5"):
            refused = run("audit", "events", word, "--db", made.path)
            assert refused.returncode == 2 and "number of an audit event" in refused.stderr, refused


@test
def ids_are_of_the_instant_that_they_are_about():
    with Made("--deliveries", "300") as made:
        for table, at in (("patient_order", "created_at"), ("delivery", "booked_at"), ("contact", "at"),
                          ("field_event", "at"), ("evidence", "received_at"), ("discrepancy", "detected_at")):
            for key, instant in made.ask(f"SELECT id, {at} FROM {table}"):
                made_at = int.from_bytes(whole(key)[:6], "big")
                assert instant <= made_at < instant + 60000 and whole(key)[6] >> 4 == 7, (table, key, instant)
                assert len(key) == (16 if table in ("contact", "field_event") else 6), (table, key)


@test
def a_report_of_sums_is_that_of_the_commitments():
    rand = random.Random(11)
    with Made("--deliveries", "1500", "--patients", "60") as made:
        unsummed = os.path.join(made.folder, "unsummed.db")
        shutil.copy(made.path, unsummed)
        with sqlite3.connect(unsummed) as db:
            for table in ("figure", "figure_state"):
                assert db.execute(f"DELETE FROM {table}").rowcount > 0, table
        customers = [shown(id) for id, in made.ask("SELECT id FROM customer ORDER BY code LIMIT 50")]
        first, last = date(2024, 11, 1), date(2026, 11, 22)
        for _ in range(24):
            begins = first + timedelta(days=rand.randrange((last - first).days))
            ends = begins + timedelta(days=rand.choice((0, 20, 27, 30, 90, 364, 700)))
            if rand.random() < 0.4:
                begins = begins.replace(day=1)
            if rand.random() < 0.4:
                ends = ends.replace(day=1) - timedelta(days=1) if ends.replace(day=1) > begins else ends
            words = ["--from", str(begins), "--to", str(ends), "--format", "json", "--dev", "--clock", UNTIL + "T07:00:00Z",
                     "--group-by", rand.choice(("customer", "depot", "driver", "month", "customer,month", "driver,month"))]
            if rand.random() < 0.3:
                words += ["--customer-id", rand.choice(customers)]
            one, other = (run("report", "delivery-errors", "--db", path, *words) for path in (made.path, unsummed))
            assert one.returncode == 0 and '"rows":[' in one.stdout, (words, one)
            assert re.sub(r'"as_of":"[^"]*"', "", one.stdout) == re.sub(r'"as_of":"[^"]*"', "", other.stdout), words


@test
def the_sweep_and_the_plan_find_nothing_left_to_do():
    with Made("--deliveries", "700", "--patients", "60") as made:
        moment = ("--dev", "--clock", UNTIL + "T07:00:00Z")
        swept = run("sweep", "--db", made.path, *moment)
        assert swept.returncode == 0 and "looked at 0 commitments" in swept.stdout, swept
        planned = run("plan", "--db", made.path, *moment)
        assert planned.returncode == 0 and " = 0 opened" in planned.stdout, planned
        verified = run("audit", "verify", "--db", made.path, timeout=300)
        assert " 0 findings" in verified.stdout, verified


@test
def late_indexes_are_the_same_indexes():
    sql = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    with Made("--deliveries", "40") as grown, Made("--deliveries", "40", "--late-indexes") as late:
        assert late.ask(sql) == grown.ask(sql)


@test
def the_same_seed_makes_the_same_history():
    sql = "SELECT date, state, completed_at, stop FROM delivery ORDER BY date, completed_at, stop"
    with Made("--deliveries", "400") as one, Made("--deliveries", "400") as two:
        history = one.ask(sql)
        assert two.ask(sql) == history
    with Made("--deliveries", "400", "--seed", "9") as other:
        assert other.ask(sql) != history


# ---- what the bench of sizes makes of its figures ----

@test
def the_disk_is_told_page_by_page():
    with Made("--deliveries", "300") as made:
        rows = size_disk.read(made.path)
        pages, = made.ask("PRAGMA page_count")[0]
        told = sum(row["bytes"] for row in rows) / 4096
        assert 0.9 * pages < told < pages, (told, pages)  # the schema itself is left out
        assert {"audit_entry", "order_line"} <= {row["name"] for row in rows}
        assert "| audit_entry |  |" in size_table.disk({"deliveries": 300, "disk": rows})


@test
def the_table_and_the_plot_show_every_size():
    results = [{"deliveries": n, "measures": {"report_customer": ms, "report_all": more, "ready": 10}}
               for n, ms, more in ((100000, 2, 148), (1000000, 60, None))]
    table = size_table.markdown(results)
    assert "| 0.1 M | 1 M |" in table and "| 50 | 2.0 | **60.0** |" in table and "| **148** | – |" in table, table
    picture = xml.dom.minidom.parseString(size_plot.svg(results))
    assert len(picture.getElementsByTagName("polyline")) == 3
    xml.dom.minidom.parseString(size_plot.svg(results[:1]))


if __name__ == "__main__":
    main()
