"""Every figure of the report against a second count from the raw rows (tests/support/recount.py)."""
import collections
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import BIN, Server, environment, main, test  # noqa: E402
from ids import stored  # noqa: E402
from recount import Recount  # noqa: E402

UNTIL = "2026-11-20T01:00:00.000Z"
FIRST, LAST = "2026-04-01", "2026-12-31"
FIGURES = ("due", "on_time", "early", "late", "missed", "pending", "in_full", "otif", "perfect", "inaccurate", "lines",
           "lines_right", "units_authorised", "units_accepted", "recoveries", "reversals")
LINES, STATES = FIGURES[10:14], ("n", "open", "resolved", "void")
NET = ("due", "on_time", "early", "late", "missed", "in_full", "otif", "perfect", "inaccurate")
EXCLUDED = ("cancelled", "skipped", "paused", "ended", "admitted", "overridden")
EXPERIENCED = ("on_time", "in_full", "otif", "perfect")


def ms(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


class Demo(Server):
    """The demo operation of half a year, its manager signed in."""

    def __init__(self, *words):
        folder = tempfile.mkdtemp(prefix="canary-figures-")
        made = subprocess.run([os.path.join(os.path.dirname(BIN), "canary-seed"), "--db",
                               os.path.join(folder, "canary.db"), "--until", UNTIL, *words],
                              env=environment(), check=False, timeout=300, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        assert made.returncode == 0, made
        super().__init__("--dev", "--clock", UNTIL, folder=folder, login=False)
        self.own_folder = True
        self.admin = self.login("manager@canary.example", "canary-demo")

    def report(self, as_of, group_by, basis="commitment"):
        query = f"from={FIRST}&to={LAST}&group_by={group_by}&basis={basis}&as_of={as_of}"
        answer = self.call("GET", "/v1/reports/delivery-errors?" + query, token=self.admin)
        assert answer.status == 200, answer
        return answer.json


def told(row):
    """A row of the report, flat: what it says of each figure that the second count makes."""
    flat = {name: row[name] for name in FIGURES}
    flat.update({"net_" + name: row["net"][name] for name in NET})
    flat.update({"excluded_" + name: row["excluded"][name] for name in EXCLUDED})
    flat.update({"experienced_" + name: row["experienced"][name] for name in EXPERIENCED})
    return flat


def differences(rows, counted, key):
    """What the report and the count disagree on."""
    seen, wrong = set(), []
    for row in rows:
        group = key(row)
        seen.add(group)
        wrong += [(group, name, value, counted[group][name]) for name, value in told(row).items()
                  if value != counted[group][name]]
    return wrong + [(group, "missing", None, dict(row)) for group, row in counted.items() if group not in seen]


def key_of(groups):
    def key(row):
        words = {name: row[name + "_id"] and stored(row[name + "_id"]).hex() for name in groups if name != "month"}
        return tuple(row["month"] if name == "month" else words[name] for name in groups)
    return key


def check(demo, as_of, basis, *groups):
    counted = Recount(demo.db, ms(as_of)).rows(FIRST, LAST, groups, basis)
    report = demo.report(as_of, ",".join(groups), basis)
    wrong = differences(report["rows"], counted, key_of(groups))
    assert not wrong, (as_of, basis, len(wrong), wrong[:12])
    total = sum(counted.values(), collections.Counter())
    assert {name: total[name] for name in FIGURES} == {name: report["total"][name] for name in FIGURES}, as_of
    return report


def check_families(demo, as_of):
    recount = Recount(demo.db, ms(as_of))
    lines = {stored(row["product_id"]).hex(): {name: row[name] for name in LINES}
             for row in demo.report(as_of, "product")["rows"]}
    assert lines == recount.products(FIRST, LAST), as_of
    kinds = {row["kind"]: {name: row[name] for name in STATES} for row in demo.report(as_of, "kind")["rows"]}
    counted = recount.kinds_of(FIRST, LAST).items()
    assert kinds == {kind: {name: row[name] for name in STATES} for kind, row in counted}, as_of


@test
def every_figure_is_what_a_second_count_finds():
    with Demo("--patients", "300", "--months", "6") as demo:
        total = check(demo, UNTIL, "commitment", "customer", "month")["total"]
        assert total["due"] > 1000 and min(total[name] for name in ("early", "late", "missed", "inaccurate")) > 0, total
        check(demo, UNTIL, "window", "customer", "month")
        check(demo, UNTIL, "commitment", "driver", "depot")
        check_families(demo, UNTIL)
        # as it was known in the middle of a window, of a night, of a month, and before anything
        for as_of in ("2026-07-15T23:30:00.000Z", "2026-09-09T05:00:00.000Z",
                      "2026-10-31T03:17:42.001Z", "2026-01-01T00:00:00.000Z"):
            check(demo, as_of, "commitment", "customer", "month")
            check(demo, as_of, "window", "customer", "month")
            check_families(demo, as_of)


@test
def random_sequences_are_counted_the_same():
    """The sequences of tests/app/test_figures.c, as of every step."""
    with tempfile.TemporaryDirectory(prefix="canary-figures-") as folder:
        played = subprocess.run([os.path.join(os.path.dirname(BIN), "tests-c"), "figures_balance"], check=False,
                                env=environment(CANARY_DUMP=folder, CANARY_SEQUENCES="1001-1040"), timeout=300,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        assert played.returncode == 0, played
        for seed in range(1001, 1041):
            with open(os.path.join(folder, f"{seed}.json"), encoding="utf-8") as file:
                reports = [json.loads(line) for line in file]
            assert len(reports) > 40, (seed, len(reports))
            for report in reports:
                counted = Recount(os.path.join(folder, f"{seed}.db"), ms(report["as_of"]), "2026-03-16").rows(
                    report["from"], report["to"], ("customer", "month"), report["basis"])
                wrong = differences(report["rows"], counted, key_of(("customer", "month")))
                assert not wrong, (seed, report["as_of"], report["basis"], wrong[:12])


main()
