"""A database of the first release, with a month in it, is brought up to date and loses nothing."""
import glob
import hashlib
import os
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import ROOT, Server, main, run, test  # noqa: E402
from ids import whole  # noqa: E402

FIRST = 4  # the schema of the first release
EVENTS = "id, kind, delivery_id, driver_id, at, received_at, completed_at, outcome, delivery_version, fingerprint"
SALT, NOTE = b"0123456789abcdef", '{"note":"nobody at the gate"}'


def one(n):
    return bytes([1, 0x9c, 0xab, 0xd8, 0, 0, 0x70, n, 0x80, 0, 0, 0, 0, 0, 0, n])


def leaf(row):
    """RFC 6962 over the canonical bytes of the first release."""
    seq, at, actor, role, action, entity, entity_id, version, reason, request, change = row
    text = "\n".join(["canary-audit-1", str(seq), str(at), whole(actor).hex() if actor else "-", role, action, entity,
                      whole(entity_id).hex(), str(version), reason.hex() if reason else "-", whole(request).hex(), change])
    return hashlib.sha256(b"\0" + text.encode()).digest()


def insert(db, table, **row):
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def make_first(path):
    """One delivery, failed once and then dropped, with all that belongs to it."""
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT")
    for file in sorted(glob.glob(os.path.join(ROOT, "schema", "*.sql")))[:FIRST]:
        with open(file, encoding="utf-8") as text:
            db.executescript(text.read())
        name = os.path.basename(file)[:-len(".sql")]
        insert(db, "schema_migration", number=int(name[:4]), name=name, at=0)
    customer, driver, depot, zone, product, patient, order, run_id, delivery = map(one, range(1, 10))
    day, at = 20515, 20515 * 86400000
    insert(db, "customer", id=customer, code="C", name="Clinic", version=1)
    insert(db, "user_account", id=driver, email="d@example.org", email_folded="d@example.org", name="D", role="driver",
           active=1, password_hash="!", version=1)
    insert(db, "depot", id=depot, code="SYD", name="Sydney", timezone="Australia/Sydney", version=1)
    insert(db, "zone", id=zone, depot_id=depot, code="Z", name="Z", weekdays=31, weight_max_g=1000000, version=1)
    insert(db, "product", id=product, code="BAG", name="Bag", base_unit="bag", units_per_box=5, box_weight_g=100,
           lot_tracked=1, critical=0, shelf_life_min_days=0, active=1, version=1)
    insert(db, "patient", id=patient, code="P", customer_id=customer, zone_id=zone, name="Ada", cycle_every=1,
           cycle_unit="month", cycle_anchor=day, safety_days=14, status="active", status_from=day, status_recorded_at=at,
           active_from=day, version=1)
    insert(db, "patient_order", id=order, kind="cycle", patient_id=patient, customer_id=customer, depot_id=depot,
           zone_id=zone, due_date=day, next_due=day + 30, call_due=day - 7, state="delivered", confirmed_at=at,
           deliveries=2, created_at=at, version=3)
    insert(db, "run", id=run_id, depot_id=depot, date=day, driver_id=driver, vehicle="V", state="closed", version=2)
    insert(db, "delivery", id=delivery, order_id=order, attempt=1, kind="first", patient_id=patient, customer_id=customer,
           depot_id=depot, zone_id=zone, date=day, from_min=480, to_min=720, starts_at=at, ends_at=at + 1, state="delivered",
           promises=1, weight_g=100, holds=1, run_id=run_id, stop=1, event_id=one(11), completed_at=at, booked_at=at, version=4)
    for n, kind, outcome, version in ((10, "failure", "failed", 3), (11, "confirmation", "delivered", 4)):
        insert(db, "field_event", id=one(n), kind=kind, delivery_id=delivery, driver_id=driver, at=at, received_at=at + n,
               completed_at=at if n == 11 else None, synced_late=0, clock_skew_s=0, receiver_known=1, place="right",
               outcome=outcome, delivery_version=version, fingerprint=bytes(32),
               private_digest=hashlib.sha256(SALT + NOTE.encode()).digest() if n == 10 else None)
    insert(db, "personal_value", owner=one(10), field="drop", subject=patient, value=NOTE, salt=SALT)
    insert(db, "field_event_line", event_id=one(11), position=0, product_id=product, qty=5, lot="L1", condition="ok", scanned=1)
    insert(db, "field_event_evidence", event_id=one(11), position=0, kind="photo", sha256=bytes(32))
    insert(db, "order_line", order_id=order, product_id=product, prescribed=5, ordered=5, authorised=5, accepted=5, refused=0,
           units_per_box=5, box_weight_g=100, lot_tracked=1, critical=0, shelf_life_min_days=0)
    insert(db, "delivery_line", delivery_id=delivery, product_id=product, authorised=5)
    # the rest of it was booked, and is none any more: it has no line
    insert(db, "delivery", id=one(13), order_id=order, attempt=2, kind="recovery", patient_id=patient, customer_id=customer,
           depot_id=depot, zone_id=zone, date=day, from_min=480, to_min=720, starts_at=at, ends_at=at + 1, state="cancelled",
           closed_by="us", promises=1, weight_g=100, holds=0, booked_at=at, version=2)
    insert(db, "stock_count", id=one(14), patient_id=patient, order_id=order, date=day, at=at)
    insert(db, "product", id=one(15), code="CAP", name="Cap", base_unit="cap", units_per_box=5, box_weight_g=100,
           lot_tracked=1, critical=0, shelf_life_min_days=0, active=1, version=1)
    insert(db, "stock_count_line", count_id=one(14), product_id=one(15), on_hand=10000000)
    insert(db, "stock_count_line", count_id=one(14), product_id=product, on_hand=63)
    insert(db, "stock_count", id=one(16), patient_id=patient, order_id=order, date=day, at=at + 1)  # of nothing
    insert(db, "slot_use", zone_id=zone, date=day, from_min=480, to_min=720, stops=1)
    insert(db, "day_use", zone_id=zone, date=day, weight_g=100)
    insert(db, "commitment", order_id=order, version=1, known_from=at, known_until=2 ** 63 - 1, kind="cycle",
           patient_id=patient, customer_id=customer, depot_id=depot, driver_id=driver, delivery_id=delivery, cause="promised",
           date=day, from_min=480, to_min=720, due_on=day, starts_at=at, ends_at=at + 1, early_before=at, late_after=at + 1,
           missed_after=at + 2, cutoff_at=at - 1, fixed=1, now_on=day, now_early_before=at, now_late_after=at + 1,
           now_missed_after=at + 2, completed_at=at, received_at=at + 11, stated=1, handed_over=1, lines=1, lines_right=1,
           units_authorised=5, units_accepted=5, swept="none", **{name: 0 for name in (
               "faults_line", "faults_damage", "faults_place", "faults_proof", "faults", "faults_outside", "timing_outside",
               "reversals", "recoveries")})
    for seq, action, entity, entity_id, version in ((1, "order.confirm", "order", order, 3),
                                                    (2, "delivery.confirm", "delivery", delivery, 4)):
        row = (seq, at, driver, "driver", action, entity, entity_id, version, None, one(12), "{}")
        insert(db, "audit_event", seq=seq, at=at, actor_id=driver, role="driver", action=action, entity=entity,
               entity_id=entity_id, entity_version=version, request_id=one(12), change="{}", leaf_hash=leaf(row))
    db.commit()
    assert not db.execute("PRAGMA foreign_key_check").fetchall()
    kept = {"events": db.execute(f"SELECT {EVENTS} FROM field_event ORDER BY id").fetchall(),
            "lines": db.execute("SELECT event_id, position, product_id, qty, lot FROM field_event_line").fetchall(),
            "evidence": db.execute("SELECT * FROM field_event_evidence").fetchall()}
    db.close()
    return kept


