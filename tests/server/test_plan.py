"""The plan from outside: the verb, the service's own plan, many plans at once, two counts of one patient."""
import os
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from canary import Server, in_parallel, main, run, test, until  # noqa: E402

CLOCK = ("--dev", "--clock", "2026-03-02T00:00:00Z")
PATIENTS = 5


def add(server, token, path, **body):
    answer = server.call("POST", "/v1/" + path, body, token=token)
    assert answer.status == 201, answer
    return answer.json


def catalogue(server):
    """A depot in Sydney, a product of 5 a box, five patients monthly from 16 March, each using 4 a day."""
    token, _ = server.user("manager@example.org", "manager")
    customer = add(server, token, "customers", code="C", name="Clinic")
    depot = add(server, token, "depots", code="SYD", name="Sydney", timezone="Australia/Sydney")
    zone = add(server, token, "zones", depot_id=depot["id"], code="Z", name="Zone")
    product = add(server, token, "products", code="BAG", name="Bag", base_unit="bag", units_per_box=5,
                  box_weight_g=12000)
    patients = []
    for i in range(PATIENTS):
        patient = add(server, token, "patients", code=f"P-{i}", name="Patient", customer_id=customer["id"],
                      zone_id=zone["id"], status_from="2026-03-01",
                      cycle={"every": 1, "unit": "month", "anchor": "2026-03-16"})
        put = server.call("PUT", f"/v1/patients/{patient['id']}/prescription",
                          {"effective_from": "2026-03-01", "lines": [{"product_id": product["id"], "use_per_day": 4}]},
                          token=token)
        assert put.status == 200, put
        patients.append(patient["id"])
    return token, product["id"], patients


@test
def the_verb_prints_its_receipt():
    with Server(*CLOCK) as server:
        catalogue(server)
        server.stop()
        server.process = None
        ended = run("plan", "--db", server.db, "--through", "2026-04-16", *CLOCK)
        assert ended.returncode == 0, ended
        assert "through 2026-04-16: 10 due = 10 opened + 0 existing" in ended.stdout, ended
        ended = run("plan", "--db", server.db, *CLOCK)
        assert "through 2026-04-06: 5 due = 0 opened + 5 existing" in ended.stdout, ended
        assert run("plan", "--db", server.db, "--through", "2026-02-30").returncode == 2
        ended = run("plan", "--db", server.db, "--through", "2030-01-01", *CLOCK)
        assert ended.returncode == 1 and "--through" in ended.stderr, ended
        server.start()


@test
def the_verb_names_the_service_that_has_the_database():
    with Server() as server:
        ended = run("plan", "--db", server.db)
        assert ended.returncode == 1 and "POST /v1/plan" in ended.stderr, ended


@test
def the_service_plans_by_itself():
    with Server(*CLOCK) as server:
        token, _, _ = catalogue(server)
        server.stop()
        server.start()
        orders = lambda: server.call("GET", "/v1/orders", token=token).json["items"]  # noqa: E731
        until(lambda: len(orders()) == PATIENTS)
        assert {order["due_date"] for order in orders()} == {"2026-03-16"}
        assert {order["lines"][0]["prescribed"] for order in orders()} == {125}
        receipts = server.call("GET", "/v1/plan/receipts", token=token).json["items"]
        assert receipts[0]["through"] == "2026-04-06", receipts


@test
def many_plans_at_once():
    with Server(*CLOCK) as server:
        token, _, _ = catalogue(server)
        answers = in_parallel(8, lambda i: server.call("POST", "/v1/plan", {"through": "2026-06-30"}, token=token))
        assert all(answer.status == 200 for answer in answers), answers
        assert sum(answer.json["opened"] for answer in answers) <= 4 * PATIENTS
        assert all(answer.json["due"] == 4 * PATIENTS and answer.json["missing"] == 0 for answer in answers)
        orders = server.call("GET", "/v1/orders?limit=500", token=token).json["items"]
        assert len(orders) == 4 * PATIENTS
        assert len({(order["patient_id"], order["due_date"]) for order in orders}) == 4 * PATIENTS


@test
def the_last_of_two_counts_holds():
    with Server(*CLOCK) as server:
        token, product, patients = catalogue(server)
        server.call("POST", "/v1/plan", {"through": "2026-03-31"}, token=token)
        order = server.call("GET", f"/v1/orders?patient_id={patients[0]}", token=token).json["items"][0]["id"]
        contact = {"id": str(uuid.uuid4()), "at": "2026-03-02T00:00:00Z", "channel": "call", "outcome": "reached",
                   "identity_checked": True}
        assert server.call("POST", f"/v1/orders/{order}/contacts", contact, token=token).status == 201
        for on_hand in (1000, 36, 10):
            answer = server.call("PUT", f"/v1/orders/{order}/count",
                                 {"lines": [{"product_id": product, "on_hand": on_hand}]}, token=token)
            assert answer.status == 200, answer
        assert answer.json["lines"][0]["on_hand"] == 10, answer
        assert answer.json["cover_days"] == 2, answer  # 10 of 4 a day


main()
