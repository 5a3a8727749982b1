"""Images: who may send and see them, what is one, that each is kept once, and that no browser runs it."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images  # noqa: E402
from canary import Skip, in_parallel, main, test  # noqa: E402

try:
    from operation import NOBODY, ROLES, Operation, signed
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()

MIB = 1024 * 1024
LARGEST = 5 * MIB


def path(image):
    return "/v1/evidence/" + images.name(image)


def seen_by(op, image):
    """Who gets it; the others are told that there is nothing."""
    got = set()
    for who in ROLES:
        answer = op.send("GET", path(image), who)
        assert answer.status == 404 or answer.raw == image, (who, answer)
        if answer.status == 200:
            got.add(who)
        else:
            nobodys = op.send("GET", "/v1/evidence/" + "00" * 32, who)
            assert {**answer.json, "instance": ""} == {**nobodys.json, "instance": ""}, answer
    return got


OFFICE = {"manager", "rep", "dispatcher"}


@test
def an_image_is_seen_by_those_who_see_a_delivery_that_names_it():
    with Operation() as op:
        mine, alone, office, both = (images.png(word) for word in ("mine", "alone", "office", "both"))
        op.put_image(mine, "driver2")
        assert seen_by(op, mine) == OFFICE | {"driver2"}
        op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", op.drop_body(evidence=[signed(mine)]), "driver")
        assert seen_by(op, mine) == OFFICE | {"driver2", "driver", "customer"}
        op.put_image(alone, "driver")
        assert seen_by(op, alone) == OFFICE | {"driver"}
        op.put_image(office, "dispatcher")
        assert seen_by(op, office) == OFFICE
        op.post(f"/v1/deliveries/{op.other['failed']}/failures", op.failure_body(evidence=[
            {"kind": "photo", "sha256": images.name(both)}]), "driver2")
        assert seen_by(op, both) == set()
        op.put_image(both, "manager")
        assert seen_by(op, both) == OFFICE | {"driver2", "customer2"}
        assert op.send("GET", path(both), "admin").status == 403
        assert op.send("GET", path(both), "none").status == 401


@test
def no_browser_runs_or_keeps_it():
    with Operation() as op:
        for image, kind, suffix in ((images.png("h"), "image/png", "png"), (images.jpeg("h"), "image/jpeg", "jpg")):
            answer = op.put_image(image, "driver", kind=kind)
            assert answer.json == {"sha256": images.name(image), "type": kind, "bytes": len(image),
                                   "received_at": answer.json["received_at"]}
            for method, body in (("GET", image), ("HEAD", b"")):
                answer = op.send(method, path(image), "rep")
                assert answer.status == 200 and answer.raw == body, answer
                headers = {name: answer.headers.get_all(name) for name in (
                    "Content-Type", "Content-Length", "X-Content-Type-Options", "Content-Security-Policy",
                    "Content-Disposition", "Cache-Control", "Cross-Origin-Resource-Policy")}
                assert headers == {
                    "Content-Type": [kind], "Content-Length": [str(len(image))], "X-Content-Type-Options": ["nosniff"],
                    "Content-Security-Policy": ["default-src 'none'; sandbox"],
                    "Content-Disposition": [f'attachment; filename="{images.name(image)}.{suffix}"'],
                    "Cache-Control": ["private, no-store"], "Cross-Origin-Resource-Policy": ["same-origin"]}, headers


def kept(op):
    """What there is of images. (The clock writes elsewhere while a test runs.)"""
    return [op.rows("SELECT COUNT(*) FROM " + table)[0][0] for table in (
        "evidence", "evidence_image", "audit_event WHERE entity = 'evidence'")]


def refused(op, image, words, kind="image/png", sha256=None):
    answer = op.put_image(image, "driver", 422, kind, sha256)
    assert answer.slug == "evidence.refused", answer
    told = " ".join(fault["detail"] for fault in answer.json["errors"])
    assert len(answer.json["errors"]) == len(words) and all(word in told for word in words), answer


@test
def what_is_no_image_is_refused():
    page, svg = b"<html><script>alert(1)</script></html>", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    good, photo = images.png("good"), images.jpeg("good")
    with Operation() as op:
        before = kept(op)
        refused(op, page, ["text/html"])
        refused(op, svg, ["image/svg"])
        refused(op, good[:8] + page, ["application/octet-stream"])
        refused(op, b"GIF89a" + b"\0" * 40, ["image/gif"])
        refused(op, b"%PDF-1.4\n", ["application/pdf"])
        refused(op, b"", ["application/x-empty"])
        refused(op, b"x" * 70000, ["text/plain"])
        for polyglot in (good + page, images.png(page.decode()), images.png("<SVG onload=x>"), images.png("<!DocType html")):
            refused(op, polyglot, ["a page or a script"])
        refused(op, images.jpeg("<script>x</script>"), ["a page or a script"], "image/jpeg")
        refused(op, photo, ["image/jpeg, Content-Type says image/png"])
        refused(op, good, ["image/png, Content-Type says image/jpeg"], "image/jpeg")
        other = images.name(photo)
        refused(op, good, [f"is {images.name(good)}, the address names {other}"], sha256=other)
        refused(op, page, [other, "text/html"], sha256=other)
        for kind in ("image/svg+xml", "image/gif", "text/html", "application/json", ""):
            assert op.send("PUT", path(good), "driver", good, Content_Type=kind).status == 415, kind
        for word in ("x", other[:-1], other + "0", "zz" * 32, NOBODY, "%41" * 32, "/".join((other[:32], other[32:]))):
            answer = op.send("PUT", "/v1/evidence/" + word, "driver", good, Content_Type="image/png")
            assert answer.status == 404, (word, answer)
            assert op.send("GET", "/v1/evidence/" + word, "manager").status == 404
        assert kept(op) == before
        op.put_image(good, "driver", kind="Image/PNG; charset=binary")
        op.put_image(good, "driver", 200, sha256=images.name(good).upper())
        assert op.send("GET", path(good).replace(images.name(good), images.name(good).upper()), "rep").raw == good


@test
def five_mebibytes_and_not_a_byte_more():
    with Operation() as op:
        largest = images.png("largest", LARGEST)
        more = images.png("largest", LARGEST + 1)
        assert (len(largest), len(more)) == (LARGEST, LARGEST + 1)
        assert op.put_image(largest, "driver").json["bytes"] == LARGEST
        assert op.send("GET", path(largest), "rep").raw == largest
        answer = op.put_image(more, "driver", 413)
        assert answer.slug == "request.too-large"
        for who, status in (("none", 401), ("rep", 403), ("customer", 403), ("admin", 403)):
            op.put_image(images.png("not theirs", 70000), who, status)
        # the other bodies stay as small as they were
        body = op.failure_body(note="x" * 70000)
        assert op.send("POST", f"/v1/deliveries/{op.own['dispatched']}/failures", "driver", body).status == 413


@test
def an_image_is_kept_once():
    with Operation() as op:
        image = images.png("once", MIB)
        before = kept(op)
        first = in_parallel(12, lambda i: op.send("PUT", path(image), ("driver", "driver2", "dispatcher")[i % 3], image,
                                                  Content_Type="image/png"))
        assert sorted(answer.status for answer in first) == [200] * 11 + [201], first
        assert len({answer.body for answer in first}) == 1, first
        after = kept(op)
        assert after == [many + 1 for many in before], (before, after)
        (event,) = op.get("/v1/audit?entity=evidence&limit=500")["items"][-1:]
        assert event["action"] == "evidence.put" and event["change"] == {"sha256": images.name(image)}, event
        op.put_image(image, "driver2", 200)
        assert kept(op) == after
        op.stop(signal.SIGKILL)
        op.start(login=False)
        assert op.put_image(image, "driver", 200).body == first[0].body
        assert op.send("GET", path(image), "rep").raw == image


@test
def f17_an_image_is_bound_to_its_delivery_and_its_hash():
    """Two offline signatures that end on one job are found when the second one names it."""
    with Operation() as op:
        image = images.png("signed once")
        first, second = f"/v1/deliveries/{op.own['dispatched']}", f"/v1/deliveries/{op.other['dispatched']}"
        body = op.drop_body(evidence=[signed(image)])
        told = op.post(first + "/confirmations", body, "driver")
        assert told["confirmation"]["evidence"] == [{**signed(image), "arrived": False, "received_at": None}], told
        assert told["delivery"]["quality"]["photo_reused"] is None  # not for a driver
        again = op.post(second + "/confirmations", op.drop_body(
            evidence=[signed(image)], on_behalf_of=op.other["driver"], reason="Phone broken"), "dispatcher")
        assert again["delivery"]["quality"]["photo_reused"] is True
        assert again["delivery"]["quality"]["reused_with"] == [op.own["dispatched"]]
        for who in OFFICE:
            for path_, other in ((first, op.other["dispatched"]), (second, op.own["dispatched"])):
                quality = op.get(path_, who)["quality"]
                assert (quality["photo_reused"], quality["reused_with"]) == (True, [other]), quality
        both = {op.own["dispatched"], op.other["dispatched"]}
        assert {one["id"] for one in op.get("/v1/deliveries?reused=true")["items"]} == both
        for who, path_ in (("driver", first), ("customer", first), ("driver2", second), ("customer2", second)):
            assert op.get("/v1/deliveries?reused=true", who)["items"] == []
            quality = op.get(path_, who)["quality"]
            assert (quality["photo_reused"], quality["reused_with"]) == (None, []), quality
        quality = op.get(f"/v1/deliveries/{op.own['delivered']}")["quality"]
        assert (quality["photo_reused"], quality["reused_with"], quality["proof_state"]) == (False, [], "present"), quality
        came = op.put_image(image, "driver").json["received_at"]
        assert op.get(first)["confirmation"]["evidence"] == [{**signed(image), "arrived": True, "received_at": came}]
        assert op.post(first + "/confirmations", body, "driver", 200) == told  # a copy is answered as the first was


@test
def f10_a_bypass_is_coded_and_shown():
    with Operation() as op:
        told = op.post(f"/v1/deliveries/{op.own['dispatched']}/confirmations", op.drop_body(
            evidence=[], bypass="receiver_declined"), "driver")
        quality = told["delivery"]["quality"]
        assert (quality["bypass"], quality["proof"], quality["proof_state"]) == ("receiver_declined", True, "present")
        assert "no_proof" not in [one["kind"] for one in told["discrepancies"]]
        assert (quality["scanned"], quality["typed"], quality["lines"]) == (1, 1, 2), quality
        assert (quality["distance_m"], quality["accuracy_m"]) == (0, 8), quality


@test
def both_moments_of_a_late_image_stay_visible():
    with Operation() as op:
        image = images.png("late")
        path_ = f"/v1/deliveries/{op.own['dispatched']}"
        told = op.post(path_ + "/confirmations", op.drop_body(evidence=[signed(image)]), "driver")
        assert told["delivery"]["quality"]["proof_state"] == "awaited"
        found = lambda: [one for one in op.get(path_)["discrepancies"] if one["kind"] == "no_proof"]  # noqa: E731
        op.stop()
        op.clock("2026-03-02T23:55:00Z")
        op.token.update({who: op.login_as(who) for who in ("manager", "driver")})
        op.post("/v1/sweep", None, status=200)
        assert found() == []
        op.stop()
        op.clock("2026-03-03T00:06:00Z")
        op.token.update({who: op.login_as(who) for who in ("manager", "driver")})
        op.post("/v1/sweep", None, status=200)
        (one,) = found()
        assert (one["state"], one["source"], one["severity"]) == ("open", "sweep", "S4"), one
        assert op.get(path_)["quality"]["proof_state"] == "missing"
        op.put_image(image, "driver")
        (after,) = found()
        assert (after["id"], after["state"], after["reason"]) == (one["id"], "resolved", "evidence_arrived"), after
        assert after["detected_at"] == one["detected_at"]
        assert op.get(path_)["quality"]["proof_state"] == "present"
        actions = [(event["action"], event["role"]) for event in op.get(f"/v1/audit?entity=discrepancy&id={one['id']}")["items"]]
        assert actions == [("discrepancy.open", "system"), ("discrepancy.evidence", "system")] or actions == [
            ("discrepancy.open", "manager"), ("discrepancy.evidence", "system")], actions


main()
