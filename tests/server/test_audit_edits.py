"""No cell of an audited table can be changed behind the log: a thousand random edits of copies, each found."""
import hashlib
import os
import random
import re
import shutil
import sqlite3
import struct
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import ROOT, in_parallel, main, run, test  # noqa: E402
from operation import NOW, Operation, new_id  # noqa: E402

EDITS, SEED = int(os.environ.get("CANARY_EDITS", "1000")), 20260302


def documented():
    """The tables that schema/README.md says are audited, and those that it says are not."""
    with open(os.path.join(ROOT, "schema", "README.md"), encoding="utf-8") as file:
        text = file.read()
    section = text[text.index("## What the audit covers"):]
    section = section[:section.index("\n## ", 5)] if "\n## " in section[5:] else section
    audited = re.search(r"Audited: (.*?)\.\n", section, re.S)[1]
    return set(re.findall(r"`(\w+)`", audited)), set(re.findall(r"^\| `(\w+)` \|", section, re.M))


def png():
    part = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(  # noqa: E731
        ">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + part(b"IDAT", zlib.compress(b"\0\0")) + part(b"IEND", b""))


def make(folder):
    """A database with a row in as many tables as the API can fill."""
    with Operation() as op:
        image, own = png(), op.own
        sha = hashlib.sha256(image).hexdigest()
        answer = op.call("PUT", "/v1/evidence/" + sha, image, token=op.token["driver"], headers={"Content-Type": "image/png"})
        assert answer.status in (200, 201), answer
        body = op.drop_body(evidence=[{"kind": "photo", "sha256": sha}])
        op.post(f"/v1/deliveries/{own['dispatched']}/confirmations", body, "driver")
        op.post(f"/v1/confirmations/{body['id']}/amendments", {"id": new_id(), "reason": "Counted again", "lines": [
            {"product_id": op.ids["bag"], "qty": 4, "lot": "24K11"}]}, "driver")
        op.post(f"/v1/deliveries/{own['delivered']}/contests", op.contest_body(), "rep")
        op.book(own["order:fourth"])  # what is lacking
        op.post("/v1/recalls", {"product_id": op.ids["bag"], "lot": "24K11", "reason": "Leaks"})
        op.post(f"/v1/discrepancies/{own['discrepancy']}/resolve", {"reason": "Sent again"}, status=200)
        op.post("/v1/sweep", None, status=200)
        assert op.stop() == 0
        path = os.path.join(folder, "canary.db")
        shutil.copy(op.db, path)
        op.start(login=False)
    return path


def cells(path, tables):
    """Every (table, column) with a row, so that each is as likely as any other."""
    db = sqlite3.connect(path)
    found = []
    for table in sorted(tables):
        if db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]:
            found += [(table, column) for _, column, *_ in db.execute(f"PRAGMA table_info({table})")]
    db.close()
    return found


def other(rand, value, kind):
    """A different value that the column can hold."""
    if value is None:
        return {"INTEGER": rand.randrange(2), "TEXT": "x", "BLOB": rand.randbytes(16)}[kind]
    if isinstance(value, int):
        if value in (0, 1):
            return 1 - value
        return value + rand.choice((1, -1, 1000)) if abs(value) < 2 ** 62 else value - 1
    if isinstance(value, bytes):
        at = rand.randrange(len(value)) if value else 0
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1:] if value else b"x"
    return rand.choice((value + " ", value[1:] or "y", value.swapcase() if value.swapcase() != value else value + "z"))


def edit(path, rand, table, column):
    db = sqlite3.connect(path)
    try:
        for (trigger,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("PRAGMA ignore_check_constraints = ON")
        keys = [name for _, name, _, _, _, pk in db.execute(f"PRAGMA table_info({table})") if pk]
        kind = next(row[2] for row in db.execute(f"PRAGMA table_info({table})") if row[1] == column)
        row = rand.choice(db.execute(f"SELECT {column}, {', '.join(keys)} FROM {table}").fetchall())
        value = other(rand, row[0], kind)
        assert value != row[0]
        where = " AND ".join(f"{key} = ?" for key in keys)
        try:
            changed = db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *row[1:])).rowcount
        except sqlite3.IntegrityError:
            return None  # another row has that key, or it must not be null
        assert changed == 1
        db.commit()
        return f"{table}.{column}: {row[0]!r} -> {value!r}"
    finally:
        db.close()


