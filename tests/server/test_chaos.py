"""The short form of make chaos, and what it must catch."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import test  # noqa: E402
from chaos import NO_LOOKUP, ZERO, chaos, main  # noqa: E402
from patched import patched  # noqa: E402


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

@test
def a_program_that_does_not_look_up_the_id_is_caught():
    with patched(*NO_LOOKUP):
        code, found, said = chaos(kills=2, devices=16, stops=30)
    assert code == 1 and found["doubled"] > 0 and found["differing answers"] > 0, said


@test
def a_program_that_answers_before_the_commit_is_caught():
    with patched(("db/db_writer.c", "    TRY(run_jobs(w, g));\n", """    TRY(run_jobs(w, g));
    for (size_t i = 0; i < g->n; i++)
        g->job[i]->done(g->job[i], g->err[i]);
    nanosleep(&(struct timespec){0, 3000000}, NULL);
"""), ("db/db_writer.c", "        atomic_fetch_sub(&w->waiting, 1);\n        g->job[i]->done(g->job[i], g->err[i]);\n",
           "        atomic_fetch_sub(&w->waiting, 1);\n"),
                 ("db/db_writer.c", "        g->job[i]->committed_us = now_us;\n", "        (void)g->job[i];\n")):
        code, found, said = chaos(kills=20, devices=16, stops=30)
    assert code == 1 and found["lost"] > 0, said


@test
def a_program_that_takes_two_transactions_is_caught():
    with patched(("db/db_writer.c", "g->n < LIMIT_GROUP;", "g->n < 1;"),
                 ("app/app_drop.c", '#include "app/app_drop.h"\n', '#include "app/app_drop.h"\n#include "db/db.h"\n#include <time.h>\n'),
                 ("app/app_drop.c", "    for (size_t i = 0; i < verdict.findings; i++)\n", """
    TRY(app_audit(c, &(struct audit){.action = "delivery.arrive", .entity = "delivery", .id = work->delivery.id, .version = 1}));
    TRY(db_commit(c));
    nanosleep(&(struct timespec){0, 3000000}, NULL);
    TRY(db_begin(c));
    for (size_t i = 0; i < verdict.findings; i++)
""")):
        code, found, said = chaos(kills=20, devices=16, stops=30)
    assert code == 1 and found["half-written"] > 0, said


main()
