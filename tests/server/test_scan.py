"""A driver's app sends what the scanner read: what it says is recorded, and what is wrong is said in words to show."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import Skip, main, test  # noqa: E402

try:
    from operation import Operation, new_id
except ImportError as error:
    @test
    def python3_jsonschema_is_there():
        raise Skip(str(error))
    main()

GS = "\u001d"
BAG = "0109506000134352"  # the operation's bag
UNKNOWN = "0109506000149301"


def confirm(op, lines, status=201, **more):
    path = f"/v1/deliveries/{op.own['dispatched']}/confirmations"
    return op.post(path, op.drop_body(lines=lines, **more), "driver", status)


def errors(op, *lines):
    answer = confirm(op, list(lines), 422)
    assert answer["type"] == "urn:canary:problem:request.invalid", answer
    return [(error["pointer"], error["detail"]) for error in answer["errors"]]


@test
def a_scan_names_product_lot_expiry_and_count():
    with Operation() as op:
        scan = "]C1" + BAG + "17280500" + "305" + GS + "1024K11G40"
        answer = confirm(op, [{"scan": scan}, {"product_id": op.ids["cap"], "qty": 60}])
        line, other = answer["confirmation"]["lines"]
        assert (line["product_id"], line["qty"], line["lot"], line["expiry"], line["scanned"], line["scan"]) == (
            op.ids["bag"], 5, "24K11G40", "2028-05-31", True, scan), line
        assert (other["scan"], other["scanned"]) == (None, False), other
        assert answer["delivery"]["quality"]["scanned"] == 1
        assert not [one for one in answer["discrepancies"] if one["kind"] in ("lot_missing", "wrong_item", "unordered")]
        again = op.get(f"/v1/deliveries/{op.own['dispatched']}", "driver")
        assert again["confirmation"]["lines"][0]["scan"] == scan, again["confirmation"]


@test
def every_way_of_sending_it_says_the_same():
    forms = [BAG + "1728053110AB-1", GS + BAG + "10AB-1" + GS + "17280531", "]d2" + BAG + "10AB-1" + GS + "17280531" + GS,
             "]Q3" + BAG + "1728053110AB-1", "(01)09506000134352(10)AB-1(17)280531",
             "(01) 09506000134352 (17) 280531 (10) AB-1"]
    with Operation() as op:
        answer = confirm(op, [{"scan": form, "qty": 1} for form in forms])
        said = {(line["product_id"], line["lot"], line["expiry"]) for line in answer["confirmation"]["lines"]}
        assert said == {(op.ids["bag"], "AB-1", "2028-05-31")}, said
        assert [line["scan"] for line in answer["confirmation"]["lines"]] == forms


@test
def an_unknown_gtin_is_recorded_never_dropped():
    with Operation() as op:
        answer = confirm(op, [{"scan": UNKNOWN + "10X", "qty": 2}])
        line = answer["confirmation"]["lines"][0]
        assert (line["product_id"], line["stated"], line["qty"], line["lot"]) == (None, "09506000149301", 2, "X"), line
        assert [one["kind"] for one in answer["discrepancies"] if one["actual"] == 2] == ["wrong_item"], answer


@test
def what_is_wrong_is_said_with_its_position():
    with Operation() as op:
        before = op.fingerprint()
        assert errors(op, {"scan": "0109506000134353", "qty": 1, "code": "BAG"}) == [
            ("/lines/0/scan", "cannot be read at position 15: the check digit of the GTIN (01) is 3, and should be 2: scan "
                              "again")]
        assert errors(op, {"code": "CAP", "qty": 60}, {"scan": BAG + "10ABC17280531", "qty": 1, "code": "BAG"}) == [
            ("/lines/1/scan", "cannot be read at position 21: the lot (10) may end before here, for 17280531 can be the "
                              "expiry date (17), and no separator (FNC1) says: scan with a scanner that sends them, or "
                              "state the lot as printed beside the scan")]
        assert errors(op, {"scan": "]A0HELLO", "qty": 1, "code": "BAG"}) == [
            ("/lines/0/scan", "cannot be read at position 0: this barcode is none of GS1's: its symbology identifier is not "
                              "]C1, ]d2, ]Q3, ]e0, ]E0, ]E4 or ]I1")]
        assert errors(op, {"scan": BAG + "240X", "qty": 1, "code": "BAG"}) == [
            ("/lines/0/scan", "cannot be read at position 16: the application identifier 24 is not known here: 00 01 02 10 "
                              "11 12 13 15 17 21 30 37 are; state the product, lot and expiry without the scan")]
        assert errors(op, {"scan": "", "qty": 1, "code": "BAG"}) == [
            ("/lines/0/scan", "cannot be read at position 0: nothing was scanned")]
        assert op.fingerprint() == before


@test
def every_fault_of_every_line_is_named():
    with Operation() as op:
        wrong = {"scan": BAG + "1728053110ABC", "qty": 1, "product_id": op.ids["cap"], "gtin": "09506000149301",
                 "lot": "ABD", "expiry": "2028-05-30"}
        found = errors(op, wrong, {"scan": BAG}, {"scan": "10ABC", "qty": 1}, {"scan": "3712", "qty": 1, "code": "CAP"})
        assert found == [
            ("/lines/0/gtin", "must be the scan's, 09506000134352: leave out the one that is wrong"),
            ("/lines/0/lot", "must be the scan's, ABC: leave out the one that is wrong"),
            ("/lines/0/expiry", "must be the scan's, 2028-05-31: leave out the one that is wrong"),
            ("/lines/0/product_id", "must be the product of the scan, whose GTIN is 09506000134352: leave out the one that "
                                    "is wrong"),
            ("/lines/1/qty", "is required: a whole number from 0 to 10000000, for the scan holds no count"),
            ("/lines/2", "must name a product_id, a code or a gtin, or hold a scan with a GTIN"),
            ("/lines/3/scan", "cannot be read at position 0: the count of the content (37) needs 02: a count of the content "
                              "belongs with the content's GTIN")], found


@test
def the_way_out_of_an_ambiguous_scan():
    with Operation() as op:
        answer = confirm(op, [{"scan": BAG + "10ABC17280531", "qty": 5, "lot": "ABC"},
                              {"scan": BAG + "10ABC17280531", "qty": 5, "lot": "ABC17280531"}])
        said = [(line["lot"], line["expiry"]) for line in answer["confirmation"]["lines"]]
        assert said == [("ABC", "2028-05-31"), ("ABC17280531", None)], said


@test
def a_copy_gets_the_same_answer_and_another_scan_is_another_event():
    with Operation() as op:
        body = {"id": new_id(), "lines": [{"scan": BAG + "1024K11", "qty": 5}], "evidence": op.drop_body()["evidence"]}
        first = confirm(op, **body)
        assert confirm(op, status=200, **body) == first
        body["lines"] = [{"scan": "]C1" + BAG + "1024K11", "qty": 5}]
        assert confirm(op, status=409, **body)["type"] == "urn:canary:problem:event.id-reused"


@test
def an_amendment_states_lines_with_scans_and_keeps_those_it_leaves():
    with Operation() as op:
        scan = BAG + "1024K11" + GS + "17280531"
        first = confirm(op, [{"scan": BAG + "1024K10", "qty": 5}, {"product_id": op.ids["cap"], "qty": 60}])
        path = f"/v1/confirmations/{first['confirmation']['id']}/amendments"
        amended = op.post(path, {"id": new_id(), "reason": "Another lot", "lines": [
            {"scan": scan, "qty": 5}, {"product_id": op.ids["cap"], "qty": 60}]}, "driver")
        amendment = amended["confirmation"]["amendments"][-1]
        assert [(one["scan"], one["lot"]) for one in amendment["lines"]] == [(scan, "24K11"), (None, None)], amendment
        noted = op.post(path, {"id": new_id(), "reason": "A note", "note": "By the door"}, "driver")
        assert noted["confirmation"]["amendments"][-1]["lines"] == amendment["lines"]
        refused = op.post(path, {"id": new_id(), "reason": "Again", "lines": [
            {"scan": BAG + "10ABC17280531", "qty": 5}]}, "driver", 422)
        assert [one["pointer"] for one in refused["errors"]] == ["/lines/0/scan"], refused


@test
def a_queue_refuses_one_scan_and_takes_the_others():
    with Operation() as op:
        bad = op.drop_body(lines=[{"scan": BAG + "10ABC17280531", "qty": 5}])
        good = op.drop_body(lines=[{"scan": BAG + "1024K11", "qty": 5}])
        named = {"type": "confirmation", "delivery_id": op.own["dispatched"]}
        answer = op.post("/v1/sync", {"events": [{**named, **bad}, {**named, **good}]}, "driver", 200)
        first, second = answer["results"]
        assert (first["status"], second["status"]) == ("refused", "new"), answer
        assert "/lines/0/scan" in str(first) and "at position 21: the lot (10) may end before here" in str(first), first


@test
def separators_are_for_scans_alone():
    with Operation() as op:
        assert [pointer for pointer, _ in errors(op, {"code": "BAG", "qty": 1, "lot": "A" + GS})] == ["/lines/0/lot"]
        assert [pointer for pointer, _ in errors(op, {"scan": BAG + "10" + "A" * 300, "qty": 1})] == ["/lines/0/scan"]
        assert errors(op, {"scan": BAG + "10A\u00e9", "qty": 1, "code": "BAG"})[0] == (
            "/lines/0/scan", "cannot be read at position 19: byte 0xc3 cannot stand in the lot (10)")
        assert confirm(op, [{"scan": BAG + "10A\u0000", "qty": 1}], 422)["errors"][0]["pointer"].startswith("/lines/0/scan")


main()
