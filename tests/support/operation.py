"""A small operation, made through the API only: two customers with two patients each, users of every role, orders in
every state, runs on the road, drops with faults. Every answer is held against the OpenAPI document.

    with Operation() as op:
        answer = op.get("/v1/deliveries/" + op.own["delivered"], "customer")

op.own belongs to the first customer (users `customer` and `driver`), op.other to the second (`customer2`, `driver2`);
both name the same things. The clock starts on Monday 2 March 2026, 11:00 in Sydney.
"""
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import uuid

import images
import postgres
from canary import ADMIN, BIN, ON_SERVER, PASSWORD, Server, in_parallel, until
from openapi import Document

EVE, START, AFTER = "2026-03-01T06:00:00Z", "2026-03-02T00:00:00Z", "2026-03-02T00:05:00Z"
NOW, TODAY, PLANNED = "2026-03-02T00:00:00.000Z", "2026-03-02", "2026-05-31"
CLOSED, UNSERVED = "2026-03-12", "2026-03-15"  # a closure of the depot; a Sunday
MORNING, AFTERNOON = {"from": "08:00", "to": "12:00"}, {"from": "12:00", "to": "16:00"}
NOBODY = "019cac00-0000-7000-8000-0000000000ff"  # an id that nothing has
ROLES = {"manager": "manager", "rep": "rep", "dispatcher": "dispatcher", "driver": "driver", "driver2": "driver",
         "customer": "customer", "customer2": "customer"}
HOME = {"lat": -33.8912345, "lon": 151.2012345}
WITHDRAWN = {"requested_by": "patient", "reason": "Enough at home"}


def new_id():
    """A version 7 id, as a device makes it."""
    tail = uuid.uuid4().hex
    return f"019cac00-0000-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"


def signed(image=None):
    """A signature, of which nobody else has an image: an event names it."""
    return {"kind": "signature", "sha256": images.name(image or new_id().encode())}


