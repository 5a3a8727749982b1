"""tools/chaos on the tests' program, and a program that is known to be wrong."""
import os
import re
import shutil
import subprocess
import tempfile

import canary
from canary import Skip, environment

BASES = tempfile.mkdtemp(prefix="canary-test-")
ZERO = ("lost", "doubled", "half-written", "foreign", "differing answers", "wrongly refused")

MADE_ANEW = (".id = in->id,", ".id = id_new(c->now),")
NO_LOOKUP = (("app/app_drop.c", *MADE_ANEW), ("app/app_drop_fail.c", *MADE_ANEW),
             ("app/app_drop.c", "    TRY(first_confirmation(c, found));\n", "    if (!c) TRY(first_confirmation(c, found));\n"))


def chaos(**options):
    """Runs the harness: its exit code, the figures of its last line, all that it said. The database before the first event
    is made once for each size."""
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


def main():
    try:
        canary.main()
    finally:
        shutil.rmtree(BASES, ignore_errors=True)
