"""Past deliveries: the spreadsheet of the manual process, brought in from the command line and over the API."""
import csv
import filecmp
import io
import json
import os
import pty
import runpy
import shutil
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import BIN, ROOT, Server, Skip, environment, main, run, test  # noqa: E402

FIXTURES = os.path.join(ROOT, "fixtures", "history")
MAP, LINES = os.path.join(FIXTURES, "scms.json"), os.path.join(FIXTURES, "lines.csv")
SCMS = os.path.join(os.environ.get("CANARY_SCMS") or os.path.join(ROOT, "..", "shared", "data", "scms"),
                    "SCMS_Delivery_History_Dataset.csv")
TIMELY = ("due", "on_time", "early", "late", "missed")
UNKNOWN = ("in_full", "otif", "perfect", "inaccurate", "lines", "lines_right", "units_authorised", "units_accepted")
PERIOD = ("--from", "2006-01-01", "--to", "2015-12-31")


def read(path, encoding="utf-8"):
    with open(path, encoding=encoding, newline="") as file:
        return file.read()


def expected():
    return json.loads(read(os.path.join(FIXTURES, "expected.json")))


def import_lines(server, path=LINES, *options):
    return run("import", "history", "--db", server.db, "--map", MAP, path, *options)


def report(server):
    """Rows of the report by code of the customer; the last is the total."""
    ended = run("report", "delivery-errors", "--db", server.db, *PERIOD, "--group-by", "customer", "--format", "csv")
    assert ended.returncode == 0, ended
    return list(csv.DictReader(io.StringIO(ended.stdout)))


def by_code(rows):
    return {row["customer_code"] or "total": {name: int(row[name]) for name in TIMELY} for row in rows}


def api_map():
    return urllib.parse.quote(json.dumps(json.loads(read(MAP))))


def api_import(server, body, query="", token=None):
    return server.call("POST", f"/v1/imports/history?map={api_map()}{query}", body, token=token or server.admin,
                       headers={"Content-Type": "text/csv; charset=utf-8"})


# ---- the fixture ----

@test
def the_fixture_is_what_its_script_makes():
    folder = tempfile.mkdtemp(prefix="canary-test-")
    try:
        script = shutil.copy(os.path.join(FIXTURES, "make.py"), folder)
        runpy.run_path(script)["main"]()
        for name in ("lines.csv", "expected.json"):
            made = os.path.join(folder, name)
            assert filecmp.cmp(made, os.path.join(FIXTURES, name), shallow=False), name
    finally:
        shutil.rmtree(folder)


@test
def the_command_line_takes_every_line():
    with Server(start=False) as server:
        ended = import_lines(server)
        assert ended.returncode == 3, ended
        assert ended.stdout == ("history: 300 rows: 300 added, 0 changed, 0 unchanged, 0 refused, 3 warnings\n"), ended
        warnings = ended.stderr.splitlines()
        assert len(warnings) == 3, warnings
        lines = list(csv.DictReader(io.StringIO(read(LINES, "utf-8-sig"))))
        for warning, i in zip(warnings, (40, 41, 250)):
            assert warning.startswith(f"{LINES}:{i + 2}:Delivery Recorded Date: warning: recorded on 20"), warning
            for column in ("Delivery Recorded Date", "Delivered to Client Date"):
                date = time.strftime("%Y-%m-%d", time.strptime(lines[i][column], "%d-%b-%y"))
                assert date in warning, (date, warning)
        rows = report(server)
        assert by_code(rows) == expected(), rows
        assert all(row[name] == "" for row in rows for name in UNKNOWN), rows
        assert rows[-1]["excluded_not_stated"] == "300"
        assert {row["customer"] for row in rows} >= {"Côte d'Émeraude", "Țara Brândușei", "São Breno"}


@test
def the_same_file_twice_adds_nothing():
    with Server(start=False) as server:
        import_lines(server)
        before = report(server)
        ended = import_lines(server)
        assert ended.returncode == 3 and " 0 added, 0 changed, 300 unchanged, 0 refused" in ended.stdout, ended
        assert report(server) == before
        swept = run("sweep", "--db", server.db)
        assert swept.stdout.startswith("looked at 0 commitments"), swept
        assert report(server) == before