@test
def the_list_is_what_the_database_has():
    with tempfile.TemporaryDirectory(prefix="canary-edits-") as folder:
        db = sqlite3.connect(make(folder))
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                  if not name.startswith("sqlite_")}
        filled = {name for name in tables if db.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]}
        db.close()
        audited, others = documented()
        assert audited | others == tables and not audited & others, (audited ^ tables) - others
        assert len(audited - filled) <= 4, audited - filled


@test
def a_thousand_random_edits_are_each_found():
    with tempfile.TemporaryDirectory(prefix="canary-edits-") as folder:
        path = make(folder)
        honest = run("audit", "verify", "--db", path)
        assert honest.returncode == 0, honest
        places, missed, done, tables = cells(path, documented()[0] | {"audit_entry", "audit_node", "evidence_image"}), [], [0, 0], set()

        def work(i):
            rand = random.Random(SEED + i)
            copy = os.path.join(folder, f"copy-{i}.db")
            while done[i] < EDITS // 2:
                table, column = rand.choice(places)
                shutil.copy(path, copy)
                what = edit(copy, rand, table, column)
                if not what:
                    continue
                done[i] += 1
                tables.add(table)
                ended = run("audit", "verify", "--db", copy)
                if ended.returncode != 3 or table not in ended.stdout and "audit event" not in ended.stdout:
                    missed.append((what, ended.returncode, ended.stdout[-300:], ended.stderr[-300:]))
        in_parallel(2, work)
        print(f"{sum(done)} edits in {len(tables)} tables, {len(missed)} missed")
        assert not missed, missed[:5]


@test
def every_edit_of_a_sum_is_found():
    with tempfile.TemporaryDirectory(prefix="canary-edits-") as folder:
        path = make(folder)
        late = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.mktime(time.strptime(NOW[:10], "%Y-%m-%d")) + 6 * 86400))
        assert run("sweep", "--db", path, "--dev", "--clock", late).returncode == 0
        honest = run("audit", "verify", "--db", path)
        assert honest.returncode == 0 and " 0 findings" in honest.stdout, honest
        places = cells(path, ("figure", "figure_state"))
        assert len(places) == 8, places
        rand, copy, told = random.Random(SEED), os.path.join(folder, "copy.db"), []
        for table, column in places * 4:
            shutil.copy(path, copy)
            what = edit(copy, rand, table, column)
            if what:
                ended = run("audit", "verify", "--db", copy)
                assert ended.returncode == 3 and "table figure" in ended.stdout + ended.stderr, (what, ended)
                told.append(what)
        assert len({what.split(":")[0] for what in told}) == len(places), told
        for sql in ("DELETE FROM figure WHERE span = 'day' AND whose = 'depot'", "DELETE FROM figure_state",
                    "INSERT INTO figure_open SELECT order_id FROM commitment WHERE known_until > 9e18 LIMIT 1"):
            shutil.copy(path, copy)
            with sqlite3.connect(copy) as db:
                assert db.execute(sql).rowcount > 0, sql
            ended = run("audit", "verify", "--db", copy)
            assert ended.returncode == 3 and "sum" in ended.stdout, (sql, ended)


@test
def an_edit_that_the_log_is_not_asked_about_is_not_found():
    """What the sums are worth: the log alone is silent about a row, and so a build without them would be."""
    with tempfile.TemporaryDirectory(prefix="canary-edits-") as folder:
        path = make(folder)
        db = sqlite3.connect(path)
        db.execute("UPDATE patient SET phone = phone || '1'")
        db.commit()
        db.close()
        assert run("audit", "verify", "--log", "--db", path).returncode == 0
        ended = run("audit", "verify", "--db", path)
        assert ended.returncode == 3 and "table patient" in ended.stdout, ended


main()
