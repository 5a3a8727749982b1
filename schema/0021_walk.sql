-- What the clock does every day costs what the day brings, whatever lies behind it.

-- How far a patient is planned: every due date of that cycle from the activation up to `through` (which is one) has an
-- order, but for `paused` of them, which were paused. Made of orders and pauses: audit verify counts again.
CREATE TABLE plan_reach (
    patient_id BLOB PRIMARY KEY REFERENCES patient (id),
    cycle_every INTEGER NOT NULL,
    cycle_unit TEXT NOT NULL,
    cycle_anchor INTEGER NOT NULL,
    active_from INTEGER NOT NULL,
    through INTEGER NOT NULL,
    paused INTEGER NOT NULL CHECK (paused >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_skipped ON patient_order (patient_id, due_date) WHERE state = 'skipped';

-- Who is to be called: what ranks an order, but for its patient's cover, stands beside it.
DROP INDEX order_open;
CREATE INDEX order_open ON patient_order (call_due, id, patient_id, depot_id, zone_id, due_date, attempts)
    WHERE state = 'open';

-- One place for each version, where its day's are, and it is kept when the version is closed: a customer's are read day by
-- day. The current version of an order is one of the few that its key finds.
DROP INDEX commitment_due;
DROP INDEX commitment_customer;
DROP INDEX commitment_current;
CREATE INDEX commitment_due ON commitment (due_on, customer_id, order_id);

-- A delivery's discrepancies are found among its order's.
DROP INDEX discrepancy_delivery;
