#!/usr/bin/python3 -B
"""The audit log proves itself to somebody who has nothing of ours but HTTP answers and exported heads: trees, proofs and
signatures are recomputed here from RFC 6962 and RFC 8032, and share no line with the program."""
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import Server, main, run, test  # noqa: E402

# ---- RFC 6962, section 2.1 ----


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def split(n):
    return 1 << (n - 1).bit_length() - 1


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha()
    k = split(len(leaves))
    return sha(b"\1", root(leaves[:k]), root(leaves[k:]))


def from_inclusion(index, size, leaf, path):
    """The root that follows from a leaf and its path, by the recursion of section 2.1.1."""
    if size == 1:
        assert not path, "a path too long"
        return leaf
    k = split(size)
    if index < k:
        return sha(b"\1", from_inclusion(index, k, leaf, path[:-1]), path[-1])
    return sha(b"\1", path[-1], from_inclusion(index - k, size - k, leaf, path[:-1]))


def from_consistency(size, to, whole, old, path):
    """Both roots that follow from a proof, by the recursion of section 2.1.2; `whole`: old is the old tree's root."""
    if size == to:
        if whole:
            assert not path, "a path too long"
            return old, old
        assert len(path) == 1
        return path[0], path[0]
    k = split(to)
    if size <= k:
        older, newer = from_consistency(size, k, whole, old, path[:-1])
        return older, sha(b"\1", newer, path[-1])
    older, newer = from_consistency(size - k, to - k, False, old, path[:-1])
    return sha(b"\1", path[-1], older), sha(b"\1", path[-1], newer)


# ---- RFC 8032: Ed25519, as slow as it is short ----

P, ORDER = 2 ** 255 - 19, 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        q, p, n = add(q, p) if n & 1 else q, add(p, p), n >> 1
    return q


def point(packed):
    y = int.from_bytes(packed, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0, "no point of the curve"
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(public, text, signature):
    r, s = point(signature[:32]), int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(h, point(public)))
    return s < ORDER and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def check_head(head, public=None):
    """As schema/README.md says what is signed."""
    public = public or bytes.fromhex(head["public_key"])
    text = "\n".join(["canary-head-1", str(head["size"]), head["root"], head["time"], head["key_id"]])
    assert sha(public)[:8].hex() == head["key_id"], head
    assert is_signed(public, text.encode(), bytes.fromhex(head["signature"])), head


# ---- what the tests share ----

class Log(Server):
    """A service with a manager and a log long enough for stored subtrees."""

    def __init__(self, events=0):
        super().__init__()
        self.manager = self.user("m@example.org", "manager")[0]
        while self.size() < events:
            self.customer()

    def customer(self, count=iter(range(10 ** 6))):
        code = f"C{next(count)}"
        answer = self.call("POST", "/v1/customers", {"code": code, "name": code}, token=self.admin)
        assert answer.status == 201, answer

    def get(self, path, status=200):
        answer = self.call("GET", path, token=self.manager)
        assert answer.status == status, (path, answer)
        return answer.json

    def size(self):
        return self.rows("SELECT MAX(seq) FROM audit_event")[0][0]

    def rows(self, sql):
        db = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def leaves(self):
        return [leaf for (leaf,) in self.rows("SELECT leaf_hash FROM audit_event ORDER BY seq")]

    def file(self, name):
        return os.path.join(self.folder, name)

    def export(self, name):
        made = run("audit", "head", self.file(name), "--db", self.db)
        assert made.returncode == 0 and "key" in made.stdout, made
        with open(self.file(name), encoding="utf-8") as file:
            return json.load(file)

    def copy(self, *changes, unprotected=True):
        """A copy of the database, changed by somebody who may write the file."""
        path = self.file("copy.db")
        source = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)
        if os.path.exists(path):
            os.unlink(path)
        db = sqlite3.connect(path)
        source.backup(db)
        source.close()
        db.execute("PRAGMA journal_mode=DELETE")
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            if unprotected:
                db.execute(f"DROP TRIGGER {name}")
        for change in changes:
            db.execute(change)
        db.commit()
        db.close()
        return path


