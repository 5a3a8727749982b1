"""Every named statement of the program is one that PostgreSQL takes, too: each is prepared on a migrated database.
The texts are read out of the preprocessed sources, so that none is left out. Parameters must not be of 32 bits."""
import glob
import os
import re
import subprocess

from canary import ROOT, Server, main, test
import postgres

LITERALS = r'"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*'
STATEMENT = re.compile(r'\{\s*(?:\.name\s*=\s*)?(' + LITERALS + r')\s*,\s*(?:\.sql\s*=\s*)?(' + LITERALS + r')')
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


@test
def every_statement_is_one_for_postgresql():
    found = statements()
    assert len(found) > 250, len(found)
    with postgres.Cluster() as cluster:
        database = cluster.database()
        wrong = []
        with Server(db=database, start=False):
            for i, (name, sql) in enumerate(found.items()):
                said = cluster.sql(database, f"PREPARE s{i} AS {sql};\nSELECT parameter_types::text FROM "
                                             "pg_prepared_statements", ok=False)
                if "ERROR" in said or re.search(r"\b(integer|smallint|numeric|unknown)\b", said):
                    wrong.append(f"{name}: {said.strip()}")
    assert not wrong, "\n".join(wrong)


main()
