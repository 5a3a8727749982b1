"""A database of the first release, with a month in it, is brought up to date and loses nothing."""
import glob
import os
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import ROOT, Server, main, run, test  # noqa: E402

EVENTS = "id, kind, delivery_id, driver_id, at, received_at, completed_at, outcome, delivery_version, fingerprint"


def one(n):
    return bytes([1, 0x9c, 0xab, 0xd8, 0, 0, 0x70, n, 0x80, 0, 0, 0, 0, 0, 0, n])


def make_old(path):
    """The schema as far as fixtures/migrate goes, each of its files run when the schema had come to it."""
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT")
    rows = {os.path.basename(file)[:4]: file for file in glob.glob(os.path.join(ROOT, "fixtures", "migrate", "*.sql"))}
    for file in sorted(glob.glob(os.path.join(ROOT, "schema", "*.sql"))):
        name = os.path.basename(file)[:-len(".sql")]
        if name[:4] > max(rows):
            break
        for script in filter(None, (file, rows.get(name[:4]))):
            with open(script, encoding="utf-8") as text:
                db.executescript(text.read())
        db.execute("INSERT INTO schema_migration (number, name, at) VALUES (?, ?, 0)", (int(name[:4]), name))
    db.commit()
    assert not db.execute("PRAGMA foreign_key_check").fetchall()
    kept = {"events": db.execute(f"SELECT {EVENTS} FROM field_event ORDER BY id").fetchall(),
            "lines": db.execute("SELECT event_id, position, product_id, qty, lot FROM field_event_line ORDER BY 1").fetchall(),
            "evidence": db.execute("SELECT event_id, position, kind, sha256 FROM field_event_evidence ORDER BY 1").fetchall(),
            "awaited": db.execute("SELECT event_id, since FROM evidence_awaited").fetchall()}
    db.close()
    assert [len(kept[name]) for name in ("events", "lines", "evidence", "awaited")] == [3, 2, 2, 1], kept
    return kept


def it_verifies(path):
    ended = run("audit", "verify", "--db", path)
    assert ended.returncode == 0, ended


@test
def a_month_of_the_first_release_is_kept():
    folder = tempfile.mkdtemp(prefix="canary-test-")
    path = os.path.join(folder, "canary.db")
    kept = make_old(path)
    ended = run("serve", "--db", path, "--listen", "127.0.0.1:0")
    assert ended.returncode == 1 and "--migrate" in ended.stderr, ended
    with Server("--migrate", folder=folder, login=False) as server:
        server.own_folder = True
        assert server.call("GET", "/readyz").status == 200
        assert server.stop() == 0
        db = sqlite3.connect(path)
        assert db.execute(f"SELECT {EVENTS} FROM field_event ORDER BY id").fetchall() == kept["events"]
        assert db.execute("SELECT own_id, position, product_id, qty, lot FROM field_event_line ORDER BY 1").fetchall() == kept["lines"]
        assert db.execute("SELECT own_id, position, kind, sha256 FROM field_event_evidence ORDER BY 1").fetchall() == kept["evidence"]
        assert db.execute("SELECT DISTINCT stands FROM field_event").fetchall() == [(1,)]
        assert db.execute("SELECT id, own_id, confirmation_id FROM statement").fetchall() == [(one(17), one(17), one(11))]
        # the first attempt's follow from the order's
        assert db.execute("SELECT delivery_id, product_id, authorised FROM delivery_line").fetchall() == [(one(13), one(5), 0)]
        # seven bits a byte: twice the units, and 1 because the id is whole; by product
        assert db.execute("SELECT id, at, counted FROM stock_count ORDER BY at").fetchall() == [
            (one(14), 20515 * 86400000, b"\x7f" + one(5) + b"\x81\xda\xc4\x09" + one(15)),
            (one(16), 20515 * 86400000 + 1, b"")]
        assert not db.execute("PRAGMA foreign_key_check").fetchall()
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        try:
            db.execute("UPDATE field_event SET at = 0")
            raise AssertionError("field_event can be changed")
        except sqlite3.DatabaseError as error:
            assert "append-only" in str(error), error
        db.close()
        it_verifies(path)
        db = sqlite3.connect(path)  # the note is still that of its event, and another one is not
        db.execute("UPDATE personal_value SET value = '{}' WHERE owner = ?", (one(10),))
        db.commit()
        db.close()
        ended = run("audit", "verify", "--db", path)
        assert ended.returncode == 3 and "field_event" in ended.stdout and "private part" in ended.stdout, ended


@test
def a_backup_of_the_first_release_is_restored_with_all_its_rows():
    with tempfile.TemporaryDirectory(prefix="canary-test-") as folder:
        old, new = os.path.join(folder, "old.db"), os.path.join(folder, "new.db")
        kept = make_old(old)
        ended = run("restore", old, "--migrate", "--db", new)
        assert ended.returncode == 3 and "no seal" in ended.stdout, ended  # it was copied by hand
        db = sqlite3.connect(new)
        assert db.execute(f"SELECT {EVENTS} FROM field_event ORDER BY id").fetchall() == kept["events"]
        assert db.execute("SELECT event_id, since FROM evidence_awaited").fetchall() == kept["awaited"]
        db.close()
        it_verifies(new)


main()
