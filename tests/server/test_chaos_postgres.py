"""canary-chaos on a service that somebody else runs, as make cluster has it: the world is brought to a PostgreSQL, and a copy of
what is there afterwards is held against what the devices were told."""
import os
import shlex
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import canary  # noqa: E402
import postgres  # noqa: E402
from canary import free_port, test, until  # noqa: E402
from chaos import NO_LOOKUP, ZERO, chaos, main  # noqa: E402
from patched import patched  # noqa: E402


def on_server():
    """The devices at work on a service on PostgreSQL, which is started when the world is there."""
    with postgres.Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        program, url, port = shlex.quote(canary.BIN), shlex.quote(cluster.database()), free_port()
        key = f"--key {folder}/key"
        serve = f"{program} serve --db {url} {key} --listen 127.0.0.1:{port} >{folder}/log 2>&1 & echo $! >{folder}/pid"
        done = chaos(devices=8, stops=30, port=port, load=f"{program} copy --from $DB --to {url} {key} && {{ {serve}; }}",
                     fetch=f"{program} copy --from {url} --to $DB {key}")
        with open(f"{folder}/pid", encoding="utf-8") as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGTERM)
        until(lambda: not os.path.exists(f"/proc/{pid}"), 30)
        return done


@test
def nothing_is_lost_or_doubled_on_a_server():
    code, found, said = on_server()
    print(said.strip())
    assert code == 0 and found["acknowledged"] >= 8 * 30, said
    assert all(found[name] == 0 for name in ZERO) and "trail good" in said, said


@test
def a_program_that_does_not_look_up_the_id_is_caught():
    with patched(*NO_LOOKUP):
        code, found, said = on_server()
    assert code == 1 and found["doubled"] > 0 and found["differing answers"] > 0, said


@test
def a_program_that_confirms_what_it_did_not_commit_is_caught():
    with patched(("db/db_writer.c", "    TRY(run_jobs(w, g));\n",
                  "    TRY(run_jobs(w, g));\n    if (atomic_load(&w->groups) % 8 == 7) db_rollback(&w->ctx);\n")):
        code, found, said = on_server()
    assert code == 1 and found["lost"] > 0, said


main()