def verify(path, *words):
    ended = run("audit", "verify", "--db", path, *words)
    assert ended.returncode in (0, 3) and "verified" in ended.stdout, ended
    return ended.returncode, ended.stdout


# ---- heads and proofs ----

@test
def heads_and_proofs_are_what_the_rfc_says():
    with Log(events=520) as server:
        head = server.get("/v1/audit/head")
        leaves = server.leaves()
        assert head["size"] == len(leaves) and head["root"] == root(leaves).hex(), head
        check_head(head)
        for size in (1, 2, 3, 255, 256, 257, 512, 517, head["size"]):
            for seq in sorted({1, size // 2 + 1, max(size - 1, 1), size}):
                proof = server.get(f"/v1/audit/proof?seq={seq}&size={size}")
                leaf, path = bytes.fromhex(proof["leaf_hash"]), [bytes.fromhex(one) for one in proof["path"]]
                assert leaf == leaves[seq - 1] == sha(b"\0", proof["canonical"].encode()), proof
                assert from_inclusion(seq - 1, size, leaf, path).hex() == proof["root"] == root(leaves[:size]).hex()
                older = server.get(f"/v1/audit/consistency?from={seq}&to={size}")
                path = [bytes.fromhex(one) for one in older["path"]]
                both = from_consistency(seq, size, True, bytes.fromhex(older["from_root"]), path)
                assert [one.hex() for one in both] == [older["from_root"], older["to_root"]], older
                assert older["from_root"] == root(leaves[:seq]).hex(), older
        whole = server.get("/v1/audit/proof?seq=1")
        assert (whole["size"], whole["root"]) == (head["size"], head["root"]), whole


@test
def the_canonical_bytes_are_those_of_the_event():
    """As a client recomputes them from GET /v1/audit, by schema/README.md."""
    with Log(events=20) as server:
        server.call("PATCH", "/v1/users/" + server.get("/v1/me")["id"], {"name": "M"}, token=server.admin,
                    headers={"If-Match": "*"})
        for event in server.get("/v1/audit?limit=500")["items"]:
            lines = server.get(f"/v1/audit/proof?seq={event['seq']}")["canonical"].split("\n")
            bare = lambda one: one.replace("-", "") if one else "-"  # noqa: E731
            assert lines[0].startswith("canary-audit-") and lines[1] == str(event["seq"]), lines
            assert lines[3:9] == [bare(event["actor_id"]), event["role"], event["action"], event["entity"],
                                  bare(event["entity_id"]), str(event["entity_version"])], (lines, event)
            assert bare(event["request_id"]) in lines, (lines, event)
            assert json.dumps(event["change"], separators=(",", ":"), ensure_ascii=False) in lines, (lines, event)


@test
def numbers_out_of_range_are_all_named():
    with Log() as server:
        size = server.size()
        for path, pointers in (
                (f"/v1/audit/proof?seq=0&size={size}", ["?seq"]), ("/v1/audit/proof?seq=3&size=2", ["?seq"]),
                (f"/v1/audit/proof?seq=1&size={size + 1}", ["?size"]), ("/v1/audit/proof?seq=1&size=0", ["?size"]),
                (f"/v1/audit/proof?seq={size + 1}&size={size + 1}", ["?size", "?seq"]),
                ("/v1/audit/proof?seq=x&size=-1", ["?seq", "?size"]), ("/v1/audit/proof", ["?seq"]),
                (f"/v1/audit/consistency?from={size + 2}&to={size + 1}", ["?to", "?from"]),
                ("/v1/audit/consistency?from=0&to=1", ["?from"]), ("/v1/audit/consistency?from=2&to=1", ["?from"]),
                ("/v1/audit/consistency?to=1", ["?from"])):
            problem = server.get(path, status=422)
            assert sorted(item["pointer"] for item in problem["errors"]) == sorted(pointers), (path, problem)


# ---- keys ----

@test
def old_heads_verify_after_the_key_was_rotated():
    with Log() as server:
        first = server.export("first.head")
        beside = run("audit", "rotate-key", "--db", server.db)
        assert beside.returncode == 1 and "stop it first" in beside.stderr, beside
        server.stop()
        rotated = run("audit", "rotate-key", "--db", server.db)
        assert rotated.returncode == 0 and first["key_id"] in rotated.stdout, rotated
        server.start()
        server.manager = server.login("m@example.org", "correct horse battery")
        second = server.get("/v1/audit/head")
        assert second["key_id"] != first["key_id"] and second["size"] > first["size"]
        check_head(first)
        check_head(second)
        event = [e for e in server.get("/v1/audit?entity=audit_key")["items"]][-1]
        assert event["action"] == "audit.key" and event["change"] == {
            "key_id": second["key_id"], "public_key": second["public_key"], "replaces": first["key_id"]}, event
        with open(server.file("second.head"), "w", encoding="utf-8") as file:
            json.dump(second, file)
        for name in ("first.head", "second.head"):
            assert verify(server.db, "--head", server.file(name))[0] == 0, name
        older = server.get(f"/v1/audit/consistency?from={first['size']}&to={second['size']}")
        assert (older["from_root"], older["to_root"]) == (first["root"], second["root"]), older


@test
def the_private_key_stands_in_its_file_alone():
    with Log() as server:
        path = server.db + ".key"
        with open(path, encoding="utf-8") as file:
            first, key_id, seed = file.read().splitlines()
        assert first == "canary-key-1" and key_id == server.get("/v1/audit/head")["key_id"]
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        told = [server.log(), run("config", "--db", server.db).stdout]
        for name in os.listdir(server.folder):
            if name != os.path.basename(path):
                with open(server.file(name), "rb") as file:
                    told.append(file.read())
        for text in told:
            text = text.encode() if isinstance(text, str) else text
            assert seed.encode() not in text and bytes.fromhex(seed) not in text


@test
def a_missing_key_is_said_with_what_to_do():
    with Log() as server:
        os.rename(server.db + ".key", server.file("away"))
        problem = server.get("/v1/audit/head", status=503)
        assert problem["type"].endswith(":log.no-key") and "rotate-key" in problem["detail"], problem
        beside = run("audit", "head", "--db", server.db)
        assert beside.returncode == 1 and "rotate-key" in beside.stderr, beside
        server.get("/v1/audit/proof?seq=1")  # needs no key
        server.customer()
        os.rename(server.file("away"), server.db + ".key")
        check_head(server.get("/v1/audit/head"))


@test
def a_service_says_before_it_serves_that_it_cannot_sign():
    with Log() as server:
        server.stop()
        assert "signed" not in server.log(), server.log()
        os.rename(server.db + ".key", server.file("away"))
        server.start()
        told = server.log()
        assert f"no file {server.db}.key" in told and "rotate-key" in told, told
        server.customer()  # which is no reason not to work
        with Log() as other:
            shutil.copy(other.db + ".key", server.db + ".key")
        server.stop()
        server.start()
        assert f"{server.db}.key holds another key" in server.log()[len(told):], server.log()


@test
def a_head_is_never_written_over():
    with Log() as server:
        server.export("one.head")
        again = run("audit", "head", server.file("one.head"), "--db", server.db)
        assert again.returncode == 1 and "evidence" in again.stderr, again
        with open(server.file("bad.head"), "w", encoding="utf-8") as file:
            file.write('{"size":1}')
        bad = run("audit", "verify", "--db", server.db, "--head", server.file("bad.head"))
        assert bad.returncode == 1 and "root" in bad.stderr and "signature" in bad.stderr, bad


# ---- what somebody who may write the file cannot hide ----

@test
def p6_the_trail_is_append_only_and_provable():
    with Log() as server:
        path = server.copy(unprotected=False)
        db = sqlite3.connect(path)
        for table in ("audit_entry", "audit_node", "audit_key"):
            if table == "audit_node":
                db.execute("INSERT INTO audit_node VALUES (8, 0, zeroblob(32))")
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid" if table != "audit_node" else
                              "UPDATE audit_node SET number = 5"):
                try:
                    db.execute(statement)
                except sqlite3.IntegrityError as error:
                    assert "append-only" in str(error), error
                else:
                    raise AssertionError(statement + " was not refused")
        db.close()
        head = server.get("/v1/audit/head")
        leaves = [sha(b"\0", server.get(f"/v1/audit/proof?seq={seq}")["canonical"].encode())
                  for seq in range(1, head["size"] + 1)]
        assert root(leaves).hex() == head["root"]
        assert verify(server.db)[0] == 0


@test
def a_cut_end_is_found_against_an_exported_head():
    with Log(events=260) as server:
        head = server.export("kept.head")
        keep = 200
        path = server.copy(f"DELETE FROM audit_entry WHERE seq > {keep}",
                           f"DELETE FROM audit_node WHERE (number + 1) * (1 << level) > {keep}")
        assert verify(path, "--log")[0] == 0, "nothing is left to see it by"
        code, said = verify(path, "--log", "--head", server.file("kept.head"))
        assert code == 3 and str(keep) in said and str(head["size"]) in said and "deleted" in said, said
        path = server.copy(f"DELETE FROM audit_entry WHERE seq > {keep}")
        assert verify(path, "--log")[0] == 3, "the subtrees outlived their events"
        assert verify(server.db, "--log", "--head", server.file("kept.head"))[0] == 0


@test
def a_log_written_anew_is_found_against_an_exported_head():
    """An event says something else, its leaf fits, and so do the subtrees: they are made again."""
    other = "UPDATE audit_entry SET change = REPLACE(change, '\"code\":\"C', '\"code\":\"X') WHERE seq = 50"
    with Log(events=260) as server:
        server.export("kept.head")
        canonical = server.get("/v1/audit/proof?seq=50")["canonical"]
        leaf = sha(b"\0", canonical.replace('"code":"C', '"code":"X').encode())
        anew = server.leaves()
        assert anew[49] == sha(b"\0", canonical.encode()) != leaf
        anew[49] = leaf
        path = server.copy(other, f"UPDATE audit_entry SET leaf_hash = X'{leaf.hex()}' WHERE seq = 50")
        code, said = verify(path, "--log")
        assert code == 3 and "one of 1 to 256" in said, said
        path = server.copy(other, f"UPDATE audit_entry SET leaf_hash = X'{leaf.hex()}' WHERE seq = 50",
                           f"UPDATE audit_node SET hash = X'{root(anew[:256]).hex()}'")
        assert verify(path, "--log")[0] == 0, "nothing is left to see it by"
        code, said = verify(path, "--log", "--head", server.file("kept.head"))
        assert code == 3 and "history was rewritten" in said, said


@test
def a_changed_event_names_its_number():
    with Log(events=30) as server:
        for change in ("SET change = '{}'", "SET leaf_hash = zeroblob(32)", "SET at = at + 1"):
            for words in ((), ("--log",)):
                code, said = verify(server.copy(f"UPDATE audit_entry {change} WHERE seq = 12"), *words)
                assert code == 3 and "the first bad audit event is 12\n" in said, said


@test
def a_wrong_subtree_is_found_and_makes_wrong_heads():
    """The known-bad case of these tests: with one stored subtree changed, head and proofs are seen to be wrong."""
    with Log(events=260) as server:
        server.stop()
        path = server.copy("UPDATE audit_node SET hash = zeroblob(32)")
        assert verify(path, "--log")[0] == 3
        shutil.copy(path, server.db)
        server.start()
        server.manager = server.login("m@example.org", "correct horse battery")
        head = server.get("/v1/audit/head")
        check_head(head)  # signed, and of another tree
        assert head["root"] != root(server.leaves()).hex()
        proof = server.get("/v1/audit/proof?seq=2")
        path = [bytes.fromhex(one) for one in proof["path"]]
        assert from_inclusion(1, proof["size"], bytes.fromhex(proof["leaf_hash"]), path).hex() != proof["root"]


@test
def our_signature_check_can_fail():
    with Log() as server:
        head = server.get("/v1/audit/head")
        for name, value in (("size", head["size"] + 1), ("root", "00" * 32), ("time", "2026-01-01T00:00:00.000Z"),
                            ("signature", "00" * 32 + head["signature"][64:]),
                            ("public_key", "01" + "00" * 31)):
            try:
                check_head({**head, name: value})
            except AssertionError:
                continue
            raise AssertionError(f"another {name} was taken")


main()
