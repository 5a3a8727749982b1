"""Every named statement of the program is one that PostgreSQL takes, too: each is prepared on a migrated database.
The texts are read out of the preprocessed sources, so that none is left out. Parameters must not be of 32 bits."""
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402
from canary import ADMIN, PASSWORD, ROOT, main, run, test  # noqa: E402

LITERALS = r'"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*'
STATEMENT = re.compile(r'\{\s*(?:\.name\s*=\s*)?(' + LITERALS + r')\s*,\s*(?:\.sql\s*=\s*)?(' + LITERALS + r')')
MARK = "-- the next --"
BEGINS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def text_of(literals):
    parts = re.findall(r'"((?:\\.|[^"\\])*)"', literals)
    return "".join(parts).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def statements():
    """(name, SQL) of every struct db_stmt of the stores and what is above them."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "src", "[!d]*", "*.c")) + glob.glob(os.path.join(ROOT, "src", "db", "migrate.c"))):
        with open(path, encoding="utf-8") as file:
            if "struct db_stmt" not in file.read():
                continue
        words = ["gcc", "-E", "-P", "-std=c17", "-D_GNU_SOURCE", "-Iinclude", "-Isrc", path]
        source = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
        for name, sql in STATEMENT.findall(source):
            sql = text_of(sql)
            if sql.startswith(BEGINS):
                found[os.path.basename(path) + " " + text_of(name)] = sql
    return found


def prepare_all(database, texts):
    """What psql says of each: an error, or the types of its parameters."""
    script = "".join(f"\\echo {MARK}\nPREPARE s{i} AS {text};\nSELECT parameter_types FROM pg_prepared_statements "
                     f"WHERE name = 's{i}';\n" for i, text in enumerate(texts))
    done = subprocess.run(["psql", "-qAtX", database], input=script, encoding="utf-8", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    said = done.stdout.split(MARK)[1:]
    assert len(said) == len(texts), done.stdout[-2000:]
    return said


@test
def every_statement_is_one_for_postgresql():
    found = statements()
    assert len(found) > 250, len(found)
    wrong = []
    with postgres.Cluster() as cluster:
        database = cluster.database()
        with tempfile.TemporaryDirectory() as folder:
            password = os.path.join(folder, "password")
            with open(password, "w", encoding="utf-8") as file:
                file.write(PASSWORD)
            made = run("init", "--db", database, "--key", os.path.join(folder, "key"), "--admin", ADMIN,
                       "--password-file", password)
            assert made.returncode == 0, made
        said = prepare_all(database, list(found.values()))
    for name, words in zip(found, said):
        if re.search(r"ERROR|\b(integer|smallint|numeric|unknown)\b", words):
            wrong.append(f"{name}: {words}")
    assert not wrong, "\n".join(wrong)


@test
def every_word_of_the_log_is_one_of_audit_word():
    """Without its row an event is refused. Told by the sources: actions, nouns, and the verbs of the catalogue's nouns."""
    with open(os.path.join(ROOT, "schema", "0019_audit_entry.sql"), encoding="utf-8") as file:
        known = set(re.findall(r"\(\d+, '([^']+)'\)", file.read()))
    for path in sorted(glob.glob(os.path.join(ROOT, "schema", "00[2-9]*.sql"))):
        with open(path, encoding="utf-8") as file:
            for rows in re.findall(r"INTO audit_word[^;]*;", file.read()):
                known |= set(re.findall(r"\(\d+, '([^']+)'\)", rows))
    said = set()
    for path in glob.glob(os.path.join(ROOT, "src", "app", "*.c")):
        with open(path, encoding="utf-8") as file:
            source = file.read()
        said |= set(re.findall(r'\.(?:action|entity) =\s+"([^"]+)"', source))
        nouns = re.findall(r"^NOUN\((\w+)\)", source, re.MULTILINE)
        said |= set(nouns) | {f"{noun}.{verb}" for noun in nouns for verb in ("add", "change")}
        for call in re.findall(r"(?:order_open|close_order|write_change|audit_pause|write_event|audit_as_system|\baudit)\(c,[^;]*;", source):
            said |= {word for word in re.findall(r'"([a-z_]+\.[a-z-]+)"', call)}
    assert len(said) > 60 and "order.skip" in said and "user.login" in said and "depot.add" in said, sorted(said)
    assert said <= known, sorted(said - known)


main()
