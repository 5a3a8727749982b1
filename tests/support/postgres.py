"""A PostgreSQL of the tests' own: Debian's package, in a folder of its own, on a unix socket, as an unprivileged user.

    with Cluster() as cluster:
        url = cluster.database()            # an empty database
        cluster.sql(url, "SELECT 1")        # what psql says

python3 tests/support/postgres.py COMMAND…: runs it with CANARY_TEST_DB naming such a server. What is written need not
survive: nothing is synced, and the folder is in memory where there is room."""
import glob
import itertools
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from urllib.parse import quote, unquote, urlsplit

SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "autovacuum": "off",
            "wal_level": "minimal", "max_wal_senders": "0", "max_connections": "200",
            "dynamic_shared_memory_type": "mmap"}  # in its folder: nothing is left behind
NUMBERS = itertools.count(1)


def binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    assert found, "PostgreSQL is missing: tools/packages test"
    return os.path.dirname(found[-1])


def unprivileged():
    """The words in front of a command, and the user it then runs as: the server refuses to be root."""
    if os.getuid() != 0:
        return [], os.getuid()
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"], user.pw_uid
    raise AssertionError("there is no user to run PostgreSQL as")


def roomy():
    """Memory if a quarter of a gigabyte is free there."""
    try:
        free = os.statvfs("/dev/shm")
        return "/dev/shm" if free.f_bavail * free.f_frsize > 1 << 28 else None
    except OSError:
        return None


class Cluster:
    def __init__(self, place=None, **settings):
        self.place = place  # a folder; None: in memory, or where temporary files are
        self.settings = {**SETTINGS, **settings}

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="canary-pg-", dir=self.place or roomy())
        self.before, user = unprivileged()
        os.chown(self.folder, user, -1)
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        try:
            self.tool("initdb", "-U", "canary", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            self.start()
        except Exception:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.url = f"postgresql://canary@{quote(self.folder, safe='')}/postgres"
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tool(self, name, *words):
        done = subprocess.run([*self.before, os.path.join(binaries(), name), "-D", self.data, *words], cwd="/",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout.decode()

    def start(self):
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in self.settings.items())
        self.tool("pg_ctl", "-w", "-s", "-l", os.path.join(self.folder, "log"), "-o",
                  f"{options} -c unix_socket_directories={self.folder}", "start")

    def stop(self, how="immediate"):
        self.tool("pg_ctl", "-w", "-s", "-m", how, "stop")

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read()

    def database(self):
        return new_database(self.url)


def folder_of(url):
    """Where the Cluster of a database stands; it goes with it."""
    return unquote(urlsplit(url).netloc.rpartition("@")[2])


def sql(url, text):
    """Rows as lines, columns with | between them. An error is an AssertionError."""
    done = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url], input=text, encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def cell(text):
    """As sqlite3 gives it: a number, bytes, a text; None for what is empty."""
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    try:
        return int(text)
    except ValueError:
        return text or None


def literal(value):
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    return "'\\x" + value.hex() + "'" if isinstance(value, bytes) else "'" + value.replace("'", "''") + "'"


def rows(url, statement, *values):
    """SELECT with ? for each value; a list of tuples."""
    parts = statement.split("?")
    text = parts[0] + "".join(literal(value) + part for value, part in zip(values, parts[1:]))
    said = sql(url, "\\pset fieldsep '\x1f'\n\\pset recordsep '\x1e'\n" + text)
    return [tuple(cell(word) for word in row.split("\x1f")) for row in said.split("\x1e")] if said else []


def tables(url):
    return [name for (name,) in rows(url, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                                          "'public'::regnamespace ORDER BY 1")]


def new_database(server, copy_of=None):
    name = f"t{os.getpid()}_{next(NUMBERS)}"
    template = copy_of.rsplit("/", 1)[1] if copy_of else "template0"
    sql(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return server.rsplit("/", 1)[0] + "/" + name


def drop_database(url):
    sql(url.rsplit("/", 1)[0] + "/postgres", f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")


if __name__ == "__main__":
    with Cluster() as the_cluster:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, "CANARY_TEST_DB": the_cluster.url}, check=False).returncode)
