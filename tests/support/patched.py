"""Programs that are known to be wrong: the real sources with a few words changed, linked with the rest of the build. What
such a program does must be caught by the test that is there for it."""
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile

import canary
from canary import ROOT, Skip


def sanitizers(build):
    return ["-fsanitize=address,undefined"] if os.path.basename(build) == "asan" else []


def compiled(*edits):
    """The program with edits (source below src/, old text, new text), in a folder of its own. Each old text must stand
    there exactly once: who changes it changes the edit."""
    build = os.environ.get("CANARY_BUILD") or os.path.dirname(os.path.realpath(canary.BIN))
    library, start = os.path.join(build, "libcanary.a"), os.path.join(build, "src", "main.o")
    if not (os.path.exists(library) and os.path.exists(start)):
        raise Skip("no objects of a build to link with")
    texts = {}
    for source, old, new in edits:
        if source not in texts:
            with open(os.path.join(ROOT, "src", source), encoding="utf-8") as file:
                texts[source] = file.read()
        assert texts[source].count(old) == 1, (source, old)
        texts[source] = texts[source].replace(old, new)
    folder = tempfile.mkdtemp(prefix="canary-test-")
    paths = []
    for source, text in texts.items():
        paths.append(os.path.join(folder, os.path.basename(source)))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(text)
    floors = {"src/" + os.path.dirname(source) for source in texts}
    words = shlex.split(os.environ.get("CC", "gcc")) + sanitizers(build) + ["-std=c17", "-D_GNU_SOURCE", "-fPIE", "-g"]
    flags = ["-I" + os.path.join(ROOT, name) for name in ("include", "src", *sorted(floors))]
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as file:
        libraries = re.search(r"^LIBS := (.*)$", file.read(), re.MULTILINE).group(1).split()
    binary = os.path.join(folder, "canary")
    subprocess.run([*words, *flags, *paths, start, library, "-pie", "-o", binary, *libraries], check=True)
    return binary


@contextlib.contextmanager
def patched(*edits):
    """Meanwhile the tests' program is one with these edits."""
    binary, right = compiled(*edits), canary.BIN
    try:
        canary.BIN = binary
        yield binary
    finally:
        canary.BIN = right
        shutil.rmtree(os.path.dirname(binary))