@test
def the_api_takes_every_line():
    with Server() as server:
        manager, _ = server.user("m@example.org", "manager")
        body = read(LINES)
        first, second = api_import(server, body), api_import(server, body)
        assert first.status == second.status == 200, (first, second)
        assert (first.json["rows"], first.json["added"], first.json["unchanged"]) == (300, 300, 0), first
        assert (second.json["rows"], second.json["added"], second.json["unchanged"]) == (300, 0, 300), second
        assert [warning["line"] for warning in first.json["warnings"]] == [42, 43, 252], first
        assert first.json["faults"] == []
        answer = server.call("GET", "/v1/reports/delivery-errors?from=2006-01-01&to=2015-12-31&group_by=customer",
                             token=manager)
        assert answer.status == 200, answer
        assert by_code(answer.json["rows"] + [dict(answer.json["total"], customer_code="total")]) == expected()
        total = answer.json["total"]
        assert all(total[name] is None for name in UNKNOWN), total
        assert total["excluded"]["not_stated"] == 300
        assert total["rates"]["otif"]["n"] == 0 and total["rates"]["otif"]["value"] is None, total


@test
def the_rows_behind_the_figures_can_be_read():
    with Server() as server:
        manager, _ = server.user("m@example.org", "manager")
        api_import(server, read(LINES))
        for state in ("delivered", "failed"):
            listed = server.call("GET", f"/v1/deliveries?state={state}&limit=5", token=manager)
            assert listed.status == 200 and listed.json["items"], listed
            for item in listed.json["items"]:
                one = server.call("GET", f"/v1/deliveries/{item['id']}", token=manager)
                assert one.status == 200, one
                assert one.json["patient_id"] is None and one.json["lines"] == [], one
                assert len(one.json["promises"]) == 1 and one.json["window"] == {"from": "00:00", "to": "24:00"}, one
                assert (one.json["completed_at"] is None) == (state == "failed"), one
                assert one.json["timeliness"] == "missed" or state == "delivered", one
        found = server.call("GET", "/v1/discrepancies?kind=missed&limit=500", token=manager)
        assert found.status == 200 and len(found.json["items"]) == expected()["total"]["missed"], found
        trail = server.call("GET", f"/v1/audit?entity=order&id={found.json['items'][0]['order_id']}", token=manager)
        assert [event["action"] for event in trail.json["items"]] == ["order.import"], trail


@test
def the_api_asks_for_a_map_and_an_admin():
    with Server() as server:
        manager, _ = server.user("m@example.org", "manager")
        csv_type = {"Content-Type": "text/csv"}
        assert api_import(server, "ID\n", token=manager).status == 403
        answer = server.call("POST", "/v1/imports/history", "ID\n1\n", token=server.admin, headers=csv_type)
        assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "?map", answer
        answer = server.call("POST", "/v1/imports/history?map=%7B", "ID\n1\n", token=server.admin, headers=csv_type)
        assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "?map", answer
        answer = server.call("POST", "/v1/imports/history?map=%7B%7D", "ID\n1\n", token=server.admin, headers=csv_type)
        assert answer.status == 422 and "/columns" in [e["pointer"] for e in answer.json["errors"]], answer


# ---- what is wrong ----