class Operation(Server):
    """texts: words for what is personal, {name} or {code} in them being the user's or the patient's.

    The database is made once for each program and texts, and kept beside the program, or with the server: hashing
    seventeen passwords takes longer than a whole test. What is kept is not trusted by anything but these tests."""

    def __init__(self, *options, texts=None):
        self.document, self.texts = None, texts or {}
        self.own, self.other, self.ids, self.token = {}, {}, {}, {"garbage": "x" * 43, "none": None}
        self.kept = self.kept_folder()
        if not os.path.exists(self.kept):
            self.make()
        folder = tempfile.mkdtemp(prefix="canary-test-")
        shutil.copytree(self.kept, folder, dirs_exist_ok=True)
        super().__init__("--dev", *options, folder=folder, start=False, db=self.copy_of_kept(folder))
        self.own_folder, self.own_db = True, bool(ON_SERVER)
        with open(os.path.join(folder, "state"), encoding="utf-8") as file:
            self.__dict__.update(json.load(file))
        planned = self.plans()
        self.clock(AFTER)
        until(lambda: self.plans() > planned)  # the plan at start: from here on nothing is written but by the test
        self.document = Document(self.call("GET", "/openapi.json").json)

    @staticmethod
    def copy_of_kept(folder):
        """On a server: the kept database's copy; a file has come with its folder."""
        if not ON_SERVER:
            return None
        with open(os.path.join(folder, "database"), encoding="utf-8") as file:
            return postgres.new_database(ON_SERVER, file.read())

    def plans(self):
        return self.rows("SELECT COUNT(*) FROM plan_receipt")[0][0]

    def kept_folder(self):
        key = hashlib.sha256(json.dumps([self.texts, ON_SERVER], sort_keys=True).encode())
        kind = key.hexdigest()[:8]
        for path in (BIN, __file__):
            with open(path, "rb") as file:
                key.update(file.read())
        place = postgres.folder_of(ON_SERVER) if ON_SERVER else os.path.dirname(os.path.realpath(BIN))
        return os.path.join(place, "operations", f"{kind}-{key.hexdigest()[:16]}")

    def make(self):
        home, name = os.path.split(self.kept)
        os.makedirs(home, exist_ok=True)
        for old in os.listdir(home):
            if old.startswith(name[:9]) and old != name:  # which somebody else has made meanwhile, perhaps
                shutil.rmtree(os.path.join(home, old), ignore_errors=True)
        folder = tempfile.mkdtemp(prefix="making-", dir=home)
        super().__init__("--dev", folder=folder, start=False)
        self.clock(EVE)
        self.document = Document(self.call("GET", "/openapi.json").json)
        self.make_catalogue()
        self.make_users()
        self.token["expired"] = self.login_as("manager")
        self.stop()
        self.clock(START)
        names = ["admin", *ROLES]
        self.token.update(zip(names, in_parallel(len(names), lambda i: self.login_as(names[i]))))
        self.admin = self.token["admin"]
        self.make_gone()
        self.own, self.other = self.make_side(1), self.make_side(2)
        self.make_drops()
        self.stop()
        with open(os.path.join(folder, "state"), "w", encoding="utf-8") as file:
            json.dump({word: getattr(self, word) for word in ("own", "other", "ids", "token", "admin")}, file)
        with open(os.path.join(folder, "database"), "w", encoding="utf-8") as file:
            file.write(self.db)
        try:
            os.rename(folder, self.kept)
        except OSError:
            shutil.rmtree(folder)  # somebody else was quicker

    def clock(self, instant):
        """Starts the service with its clock at an instant."""
        self.options = tuple(word for word in self.options if not word.startswith("--clock=")) + ("--clock=" + instant,)
        self.start(login=False)

    def login_as(self, name):
        return self.login(ADMIN if name == "admin" else self.address(name), PASSWORD)

    def address(self, name):
        return self.text("email", f"{name}@example.org").replace("{name}", name)

    def text(self, kind, default):
        """What a test wants personal values to be."""
        return self.texts.get(kind, default)

    # ---- calls ----

    def call(self, method, path, *args, **more):
        answer = super().call(method, path, *args, **more)
        if self.document:
            self.document.judge(method, path, answer)
        return answer

    def send(self, method, path, who, body=None, **headers):
        """As a user, with no expectation."""
        return self.call(method, path, body, token=self.token[who],
                         headers={name.replace("_", "-"): value for name, value in headers.items()})

    def get(self, path, who="manager"):
        answer = self.send("GET", path, who)
        assert answer.status == 200, (path, answer)
        return answer.json

    def post(self, path, body, who="manager", status=201, method="POST", **headers):
        answer = self.send(method, path, who, body, **headers)
        assert answer.status == status, (path, body, answer)
        return answer.json

    def rows(self, statement, *values):
        """What the database holds."""
        if ON_SERVER:
            return postgres.rows(self.db, statement, *values)
        db = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)
        try:
            return db.execute(statement, values).fetchall()
        finally:
            db.close()

    def fingerprint(self):
        """How many rows each table has, and the last audit event: the same before and after when nothing was written."""
        names = postgres.tables(self.db) if ON_SERVER else [name for (name,) in self.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        counts = " UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM {name}" for name in names)
        count = dict(self.rows(counts))
        count["last"] = self.rows("SELECT seq, leaf_hash FROM audit_event ORDER BY seq DESC LIMIT 1")[0]
        return count

    # ---- what is there before the first order ----

    def make_catalogue(self):
        self.token["admin"] = self.admin = self.login_as("admin")
        add = lambda kind, **body: self.post("/v1/" + kind, body, "admin")["id"]  # noqa: E731
        ids = self.ids
        ids["depot"] = add("depots", code="SYD", name="Sydney", timezone="Australia/Sydney", address="1 Dock Road",
                           location={"lat": -33.8688, "lon": 151.2093})
        ids["zone"] = add("zones", depot_id=ids["depot"], code="IW", name="Inner West", weekdays=[1, 2, 3, 4, 5, 6],
                          windows=[{**MORNING, "stops_max": 50}, {**AFTERNOON, "stops_max": 50}])
        ids["closure"] = add("closures", depot_id=ids["depot"], date=CLOSED, reason="Stocktaking")
        ids["bag"] = add("products", code="BAG", gtin="09506000134352", name="Bag 2 l", base_unit="bag", units_per_box=5,
                         box_weight_g=11000, lot_tracked=True, critical=True, shelf_life_min_days=90)
        ids["cap"] = add("products", code="CAP", name="Cap", base_unit="cap", units_per_box=60, box_weight_g=500)
        for n in (1, 2):
            ids[f"customer{n}"] = add("customers", code=f"K{n}", name=f"Clinic {n}", contact={
                "name": self.text("contact", f"Nurse {n}"), "email": self.text("contact-email", f"k{n}@example.org"),
                "phone": self.text("contact-phone", f"02 9000 000{n}")})

    def make_users(self):
        def make(name, role):
            body = dict(email=self.address(name), name=self.text("user", "User {name}").replace("{name}", name),
                        role=role, password=PASSWORD)
            if role == "customer":
                body["customer_id"] = self.ids["customer2" if name.endswith("2") else "customer1"]
            return self.post("/v1/users", body, "admin")["id"]
        names = list(ROLES)
        made = in_parallel(len(names), lambda i: make(names[i], ROLES[names[i]]))
        self.ids.update({"user:" + name: one for name, one in zip(names, made)})
        self.ids["user"] = self.ids["user:rep"]

    def make_gone(self):
        """A manager who was disabled and one who signed out, each with the token that they had."""
        self.token["ended"] = self.login_as("manager")
        assert self.send("POST", "/v1/logout", "ended").status == 204
        gone = self.post("/v1/users", dict(email=self.address("gone"), name="Gone", role="manager", password=PASSWORD), "admin")
        self.token["disabled"] = self.login_as("gone")
        self.post("/v1/users/" + gone["id"], {"active": False}, "admin", 200, "PATCH", If_Match="*")

    def make_patient(self, side, n):
        code = f"P-{side}{n}"
        patient = self.post("/v1/patients", {
            "code": code, "customer_id": self.ids[f"customer{side}"], "zone_id": self.ids["zone"],
            "name": self.text("patient", "Patient {code}").replace("{code}", code),
            "phone": self.text("phone", f"0400 000 0{side}{n}"), "address": self.text("address", f"{side}{n} Home St"),
            "location": HOME, "access_notes": self.text("access", "Blue door"),
            "receivers": [{"name": self.text("receiver", "A. Receiver"), "relation": "spouse"}],
            "cycle": {"every": 14, "unit": "day", "anchor": "2026-03-04"}}, "rep")["id"]
        self.post(f"/v1/patients/{patient}/prescription", {"effective_from": "2026-01-01", "lines": [
            {"product_id": self.ids["bag"], "use_per_day": 4}, {"product_id": self.ids["cap"], "use_per_day": 4}]},
            "rep", 200, "PUT")
        return patient

    # ---- orders ----

    def make_side(self, side):
        """One customer's: each order in another state."""
        made = {"customer": self.ids[f"customer{side}"], "patient": self.make_patient(side, 1),
                "patient2": self.make_patient(side, 2)}
        made["pause"] = self.post(f"/v1/patients/{made['patient2']}/pauses", {
            "from": "2026-05-01", "to": "2026-05-20", "reason": self.text("reason", "Travels")}, "rep")["id"]
        self.post("/v1/plan", {"through": PLANNED}, status=200)
        orders = self.get(f"/v1/orders?patient_id={made['patient']}&limit=500", "rep")["items"]
        others = self.get(f"/v1/orders?patient_id={made['patient2']}&limit=500", "rep")["items"]
        names = ("first", "second", "confirmed", "skipped", "cancelled", "open")
        made.update({"order:" + name: order["id"] for name, order in zip(names, orders)})
        made.update({"order:" + name: order["id"] for name, order in zip(("third", "fourth"), others)})
        for name in ("first", "second", "third", "fourth", "confirmed"):
            self.confirm(made["order:" + name])
        withdrawn = {**WITHDRAWN, "reason": self.text("reason", WITHDRAWN["reason"])}
        self.post(f"/v1/orders/{made['order:skipped']}/skip", withdrawn, "rep", 200)
        self.post(f"/v1/orders/{made['order:cancelled']}/cancel", withdrawn, "rep", 200)
        return made

    def confirm(self, order):
        """Called, counted, confirmed as suggested."""
        path = "/v1/orders/" + order
        self.post(path + "/contacts", {"id": new_id(), "at": NOW, "channel": "call", "outcome": "reached",
                                       "identity_checked": True, "note": self.text("note", "Doing well")}, "rep")
        counted = self.post(path + "/count", {"lines": [
            {"product_id": self.ids["bag"], "on_hand": 20}, {"product_id": self.ids["cap"], "on_hand": 20}]},
            "rep", 200, "PUT")
        lines = [{"product_id": line["product_id"], "ordered": line["suggested"]} for line in counted["lines"]]
        return self.post(path + "/confirm", {"lines": [line for line in lines if line["ordered"]]}, "rep", 200)

    def book(self, order, date=TODAY, window=None, who="rep"):
        return self.post("/v1/deliveries", {"order_id": order, "date": date, "window": window or AFTERNOON,
                                            "requested_by": "patient",
                                            "reason": self.text("reason", "Suits them")}, who)["id"]

    # ---- on the road ----

    def make_run(self, driver, deliveries, date=TODAY, dispatch=True):
        run = self.post("/v1/runs", {"depot_id": self.ids["depot"], "date": date,
                                     "driver_id": self.ids["user:" + driver], "vehicle": "VAN-1"}, "dispatcher")
        self.post(f"/v1/runs/{run['id']}/stops", {"delivery_ids": deliveries}, "dispatcher", 200, "PUT",
                  If_Match=f"\"{run['version']}\"")
        if dispatch:
            self.post(f"/v1/runs/{run['id']}/dispatch", None, "dispatcher", 200)
        return run["id"]

    def drop_body(self, **more):
        body = {"id": new_id(), "at": NOW, "received_by": {"name": self.text("receiver", "A. Receiver"),
                                                           "relation": "spouse"},
                "location": {**HOME, "accuracy_m": 8},
                "lines": [{"product_id": self.ids["bag"], "qty": 5, "lot": "24K11", "expiry": "2028-05-31", "scanned": True},
                          {"product_id": self.ids["cap"], "qty": 60}],
                "evidence": [signed()], "bypass": None,
                "note": self.text("note", "Left inside")}
        return {**body, **more}

    def failure_body(self, **more):
        return {"id": new_id(), "at": NOW, "reason": "nobody_home", "note": self.text("note", "Rang twice"), **more}

    def put_image(self, image, who, status=201, kind="image/png", sha256=None):
        answer = self.send("PUT", "/v1/evidence/" + (sha256 or images.name(image)), who, image, Content_Type=kind)
        assert answer.status == status, answer
        return answer

    def contest_body(self, **more):
        return {"id": new_id(), "at": NOW, "what": "short", "note": self.text("note", "A box less"), **more}

    def make_drops(self):
        """Today: one stop handed over with too little, one that failed, one to come; tomorrow: a planned one."""
        for made, driver in ((self.own, "driver"), (self.other, "driver2")):
            made["delivered"], made["failed"], made["dispatched"] = (
                self.book(made["order:" + name]) for name in ("first", "third", "fourth"))
            made["scheduled"] = self.book(made["order:second"], "2026-03-03")
            made["run"] = self.make_run(driver, [made["delivered"], made["failed"], made["dispatched"]])
            made["run:planned"] = self.make_run(driver, [made["scheduled"]], "2026-03-03", dispatch=False)
            image = images.png(driver)
            body, made["image"] = self.drop_body(evidence=[signed(image)]), images.name(image)
            dropped = self.post(f"/v1/deliveries/{made['delivered']}/confirmations", body, driver)
            made["event"], made["confirmation"] = body, body["id"]
            made["discrepancy"] = next(one["id"] for one in dropped["discrepancies"] if one["kind"] == "short")
            self.put_image(image, driver)
            made["failure"] = self.failure_body()
            self.post(f"/v1/deliveries/{made['failed']}/failures", made["failure"], driver)
            made["driver"] = self.ids["user:" + driver]
