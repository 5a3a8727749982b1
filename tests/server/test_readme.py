#!/usr/bin/python3
"""Every command line of README.md is run, in order, in one shell, and its answer compared with the one printed there.

A block ```sh is run; a block ```text right behind it is its answer. Ids, tokens, hashes, ports and the like differ from
run to run and are compared as <id>, <token>, …. `test_readme.py --write` puts the answers of this run into README.md.
Blocks ```sh that begin with a line "# both install packages" (the two commands that do, and serve for ever) are only
checked to be make targets.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import free_port  # noqa: E402
from postgres import Cluster  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
README = os.path.join(ROOT, "README.md")
PORT = "8090"  # of the walk-through
HOST = "db.example.org"  # of a PostgreSQL
MARK = "----- end of block -----"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.S | re.M)
VARYING = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
    (r'"token":"[^"]*"', '"token":"<token>"'),
    (r'"leaf_hash":"[0-9a-f]{64}"', '"leaf_hash":"<hash>"'),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<instant>"),
    (r'"schema":\d+', '"schema":<number>'),
    (r"audit event(s?)( up to)? \d+|\d+ audit events", "<events>"),
]


def blocks(text):
    return [(m.group(1), m.group(2), m.start(2), m.end(2)) for m in BLOCK.finditer(text)]


def plain(answer):
    for pattern, word in VARYING:
        answer = re.sub(pattern, word, answer)
    return answer.strip()


def environment(folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith("CANARY_")}
    env["PATH"] = os.path.join(folder, "bin") + ":" + env["PATH"]
    env["LC_ALL"] = "C.UTF-8"
    return env


def run(commands, folder):
    """Runs each block in one shell; gives each block's output."""
    script = os.path.join(folder, "script")
    with open(script, "w") as file:
        file.write("".join("%s\nprintf '%%s\\n' '%s'\n" % (text, MARK) for text in commands))
    with open(os.path.join(folder, "output"), "w+") as output:
        shell = subprocess.Popen(["bash", script], cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL,
                                 stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            shell.wait(timeout=120)
        except subprocess.TimeoutExpired:
            print("the blocks took longer than two minutes")
        try:
            os.killpg(shell.pid, signal.SIGKILL)  # whatever a block left running
        except ProcessLookupError:
            pass
        output.seek(0)
        return output.read().split(MARK + "\n")[:-1]


def prepare(folder):
    """A folder that looks like the checkout, with build/canary being the program under test."""
    os.makedirs(os.path.join(folder, "build"))
    program = os.environ.get("CANARY_BIN") or os.path.join(ROOT, "build", "release", "canary")
    os.symlink(program, os.path.join(folder, "build", "canary"))
    os.symlink(os.path.join(ROOT, "fixtures"), os.path.join(folder, "fixtures"))


def on_server(body, folder):
    """The words of a block with the server that the tests have instead of the README's."""
    return body.replace("@" + HOST, "@" + quote(folder, safe="")).replace("=" + HOST, "=" + folder)


def is_make_target(line):
    with open(os.path.join(ROOT, "Makefile")) as makefile:
        return re.search(r"^%s:" % re.escape(line.split()[1]), makefile.read(), re.M) is not None


def main():
    text = open(README).read()
    found = blocks(text)
    passed = failed = 0
    wanted = []  # (command, answer, where the answer stands)
    for i, (kind, body, _, _) in enumerate(found):
        if kind != "sh":
            continue
        if body.startswith("# both install packages"):
            for line in body.splitlines()[1:]:
                ok = not line.strip() or is_make_target(line)
                passed, failed = passed + ok, failed + (not ok)
                if not ok:
                    print("FAIL no such target: %s" % line)
            continue
        answer = found[i + 1] if i + 1 < len(found) and found[i + 1][0] == "text" else None
        wanted.append((body, answer))
    folder = tempfile.mkdtemp(prefix="canary-readme-")
    try:
        prepare(folder)
        port = str(free_port())  # not the README's, which may be taken by whoever reads it right now
        with Cluster(fsync="on") as cluster:  # without, each command would warn
            outputs = run([on_server(body.replace(PORT, port), cluster.folder) for body, _ in wanted], folder)
        outputs = [output.replace("127.0.0.1:" + port, "127.0.0.1:" + PORT)
                   .replace(quote(cluster.folder, safe=""), HOST) for output in outputs]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if len(outputs) != len(wanted):
        print("FAIL only %d of %d blocks were run" % (len(outputs), len(wanted)))
        failed += 1
    if "--write" in sys.argv:
        for (body, answer), output in reversed(list(zip(wanted, outputs))):
            if answer:
                text = text[:answer[2]] + output.rstrip("\n") + "\n" + text[answer[3]:]
        open(README, "w").write(text)
        return 0
    for (body, answer), output in zip(wanted, outputs):
        want = plain(answer[1]) if answer else ""
        ok = plain(output) == want
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print("FAIL README.md:\n%s--- answers\n%s\n--- instead of\n%s" % (body, plain(output), want))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
