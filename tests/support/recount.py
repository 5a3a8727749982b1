"""The delivery-errors figures counted a second time, from what was promised, reported and found, by the rules of the
contract alone: it reads no commitment row and shares no code with the program.

    recount = Recount("canary.db", as_of)            # milliseconds since 1970
    rows = recount.rows("2026-03-01", "2026-03-31", ("customer", "month"), basis="commitment")
"""
import collections
import datetime
import sqlite3
import zoneinfo

from canary import events
from ids import stored

HOUR, DAY = 3600_000, 86_400_000
GRACE, CUT_OFF = 24 * HOUR, 18 * 60
THEIRS, OUTSIDE = ("patient", "customer"), ("patient", "customer", "force_majeure")
TIMING = ("missed", "late", "early")
DOCUMENTS = ("wrong_place", "wrong_recipient", "no_proof")
LINES = ("short", "not_delivered", "over", "wrong_item", "unordered", "damaged", "refused", "not_loaded", "expired",
         "short_dated", "lot_missing", "wrong_lot")
EPOCH = datetime.date(1970, 1, 1)
ACTIONS = ("delivery.amend", "delivery.book", "delivery.cancel", "delivery.confirm", "delivery.fail",
           "delivery.reschedule", "discrepancy.change", "order.cancel", "order.skip", "patient.add",
           "patient.change", "pause.add", "pause.remove")