def it_verifies(path):
    ended = run("audit", "verify", "--db", path)
    assert ended.returncode == 0, ended


@test
def a_month_of_the_first_release_is_kept():
    folder = tempfile.mkdtemp(prefix="canary-test-")
    path = os.path.join(folder, "canary.db")
    kept = make_first(path)
    ended = run("serve", "--db", path, "--listen", "127.0.0.1:0")
    assert ended.returncode == 1 and "--migrate" in ended.stderr, ended
    with Server("--migrate", folder=folder, login=False) as server:
        server.own_folder = True
        assert server.call("GET", "/readyz").status == 200
        assert server.stop() == 0
        db = sqlite3.connect(path)
        assert db.execute(f"SELECT {EVENTS} FROM field_event ORDER BY id").fetchall() == kept["events"]
        assert db.execute("SELECT own_id, position, product_id, qty, lot FROM field_event_line").fetchall() == kept["lines"]
        assert db.execute("SELECT own_id, position, kind, sha256 FROM field_event_evidence").fetchall() == kept["evidence"]
        assert db.execute("SELECT DISTINCT stands FROM field_event").fetchall() == [(1,)]
        assert db.execute("SELECT id, own_id, confirmation_id FROM statement").fetchall() == [(one(11), one(11), one(11))]
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
        kept = make_first(old)
        ended = run("restore", old, "--migrate", "--db", new)
        assert ended.returncode == 3 and "no seal" in ended.stdout, ended  # it was copied by hand
        db = sqlite3.connect(new)
        assert db.execute(f"SELECT {EVENTS} FROM field_event ORDER BY id").fetchall() == kept["events"]
        db.close()
        it_verifies(new)


main()
