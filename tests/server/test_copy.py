"""canary copy: an installation from SQLite to PostgreSQL and back is the same one, in every row and in its log."""
import os
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import canary  # noqa: E402
import postgres  # noqa: E402
from canary import Skip, main, run, test, until  # noqa: E402

try:
    from operation import Operation
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()


def rows_of(path):
    """Every row of every table of a file."""
    db = sqlite3.connect(path)
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
    return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}


def log_size(op):
    return op.get("/v1/audit/head", "manager")["size"]


def head_of(db, *words):
    ended = run("audit", "head", "--db", db, *words)
    assert ended.returncode == 0, ended
    return ended.stdout


@test
def to_postgresql_and_back():
    with postgres.Cluster() as cluster, Operation() as op:
        url, back, key = cluster.database(), os.path.join(op.folder, "back.db"), os.path.join(op.folder, "there.key")
        held = run("copy", "--from", op.db, "--to", url, "--key", key)
        assert held.returncode == 1 and "service" in held.stderr, held
        op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", op.drop_body(), "driver")
        op.stop()
        there = run("copy", "--from", op.db, "--to", url, "--key", key)
        assert there.returncode == 0 and "in both" in there.stdout, there
        assert os.stat(key).st_mode & 0o777 == 0o600
        again = run("copy", "--from", op.db, "--to", url)
        assert again.returncode == 1 and "already" in again.stderr, again
        verified = run("audit", "verify", "--db", url, timeout=120)
        assert verified.returncode == 0, verified
        head = head_of(url, "--key", key)
        assert head.split('"root"')[1][:70] == head_of(op.db).split('"root"')[1][:70]
        here = run("copy", "--from", url, "--to", back, "--key", key)
        assert here.returncode == 0, here
        assert rows_of(back) == rows_of(op.db)
        assert run("audit", "verify", "--db", back, timeout=120).returncode == 0
        head_of(back)
        assert run("copy", "--from", url, "--to", back).returncode == 1


def move(op, url, *options):
    """The operation goes on on a server."""
    key = ("--key", os.path.join(op.folder, "canary.db.key"))
    op.stop()
    copied = run("copy", "--from", op.db, "--to", url, *key)
    assert copied.returncode == 0, copied
    op.db, op.options = url, (*op.options, *key, *options)
    op.start(login=False)


@test
def nobody_writes_while_a_copy_is_made():
    with postgres.Cluster() as cluster, Operation() as op:
        url, back = cluster.database(), os.path.join(op.folder, "back.db")
        move(op, url, "--sweep-every=1d")
        path, body = f"/v1/deliveries/{op.own['dispatched']}/confirmations", op.drop_body()
        service = postgres.sql(url, "SELECT string_agg(pid::text, ', ') FROM pg_stat_activity WHERE datname = current_database()")
        copying = subprocess.Popen([canary.BIN, "copy", "--from", url, "--to", back], env=canary.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        until(lambda: postgres.sql(url, "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid NOT IN "
                                        f"({service})") == "1", 60)
        copying.send_signal(signal.SIGSTOP)
        before = log_size(op)
        assert op.send("GET", "/v1/orders?limit=1", "rep").status == 200
        refused = op.send("POST", path, "driver", body)
        assert (refused.status, refused.slug) == (503, "busy"), refused
        copying.send_signal(signal.SIGCONT)
        said, _ = copying.communicate(timeout=60)
        assert copying.returncode == 0 and f"the log has {before} events" in said, said
        assert op.send("POST", path, "driver", body).status == 201
        assert log_size(op) > before


@test
def a_service_goes_on_where_the_copy_is():
    with postgres.Cluster() as cluster, Operation() as op:
        url = cluster.database()
        move(op, url)
        op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", op.drop_body(), "driver")
        verified = run("audit", "verify", "--db", url, timeout=120)
        assert verified.returncode == 0, verified
        # an edit behind the log, by somebody who may do everything there
        postgres.sql(url, "ALTER TABLE patient DISABLE TRIGGER ALL; UPDATE patient SET cycle_every = cycle_every + 1 "
                          "WHERE code = 'P-11'")
        found = run("audit", "verify", "--db", url, timeout=120)
        assert found.returncode == 3 and "table patient" in found.stdout, found


main()