def ms_of(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def day_of(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def month_of(day):
    return (EPOCH + datetime.timedelta(days=day)).strftime("%Y-%m")


def instant(zone, day, minutes, is_end):
    """A local time as milliseconds UTC: in a gap the first instant after it, twice there the first as a start."""
    zone = zoneinfo.ZoneInfo(zone)
    local = datetime.datetime(1970, 1, 1) + datetime.timedelta(days=day, minutes=minutes)
    found = []
    for fold in (0, 1):
        utc = local.replace(tzinfo=zone, fold=fold).astimezone(datetime.timezone.utc)
        if utc.astimezone(zone).replace(tzinfo=None) == local:
            found.append(int(utc.timestamp()) * 1000)
    if found:
        return found[-1] if is_end else found[0]
    return instant(zone.key, day, minutes - 1, True) + 60_000


Window = collections.namedtuple("Window", "day start end")


def window(zone, day, first, last):
    return Window(day, instant(zone, day, first, False), instant(zone, day, last, True))


def class_of(promised, completed, as_of):
    at = as_of if completed is None else completed
    if completed is None and at <= promised.end:
        return "pending"
    if at < promised.start:
        return "early"
    if at <= promised.end:
        return "on_time"
    return "late" if at <= promised.end + GRACE else "missed"


class Commitment:
    """What one order had promised, and what came of it, as far as it was known."""

    def __init__(self, order, zone):
        self.order, self.zone = order, zone
        self.booked = self.tried = False
        self.excluded, self.drops = None, {}
        self.promised = self.current = window(zone, order["due_date"], 0, 1440)
        self.statuses = []

    @property
    def completed(self):
        """By the first drop that completed something, as it is stated now."""
        return min((completed for completed in self.drops.values() if completed is not None), default=None)

    def cut_off(self):
        return instant(self.zone, self.promised.day - 1, CUT_OFF, False) if self.booked else self.promised.end

    def may_wish(self, fact):
        return fact["by"] in THEIRS and fact["at"] < self.cut_off() and self.completed is None

    def promise(self, fact):
        if self.completed is not None:
            return
        moves = self.may_wish(fact) if self.booked else fact["at"] <= self.promised.end
        if moves and not self.tried:
            self.promised, self.booked = fact["window"], True
            if self.excluded == "paused":
                self.excluded = None
        self.current = fact["window"]
        self.look_at_status(fact)

    def release(self, fact):
        if not self.tried and self.may_wish(fact):
            day = max(self.order["due_date"], self.promised.day)
            self.promised = self.current = window(self.zone, day, 0, 1440)
            self.booked = False

    def withdraw(self, fact):
        if self.excluded is None and self.may_wish(fact):
            self.excluded = fact["why"]

    def confirm(self, fact):
        self.drops[fact["drop"]] = fact["completed"] if fact["completes"] else None
        self.tried |= fact["failed"]

    def fail(self, _):
        self.tried = True

    def status(self, fact):
        if self.statuses and self.statuses[-1]["status"] == fact["status"]:
            self.statuses.pop()  # a correction of the same absence
        self.statuses.append(fact)
        self.look_at_status(fact)

    def look_at_status(self, fact):
        """The status on the day, as recorded before the window ended; later only with a manager's reason."""
        on_day = [known for known in self.statuses if known["from"] <= self.promised.day]
        away = on_day[-1]["status"] if on_day and on_day[-1]["status"] != "active" else None
        if away is None and self.excluded in ("ended", "admitted", "overridden"):
            self.excluded = None
        if away is None or self.excluded is not None or self.completed is not None:
            return
        if fact["at"] < self.promised.end:
            self.excluded = away
        elif fact.get("reason"):
            self.excluded = "overridden"

    def pause(self, fact):
        if not self.booked and fact["from"] <= self.promised.day <= fact["to"] and fact["at"] < self.promised.end:
            if self.excluded is None and self.completed is None:
                self.excluded = "paused"

    def unpause(self, fact):
        if self.excluded == "paused" and fact["at"] < self.promised.end:
            self.excluded = None


class Recount:
    """active_from: since when patients are active whose addition is not in the trail."""

    def __init__(self, path, as_of, active_from="1970-01-01"):
        self.as_of, self.active_from = as_of, day_of(active_from)
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row
        self.zones = dict(self.db.execute("SELECT id, timezone FROM depot"))
        self.orders = {row["id"]: row for row in self.all("patient_order", "created_at", "kind <> 'history'")}
        self.deliveries = {row["id"]: row for row in self.all("delivery", "booked_at")
                           if row["order_id"] in self.orders}
        self.audit = collections.defaultdict(list)
        for event in events(path):
            event["at"] = ms_of(event["at"])
            if event["at"] <= as_of and event["action"] in ACTIONS:
                self.audit[event["action"]].append({**event, "entity_id": stored(event["entity_id"])})
        self.read_lines()
        self.read_events()
        self.read_found()
        self.commitments = {key: self.replay(order) for key, order in self.orders.items()}
        self.db.close()

    def all(self, table, known, where="1"):
        return self.db.execute(f"SELECT * FROM {table} WHERE {known} <= ? AND {where}", (self.as_of,))

    def of_order(self, delivery_id):
        return self.deliveries[delivery_id]["order_id"]

    # ---- what there is ----

    def read_lines(self):
        self.lines = collections.defaultdict(dict)
        for row in self.db.execute("SELECT order_id, product_id, authorised FROM order_line"):
            confirmed = self.orders.get(row["order_id"], {"confirmed_at": None})["confirmed_at"]
            if confirmed is not None and confirmed <= self.as_of:
                self.lines[row["order_id"]][row["product_id"]] = row["authorised"]

    def add(self, order_id, at, seq, act, **fact):
        self.facts[order_id].append((at, seq, act, dict(fact, at=at)))

    def read_events(self):
        self.facts = collections.defaultdict(list)
        self.closed, self.cancelled = {}, {}
        for action, why in (("order.skip", "skipped"), ("order.cancel", "cancelled")):
            for row in self.audit[action]:
                by = row["change"]["closed_by"]
                self.closed[row["entity_id"]] = row["seq"]
                self.add(row["entity_id"], row["at"], row["seq"], "withdraw", by=by, why=why)
        self.read_promises()
        self.latest = {}
        for row in sorted(self.deliveries.values(), key=lambda row: row["attempt"]):
            if row["kind"] != "recovery":
                self.latest[row["order_id"]] = row
        self.read_drops()
        self.recoveries = collections.Counter(
            row["order_id"] for row in self.deliveries.values() if row["kind"] == "recovery"
            and (row["id"] not in self.cancelled or row["id"] in self.came))
        self.read_wishes()

    def seqs(self, *actions):
        """The place in the trail of each promise, cancellation or report, by what it is about and when."""
        return {(row["entity_id"], row["at"]): row["seq"] for action in actions for row in self.audit[action]}

    def read_promises(self):
        seqs = self.seqs("delivery.book", "delivery.reschedule")
        for row in self.all("promise", "at"):
            delivery = self.deliveries[row["delivery_id"]]
            if delivery["kind"] == "recovery":
                continue
            promised = window(row["timezone"], row["date"], row["from_min"], row["to_min"])
            assert (promised.start, promised.end) == (row["starts_at"], row["ends_at"])
            self.add(delivery["order_id"], row["at"], seqs[row["delivery_id"], row["at"]], "promise",
                     by=row["requested_by"], window=promised)
        for row in self.audit["delivery.cancel"]:
            self.cancelled[row["entity_id"]] = row["at"]
            if self.deliveries[row["entity_id"]]["kind"] != "recovery":
                self.add(self.of_order(row["entity_id"]), row["at"], row["seq"], "release",
                         by=row["change"]["closed_by"])

    def read_drops(self):
        seqs = self.seqs("delivery.confirm", "delivery.fail", "delivery.amend")
        said = collections.defaultdict(list)
        for row in self.db.execute("SELECT own_id, product_id, qty, condition FROM field_event_line"):
            said[row["own_id"]].append(row)
        self.accepted, self.reported_by, self.came = collections.Counter(), {}, set()
        stated, times = {}, {}  # of each drop: what is held of it, as far as it is known
        runs = dict(self.db.execute("SELECT id, driver_id FROM run"))
        self.run_driver = {row["id"]: runs.get(row["run_id"]) for row in self.deliveries.values()}
        for row in sorted(self.all("field_event", "received_at"), key=lambda row: row["received_at"]):
            if row["kind"] == "arrival" or (row["kind"] == "amendment" and not row["stands"]):
                continue
            delivery, seq = self.deliveries[row["delivery_id"]], seqs[row["delivery_id"], row["received_at"]]
            order, failed = delivery["order_id"], row["outcome"] == "failed"
            if row["outcome"] != "kept" and row["kind"] != "amendment":
                self.reported_by[row["delivery_id"]] = row["driver_id"]
            own = delivery["kind"] != "recovery"
            if row["kind"] == "failure":
                if own and failed:
                    self.add(order, row["received_at"], seq, "fail")
                continue
            drop = row["amends"] or row["id"]
            wanted = {} if self.closed.get(order, seq) < seq else self.lines[order]
            came = [line for line in said[row["own_id"]]
                    if line["condition"] == "ok" and line["qty"] > 0 and line["product_id"] in wanted]
            stated[drop] = (order, own, came)
            if came:
                self.came.add(row["delivery_id"])
            if row["kind"] == "confirmation":
                believed = delivery["booked_at"] <= row["at"] <= row["received_at"]
                times[drop] = row["at"] if believed else row["received_at"]
            if row["dropped_at"] is not None:
                times[drop] = row["dropped_at"]
            if own:
                self.add(order, row["received_at"], seq, "confirm", drop=drop, completes=bool(came), failed=failed,
                         completed=times[drop])
        for order, own, came in stated.values():
            for line in came if own else ():
                self.accepted[order, line["product_id"]] += line["qty"]

    def read_wishes(self):
        self.status_was = {}
        of_patient = collections.defaultdict(list)
        for order in self.orders.values():
            of_patient[order["patient_id"]].append(order["id"])
        for row in self.audit["patient.add"] + self.audit["patient.change"]:
            change = row["change"]
            if "status" in change or "status_from" in change:
                self.add_status(of_patient[row["entity_id"]], row, change)
        pauses = {row["id"]: row for row in self.db.execute("SELECT id, patient_id, from_date, to_date FROM pause")}
        for action, act in (("pause.add", "pause"), ("pause.remove", "unpause")):
            for row in self.audit[action]:
                pause = pauses[row["entity_id"]]
                for order in of_patient[pause["patient_id"]]:
                    self.add(order, row["at"], row["seq"], act, **{"from": pause["from_date"], "to": pause["to_date"]})

    def add_status(self, orders, row, change):
        was = self.status_was.setdefault(row["entity_id"], {"status": "active", "from": self.active_from})
        was["status"] = change.get("status", was["status"])
        if "status_from" in change:
            was["from"] = day_of(change["status_from"])
        for order in orders:
            self.add(order, row["at"], row["seq"], "status", reason=row["reason"], **was)

    def read_found(self):
        """Discrepancies as they stood, and contests."""
        states = {row["discrepancy_id"]: row["state"] for row in self.db.execute(
            "SELECT discrepancy_id, state FROM discrepancy_state WHERE at <= ? ORDER BY version", (self.as_of,))}
        blame = {row["entity_id"]: row["change"]["responsibility"]
                 for row in self.audit["discrepancy.change"] if "responsibility" in row["change"]}
        told = {row["id"]: row["what"] for row in self.all("contest", "received_at")}
        self.found, self.told = collections.defaultdict(list), collections.defaultdict(set)
        self.reversals, self.kinds = collections.Counter(), collections.defaultdict(collections.Counter)
        proven = {one for (one,) in self.db.execute(
            "SELECT COALESCE(e.amends, e.id) FROM field_event e JOIN field_event_evidence v ON v.own_id = e.own_id "
            "JOIN evidence g ON g.sha256 = v.sha256 WHERE g.received_at <= ?1 AND e.received_at <= ?1 UNION "
            "SELECT COALESCE(amends, id) FROM field_event WHERE bypass IS NOT NULL AND stands = 1 AND received_at <= ?1",
            (self.as_of,))}
        for row in self.all("discrepancy", "detected_at"):
            state, order = states.get(row["id"], "open"), row["order_id"]
            word = state if state in ("resolved", "void") else "open"
            self.kinds[order, row["kind"]].update(("n", word))
            if state == "void":
                self.reversals[order] += row["reason"] == "witnessed_later"
                continue
            if row["delivery_id"] and self.deliveries[row["delivery_id"]]["kind"] == "recovery":
                continue
            if row["kind"] == "no_proof" and row["source"] == "sweep" and row["event_id"] in proven:
                continue
            if row["kind"] == "contested":
                self.told[order].add(told[row["contest_id"]])
                continue
            default = "patient" if row["kind"] == "refused" else "undetermined"
            self.found[order].append((row["kind"], blame.get(row["id"], default) in OUTSIDE))

    def replay(self, order):
        commitment = Commitment(order, self.zones[order["depot_id"]])
        for _, _, act, fact in sorted(self.facts[order["id"]], key=lambda fact: fact[:2]):
            getattr(commitment, act)(fact)
        return commitment

    # ---- what it is worth ----

    def lines_of(self, order_id):
        """product, authorised, accepted by the order's own deliveries."""
        return [(product, authorised, self.accepted[order_id, product])
                for product, authorised in self.lines[order_id].items()]

    def worth(self, order_id, basis):
        commitment, lines, worth = self.commitments[order_id], self.lines_of(order_id), collections.Counter()
        found, told = self.found[order_id], self.told[order_id]
        judged = commitment.promised if basis == "commitment" else commitment.current
        timing = class_of(judged, commitment.completed, self.as_of)
        faults = {kind for kind, _ in found}
        right = all(authorised == accepted for _, authorised, accepted in lines)
        done = commitment.completed is not None
        full = bool(lines) and right and done and not faults & set(LINES)
        otif = full and timing == "on_time"
        perfect = otif and not faults & set(DOCUMENTS)
        worth.update({"due": 1, timing: 1, "in_full": full, "otif": otif, "perfect": perfect,
                      "inaccurate": done and bool(faults & set(LINES + DOCUMENTS))})
        worth.update({"lines": len(lines), "lines_right": sum(a == b for _, a, b in lines),
                      "units_authorised": sum(a for _, a, _ in lines),
                      "units_accepted": sum(min(a, b) for _, a, b in lines)})
        worth.update({"recoveries": self.recoveries[order_id], "reversals": self.reversals[order_id]})
        timely = timing in ("on_time", "pending") or any(kind in TIMING for kind, _ in found)
        if otif or not found or not all(outside for _, outside in found) or not timely:
            worth.update({"net_due": 1, "net_" + timing: 1, "net_in_full": full, "net_otif": otif,
                          "net_perfect": perfect, "net_inaccurate": worth["inaccurate"]})
        felt_on_time = timing == "on_time" and not told & {"missed", "not_delivered", "late", "early"}
        felt_full = full and not told & {"missed", "not_delivered", *LINES}
        worth.update({"experienced_on_time": felt_on_time, "experienced_in_full": felt_full,
                      "experienced_otif": felt_on_time and felt_full, "experienced_perfect": perfect and not told})
        return worth

    def ended(self, first, last):
        for order_id, commitment in self.commitments.items():
            if day_of(first) <= commitment.promised.day <= day_of(last) and commitment.promised.end <= self.as_of:
                yield order_id, commitment

    def driver(self, order_id):
        """Of the latest attempt: who reported on it, or else has it now on a run. Right for as_of = now only."""
        if order_id not in self.latest:
            return None
        delivery = self.latest[order_id]["id"]
        driver = self.reported_by.get(delivery) or self.run_driver[delivery]
        return driver and driver.hex()

    def group(self, order_id, commitment, groups):
        order = self.orders[order_id]
        words = {"driver": self.driver(order_id),
                 "customer": order["customer_id"].hex(), "depot": order["depot_id"].hex(),
                 "month": month_of(commitment.promised.day)}
        return tuple(words[group] for group in groups)

    def rows(self, first, last, groups, basis="commitment"):
        rows = collections.defaultdict(collections.Counter)
        for order_id, commitment in self.ended(first, last):
            row = rows[self.group(order_id, commitment, groups)]
            if commitment.excluded:
                row["excluded_" + commitment.excluded] += 1
            else:
                row.update(self.worth(order_id, basis))
        return rows

    def products(self, first, last):
        rows = collections.defaultdict(collections.Counter)
        for order_id, commitment in self.ended(first, last):
            for product, authorised, accepted in [] if commitment.excluded else self.lines_of(order_id):
                rows[product.hex()].update({"lines": 1, "lines_right": authorised == accepted,
                                            "units_authorised": authorised, "units_accepted": min(authorised, accepted)})
        return rows

    def kinds_of(self, first, last):
        rows = collections.defaultdict(collections.Counter)
        for (order_id, kind), counts in self.kinds.items():
            if day_of(first) <= self.commitments[order_id].promised.day <= day_of(last):
                rows[kind].update(counts)
        return rows