def with_bad_lines(folder):
    """The fixture with two lines spoilt, lines 3 and 5 of the file."""
    text = read(LINES, "utf-8-sig").split("\r\n")
    header = text[0].split(",")
    rows = list(csv.reader(text))
    rows[2][header.index("Scheduled Delivery Date")] = "31-Feb-10"
    rows[4][header.index("ID")] = ""
    path = os.path.join(folder, "bad.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(row for row in rows if row)
    return path


@test
def bad_lines_are_named_and_nothing_is_taken_unless_told():
    with Server(start=False) as server:
        path = with_bad_lines(server.folder)
        ended = import_lines(server, path)
        assert ended.returncode == 1 and ended.stdout == "", ended
        for where in (f"{path}:3:Scheduled Delivery Date: is no date of the form %d-%b-%y", f"{path}:5:ID: is missing"):
            assert where in ended.stderr, (where, ended)
        assert by_code(report(server))["total"]["due"] == 0
        ended = import_lines(server, path, "--keep-good")
        assert ended.returncode == 3 and "298 added" in ended.stdout and "2 refused" in ended.stdout, ended
        assert f"{path}:5:ID: is missing" in ended.stderr, ended


@test
def the_mapping_file_is_needed_and_checked():
    with Server(start=False) as server:
        ended = run("import", "history", "--db", server.db, LINES)
        assert ended.returncode == 2 and "--map" in ended.stderr, ended
        ended = run("import", "customers", "--db", server.db, "--map", MAP, LINES)
        assert ended.returncode == 2, ended
        path = os.path.join(server.folder, "map.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"source": "s", "depot": {"code": "D", "timezone": "Mars/Base"}, "colums": {}}, file)
        ended = run("import", "history", "--db", server.db, "--map", path, LINES)
        assert ended.returncode == 1 and path in ended.stderr, ended
        for pointer in ("/colums", "/columns"):
            assert f"  {pointer}: " in ended.stderr, (pointer, ended)
        assert run("import", "history", "--db", server.db, "--map", "/nowhere", LINES).returncode == 1


@test
def a_running_service_has_the_database():
    with Server() as server:
        ended = import_lines(server)
        assert ended.returncode == 1 and "POST /v1/imports/" in ended.stderr, ended


@test
def progress_shows_on_a_terminal_only():
    with Server(start=False) as server:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(BIN, [BIN, "import", "history", "--db", server.db, "--map", MAP, LINES], environment())
        seen = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        assert os.waitstatus_to_exitcode(status) == 3, seen
        assert b"\r300 of 300 rows" in seen, seen
        assert "of 300 rows" not in import_lines(server).stderr


# ---- the published file ----

def due_late(row):
    return row["due"], row["late"] + row["missed"]


@test
def the_published_file_comes_out_as_its_readers_counted():
    if not os.path.exists(SCMS):
        raise Skip(f"{SCMS} is not here")
    with Server(start=False) as server:
        begun = time.monotonic()
        ended = import_lines(server, SCMS)
        took = time.monotonic() - begun
        assert ended.returncode == 3, ended
        assert ended.stdout == ("history: 10324 rows: 10324 added, 0 changed, 0 unchanged, 0 refused, 3 warnings\n"), ended
        assert ended.stderr.count(": warning: recorded on ") == 3 == len(ended.stderr.splitlines()), ended
        print(f"10,324 lines in {took:.1f} s")
        assert took < 30, took  # about a second without sanitizers: nothing may grow with the square of the lines
        rows = report(server)
        check_published(rows)
        assert by_code(rows)["total"] == dict(due=10324, on_time=6324, early=2814, late=92, missed=1094)
        again = import_lines(server, SCMS)
        assert again.returncode == 3 and " 0 added, 0 changed, 10324 unchanged, 0 refused" in again.stdout, again
        assert report(server) == rows


def check_published(rows):
    named = {row["customer"] or "total": row for row in rows}
    assert len(named) == 43 + 1, len(named)
    for name, due, late in (("South Africa", 1406, 115), ("Nigeria", 1194, 142), ("Côte d'Ivoire", 1083, 134)):
        row = {key: int(named[name][key]) for key in TIMELY}
        assert due_late(row) == (due, late), (name, row)
    assert all(row[name] in ("", None) for row in rows for name in UNKNOWN)


@test
def the_published_file_comes_out_of_the_api_too():
    if not os.path.exists(SCMS):
        raise Skip(f"{SCMS} is not here")
    with Server() as server:
        manager, _ = server.user("m@example.org", "manager")
        answer = api_import(server, read(SCMS))
        assert answer.status == 200 and answer.json["added"] == 10324 and len(answer.json["warnings"]) == 3, answer
        answer = server.call("GET", "/v1/reports/delivery-errors?from=2006-01-01&to=2015-12-31&group_by=customer",
                             token=manager)
        assert answer.status == 200, answer
        total = answer.json["total"]
        assert {name: total[name] for name in TIMELY} == dict(due=10324, on_time=6324, early=2814, late=92, missed=1094)
        assert total["excluded"]["not_stated"] == 10324
        check_published(answer.json["rows"] + [dict(total, customer="total")])


main()
