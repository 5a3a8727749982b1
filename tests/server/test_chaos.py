"""The short form of make chaos, and what it must catch."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import canary  # noqa: E402
from canary import Skip, environment, main, test  # noqa: E402
from patched import patched  # noqa: E402

BASES = tempfile.mkdtemp(prefix="canary-test-")
ZERO = ("lost", "doubled", "half-written", "foreign", "differing answers", "wrongly refused")


def chaos(**options):
    """Runs the harness on the tests' program: its exit code, the figures of its last line, all that it said. The database
    before the first event is made once for each size."""
    harness = os.path.join(os.environ.get("CANARY_BUILD") or os.path.dirname(os.path.realpath(canary.BIN)), "canary-chaos")
    if not os.path.exists(harness):
        raise Skip("not built: " + harness)
    folder = tempfile.mkdtemp(prefix="canary-test-")
    options.setdefault("base", os.path.join(BASES, f"{options.get('devices')}-{options.get('stops')}"))
    words = [word for name, value in options.items() for word in ("--" + name, str(value))]
    try:
        made = subprocess.run([harness, "--program", canary.BIN, "--folder", folder, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", env=environment(), timeout=300, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = {name: int(n) for name, n in re.findall(r"(?:^|, )([a-z -]+) (\d+)", made.stdout.strip().rpartition("\n")[2])}
    return made.returncode, found, made.stdout


@test
def kills_cuts_and_copies_lose_and_double_nothing():
    code, found, said = chaos(kills=40, devices=16, stops=60)
    print(said.strip())
    assert code == 0, said
    assert found["kills"] == 40 and found["acknowledged"] > 1000, said
    assert all(found[name] == 0 for name in ZERO), said
    assert "trail good" in said, said


@test
def a_storm_is_drained():
    code, found, said = chaos(kills=0, devices=200, stops=8, cut=100)
    print(said.strip())
    assert code == 0 and found["acknowledged"] > 1600, said


# ---- programs that are known to be wrong ----

MADE_ANEW = (".id = in->id,", ".id = id_new(c->now),")


@test
def a_program_that_does_not_look_up_the_id_is_caught():
    with patched(("app/app_drop.c", *MADE_ANEW), ("app/app_drop.c", "    TRY(first_confirmation(c, found));\n",
                                                  "    if (!c) TRY(first_confirmation(c, found));\n"),
                 ("app/app_drop_fail.c", *MADE_ANEW)):
        code, found, said = chaos(kills=2, devices=16, stops=30)
    assert code == 1 and found["doubled"] > 0 and found["differing answers"] > 0, said


@test
def a_program_that_answers_before_the_commit_is_caught():
    with patched(("db/db_writer.c", "    TRY(run_jobs(w, g));\n", """    TRY(run_jobs(w, g));
    for (size_t i = 0; i < g->n; i++)
        g->job[i]->done(g->job[i], g->err[i]);
    nanosleep(&(struct timespec){0, 3000000}, NULL);
"""), ("db/db_writer.c", "        atomic_fetch_sub(&w->waiting, 1);\n        g->job[i]->done(g->job[i], g->err[i]);\n",
           "        atomic_fetch_sub(&w->waiting, 1);\n")):
        code, found, said = chaos(kills=20, devices=16, stops=30)
    assert code == 1 and found["lost"] > 0, said


@test
def a_program_that_takes_two_transactions_is_caught():
    with patched(("db/db_writer.c", "g->n < LIMIT_GROUP;", "g->n < 1;"),
                 ("app/app_drop.c", '#include "app/app_drop.h"\n', '#include "app/app_drop.h"\n#include "db/db.h"\n#include <time.h>\n'),
                 ("app/app_drop.c", "    for (size_t i = 0; i < verdict.findings; i++)\n", """
    TRY(app_audit(c, &(struct audit){.action = "half", .entity = "delivery", .id = work->delivery.id, .version = 1}));
    TRY(db_commit(c));
    nanosleep(&(struct timespec){0, 3000000}, NULL);
    TRY(db_begin(c));
    for (size_t i = 0; i < verdict.findings; i++)
""")):
        code, found, said = chaos(kills=20, devices=16, stops=30)
    assert code == 1 and found["half-written"] > 0, said


try:
    main()
finally:
    shutil.rmtree(BASES, ignore_errors=True)
