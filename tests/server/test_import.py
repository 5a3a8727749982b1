"""canary import: files from the command line, and the same over the API while a service has the database."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import Server, main, run, test  # noqa: E402

CUSTOMERS = "code,name\nK1,One\n,Two\nK3,\"Three\nlines\"\n"


def write(server, name, text):
    path = os.path.join(server.folder, name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return path


def count(server, table):
    db = sqlite3.connect(f"file:{server.db}?mode=ro", uri=True)
    (n,) = db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
    db.close()
    return n


@test
def all_or_nothing_then_the_good_ones():
    with Server(start=False) as server:
        path = write(server, "customers.csv", CUSTOMERS)
        ended = run("import", "customers", path, "--db", server.db)
        assert ended.returncode == 1 and f"{path}:3:code" in ended.stderr and not ended.stdout, ended
        assert count(server, "customer") == 0
        ended = run("import", "customers", path, "--keep-good", "--db", server.db)
        assert ended.returncode == 3 and f"{path}:3:code" in ended.stderr, ended
        assert ended.stdout == "customers: 3 rows: 2 added, 0 changed, 0 unchanged, 1 refused, 0 warnings\n", ended
        assert count(server, "customer") == 2


@test
def a_whole_operation_and_again():
    files = {
        "depots": "code,name,timezone,lat,lon\r\nSYD,Sydney,Australia/Sydney,-33.8688,151.2093\r\n",
        "zones": "depot,code,name\nSYD,IW,Inner West\n",
        "closures": "depot,date,reason\nSYD,2026-12-25,Christmas\n",
        "products": "code,name,base_unit,units_per_box,box_weight_g\nCAP,Cap,cap,60,500\n",
        "customers": "code,name,contact_email\nK,Clinic,k@example.org\n",
        "patients": "code,customer,zone,name,cycle_anchor\nP-1,K,IW,Unseen Marker,2026-01-31\n",
        "prescriptions": "patient,product,effective_from,use_per_day\nP-1,CAP,2026-01-01,1.5\n",
    }
    with Server(start=False) as server:
        for again, words in ((False, "1 added, 0 changed, 0 unchanged"), (True, "0 added, 0 changed, 1 unchanged")):
            for kind, text in files.items():
                ended = run("import", kind, "-", "--db", server.db, stdin=text)
                assert ended.returncode == 0 and words in ended.stdout, (again, kind, ended)
                assert "Unseen" not in ended.stdout + ended.stderr
        assert count(server, "audit_event WHERE action LIKE '%.add'") >= len(files)
        server.start()
        assert server.call("GET", "/v1/depots", token=server.admin).json["items"][0]["code"] == "SYD"


@test
def a_running_service_imports_itself():
    with Server() as server:
        path = write(server, "customers.csv", CUSTOMERS)
        ended = run("import", "customers", path, "--db", server.db)
        assert ended.returncode == 1 and "POST /v1/imports/KIND" in ended.stderr, ended
        answer = server.call("POST", "/v1/imports/customers?keep_good=true", CUSTOMERS, token=server.admin,
                             headers={"Content-Type": "text/csv"})
        assert answer.status == 200 and answer.json["added"] == 2, answer
        assert [fault["line"] for fault in answer.json["faults"]] == [3], answer
        assert count(server, "customer") == 2


@test
def wrong_words():
    with Server(start=False) as server:
        assert run("import", "users", "-", "--db", server.db, stdin="").returncode == 2
        assert run("import", "customers", "--db", server.db).returncode == 2
        assert run("import", "customers", "/nowhere.csv", "--db", server.db).returncode == 1
        assert run("import", "customers", "-", "--db", server.db, stdin="").returncode == 1


main()
