"""A disk that fails under the running server: full, torn and short writes, I/O errors, a sync that fails. What was
acknowledged is there, what was not can be sent again with the same key, and a build that does not look at the commit's
result is caught."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import canary  # noqa: E402
from canary import BIN, Server, Skip, main, run, test, until  # noqa: E402

BUILD = os.environ.get("CANARY_BUILD") or os.path.dirname(BIN)
DISK = os.path.join(BUILD, "disk-faults.so")
BUSY = (503, 507)


class Disk(Server):
    """A server on a disk whose fault can be set; it keeps what was acknowledged."""

    def __init__(self, program=BIN):
        if not os.path.exists(DISK):
            raise Skip("no " + DISK)
        self.program, self.acknowledged, self.sent = program, {}, 0
        super().__init__(start=False)
        self.switch = os.path.join(self.folder, "fault")
        self.env = {"LD_PRELOAD": DISK, "DISK_FAULT": self.switch,
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        self.start()

    def start(self, login=True):
        normal, canary.BIN = canary.BIN, self.program
        try:
            return super().start(login)
        finally:
            canary.BIN = normal

    def fault(self, what):
        with open(self.switch + ".new", "w", encoding="utf-8") as file:
            file.write(what)
        os.rename(self.switch + ".new", self.switch)

    def add(self, code=None):
        """One customer with a key of its own; the status, 0 when there was no answer."""
        if code is None:
            self.sent += 1
            code = f"C{self.sent}"
        try:
            answer = self.call("POST", "/v1/customers", {"code": code, "name": "N"}, token=self.admin, keep=False,
                               headers={"Idempotency-Key": "key-" + code})
        except OSError:
            return 0
        if answer.status == 201:
            self.acknowledged.setdefault(code, answer.body)
            assert answer.body == self.acknowledged[code], answer
        return answer.status

    def codes(self):
        answer = self.call("GET", "/v1/customers?limit=500", token=self.admin, keep=False)
        assert answer.status == 200, answer
        return [item["code"] for item in answer.json["items"]]

    def lost(self):
        """What was acknowledged and is not there, or twice."""
        there = self.codes()
        return [code for code in self.acknowledged if there.count(code) != 1]

    def verified(self):
        ended = run("audit", "verify", "--db", self.db)
        assert ended.returncode == 0, ended


def no_space(server, how):
    """Writes while the disk is full, then on a good one."""
    pid = server.process.pid
    server.fault(how)
    statuses = [server.add() for _ in range(5)]
    assert server.call("GET", "/v1/me", token=server.admin, keep=False).status == 200
    assert server.call("GET", "/healthz", keep=False).status == 200
    assert server.process.poll() is None and server.process.pid == pid
    server.fault("")
    return statuses


@test
def a_full_disk_is_507_and_is_over_when_it_is():
    with Disk() as server:
        assert [server.add() for _ in range(3)] == [201] * 3
        for how in ("full", "torn"):
            first = server.sent + 1
            statuses = no_space(server, how)
            assert statuses == [507] * 5, (how, statuses)
            assert not server.lost()
            again = [server.add(f"C{n}") for n in range(first, server.sent + 1)]  # the same keys
            assert again == [201] * 5, (how, again)
            assert [server.add(f"C{n}") for n in range(first, server.sent + 1)] == [201] * 5  # and once more
        assert not server.lost() and len(server.codes()) == len(server.acknowledged) == 13
        server.verified()


@test
def what_is_read_beside_a_service_is_on_the_disk_before_it_is_told():
    with Disk() as server:
        assert server.add() == 201
        bad = dict(server.env, DISK_FAULT=server.switch + ".beside")  # for the reader alone
        with open(bad["DISK_FAULT"], "w", encoding="utf-8") as file:
            file.write("fsync")
        for words in (["audit", "head"], ["audit", "events"], ["report", "delivery-errors", "--from", "2026-01-01", "--to", "2026-01-31"]):
            ended = run(*words, "--db", server.db, env=bad)
            assert ended.returncode != 0 and not ended.stdout, (words, ended)
            assert "cannot be brought to the disk" in ended.stderr, (words, ended)
            assert run(*words, "--db", server.db).returncode == 0, words
        assert server.add() == 201


@test
def writes_by_halves_are_writes():
    with Disk() as server:
        server.fault("short")
        assert [server.add() for _ in range(5)] == [201] * 5
        server.fault("")
        assert not server.lost()
        server.verified()


@test
def a_write_error_is_503_and_is_over_when_it_is():
    with Disk() as server:
        assert server.add() == 201
        server.fault("eio")
        statuses = [server.add() for _ in range(4)]
        assert set(statuses) <= set(BUSY) and 503 in statuses, statuses
        assert server.call("GET", "/v1/me", token=server.admin, keep=False).status == 200
        server.fault("")
        assert [server.add(f"C{n}") for n in range(2, 6)] == [201] * 4
        assert not server.lost() and len(server.codes()) == 5
        server.verified()


@test
def a_sync_error_ends_the_process_and_a_restart_recovers():
    with Disk() as server:
        assert [server.add() for _ in range(3)] == [201] * 3
        for _ in range(2):
            server.fault("fsync")
            assert server.add() == 0, "an answer, though nothing is known to be on the disk"
            assert server.process.wait(30) == -signal.SIGABRT
            assert '"event":"db.fsync-failed"' in server.log()
            server.process.stdout.close()
            server.fault("")
            server.start(login=False)
            assert not server.lost()
            assert server.add(f"C{server.sent}") == 201  # whichever way it had ended
            assert server.add() == 201
            assert not server.lost()
        assert len(server.codes()) == len(server.acknowledged) == 7
        server.verified()


@test
def a_full_disk_at_start_is_said():
    with Disk() as server:
        server.stop()
        server.fault("full")
        ended = subprocess.run([BIN, "user", "add", "--db", server.db, "--email", "a@example.org", "--role", "rep",
                                "--password-file", server.password_file()], env=canary.environment(**server.env),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=60, check=False)
        assert ended.returncode == 1 and "full" in ended.stderr, ended
        server.fault("")
        server.start(login=False)
        assert server.add() == 201


@test
def an_unchecked_commit_is_caught():
    program = os.path.join(BUILD, "canary-unchecked")
    if not os.path.exists(program):
        raise Skip("no " + program)
    with Disk(program) as server:
        assert server.add() == 201
        statuses = no_space(server, "full")
        until(lambda: server.add() == 201)
        assert 201 in statuses and server.lost(), "the bad build answers before it knows, and nobody saw it"


main()
