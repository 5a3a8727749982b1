-- The month of a patient: order, contact, count, delivery, promise, run, drop.

-- kind history: brought in from a spreadsheet; it has no patient.
CREATE TABLE patient_order (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('cycle', 'emergency', 'travel', 'history')),
    patient_id BLOB REFERENCES patient (id),
    customer_id BLOB NOT NULL REFERENCES customer (id),
    depot_id BLOB NOT NULL REFERENCES depot (id),
    zone_id BLOB REFERENCES zone (id),
    due_date INTEGER NOT NULL,
    next_due INTEGER NOT NULL, -- cycle_days = next_due - due_date
    call_due INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state = 'open' OR state = 'confirmed' OR state = 'scheduled' OR
        state = 'delivered' OR state = 'part_delivered' OR state = 'skipped' OR state = 'cancelled'),
    -- who asked for the skip or cancellation
    closed_by TEXT CHECK (closed_by = 'patient' OR closed_by = 'customer' OR closed_by = 'us'),
    reason TEXT,
    to_address TEXT, -- deliver_to of an emergency or a journey
    to_lat INTEGER,
    to_lon INTEGER,
    confirmed_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,   -- contacts that tried to reach the patient
    last_outcome TEXT,
    deliveries INTEGER NOT NULL DEFAULT 0, -- attempts to hand over, so far
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CHECK ((kind = 'history') = (patient_id IS NULL)),
    CHECK ((state IN ('skipped', 'cancelled')) = (closed_by IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX order_once ON patient_order (patient_id, due_date, kind) WHERE patient_id IS NOT NULL;
CREATE INDEX order_due ON patient_order (due_date, id);
CREATE INDEX order_customer ON patient_order (customer_id, due_date, id);
CREATE INDEX order_open ON patient_order (call_due, id) WHERE state = 'open';

-- Frozen at confirmation, with the product facts it was made from. Units, never boxes.
CREATE TABLE order_line (
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    prescribed INTEGER NOT NULL CHECK (prescribed >= 0),
    on_hand INTEGER CHECK (on_hand >= 0),
    suggested INTEGER CHECK (suggested >= 0),
    ordered INTEGER NOT NULL CHECK (ordered BETWEEN 0 AND 10000000),
    authorised INTEGER NOT NULL CHECK (authorised BETWEEN 0 AND ordered),
    accepted INTEGER NOT NULL CHECK (accepted >= 0), -- over all attempts
    refused INTEGER NOT NULL CHECK (refused >= 0),
    units_per_box INTEGER NOT NULL,
    box_weight_g INTEGER NOT NULL,
    lot_tracked INTEGER NOT NULL,
    critical INTEGER NOT NULL,
    shelf_life_min_days INTEGER NOT NULL,
    PRIMARY KEY (order_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_count (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    patient_id BLOB NOT NULL REFERENCES patient (id),
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    date INTEGER NOT NULL, -- civil date of the depot
    at INTEGER NOT NULL,
    by_id BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_count_patient ON stock_count (patient_id, at, id);

CREATE TABLE stock_count_line (
    count_id BLOB NOT NULL REFERENCES stock_count (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    on_hand INTEGER NOT NULL CHECK (on_hand BETWEEN 0 AND 10000000),
    PRIMARY KEY (count_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    patient_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('call', 'sms', 'email', 'visit')),
    outcome TEXT NOT NULL CHECK (outcome IN ('reached', 'no_answer', 'voicemail', 'wrong_number', 'declined')),
    identity_checked INTEGER NOT NULL CHECK (identity_checked IN (0, 1)),
    last_delivery_ok INTEGER CHECK (last_delivery_ok IN (0, 1)),
    what TEXT,
    by_id BLOB,
    fingerprint BLOB NOT NULL, -- SHA-256 of the body: same id, other content is refused
    private_digest BLOB        -- of the note in personal_value
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_order ON contact (order_id, at, id);
CREATE INDEX contact_patient ON contact (patient_id, at, id);

CREATE TABLE run (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    depot_id BLOB NOT NULL REFERENCES depot (id),
    date INTEGER NOT NULL,
    driver_id BLOB NOT NULL REFERENCES user_account (id),
    vehicle TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'dispatched', 'closed')),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_date ON run (date, id);
CREATE INDEX run_driver ON run (driver_id, date, id);
CREATE INDEX run_open ON run (date) WHERE state = 'dispatched';

-- date … ends_at: the current window; holds: it takes a stop of its window and weight of its day.
CREATE TABLE delivery (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    attempt INTEGER NOT NULL CHECK (attempt >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('first', 'retry', 'recovery')),
    patient_id BLOB,
    customer_id BLOB NOT NULL,
    depot_id BLOB NOT NULL,
    zone_id BLOB,
    date INTEGER NOT NULL,
    from_min INTEGER NOT NULL,
    to_min INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state = 'scheduled' OR state = 'dispatched' OR state = 'delivered' OR
        state = 'failed' OR state = 'cancelled'),
    closed_by TEXT CHECK (closed_by = 'patient' OR closed_by = 'customer' OR closed_by = 'us'),
    reason TEXT, -- of the cancellation, or the coded reason of the failure
    run_id BLOB REFERENCES run (id),
    stop INTEGER,
    promises INTEGER NOT NULL,
    weight_g INTEGER NOT NULL,
    holds INTEGER NOT NULL CHECK (holds IN (0, 1)),
    event_id BLOB, -- the confirmation that stands
    completed_at INTEGER,
    booked_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (order_id, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_date ON delivery (date, id);
CREATE INDEX delivery_customer ON delivery (customer_id, date, id);
CREATE INDEX delivery_run ON delivery (run_id, stop) WHERE run_id IS NOT NULL;
CREATE INDEX delivery_patient ON delivery (patient_id, date) WHERE patient_id IS NOT NULL;
-- One open attempt at a time.
CREATE UNIQUE INDEX delivery_open ON delivery (order_id) WHERE state IN ('scheduled', 'dispatched');

-- Every run a delivery was ever a stop of: whose driver may report on it, however late.
CREATE TABLE run_stop (
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    run_id BLOB NOT NULL REFERENCES run (id),
    driver_id BLOB NOT NULL,
    PRIMARY KEY (delivery_id, run_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_line (
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    authorised INTEGER NOT NULL CHECK (authorised BETWEEN 0 AND 10000000),
    PRIMARY KEY (delivery_id, product_id)
) STRICT, WITHOUT ROWID;

-- Append-only. at_zone and both instants are stored: editing a depot moves none.
CREATE TABLE promise (
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    number INTEGER NOT NULL,
    date INTEGER NOT NULL,
    from_min INTEGER NOT NULL,
    to_min INTEGER NOT NULL,
    timezone TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),
    requested_by TEXT NOT NULL CHECK (requested_by IN ('patient', 'customer', 'us')),
    at INTEGER NOT NULL,
    by_id BLOB,
    private_digest BLOB, -- of the reason
    PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE slot_use (
    zone_id BLOB NOT NULL REFERENCES zone (id),
    date INTEGER NOT NULL,
    from_min INTEGER NOT NULL,
    to_min INTEGER NOT NULL,
    stops INTEGER NOT NULL CHECK (stops >= 0),
    PRIMARY KEY (zone_id, date, from_min, to_min)
) STRICT, WITHOUT ROWID;

CREATE TABLE day_use (
    zone_id BLOB NOT NULL REFERENCES zone (id),
    date INTEGER NOT NULL,
    weight_g INTEGER NOT NULL CHECK (weight_g >= 0),
    PRIMARY KEY (zone_id, date)
) STRICT, WITHOUT ROWID;

-- What a driver stated: a drop (confirmation) or a failed attempt. Append-only; the id is the
-- device's and is looked up before anything else.
CREATE TABLE field_event (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('confirmation', 'failure')),
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    driver_id BLOB NOT NULL,
    by_id BLOB,                   -- who reported on behalf of the driver, else null
    at INTEGER NOT NULL,          -- device time
    received_at INTEGER NOT NULL, -- server time
    completed_at INTEGER,         -- what the figures use; null when it completes nothing
    synced_late INTEGER NOT NULL CHECK (synced_late IN (0, 1)),
    clock_skew_s INTEGER NOT NULL,
    receiver_known INTEGER NOT NULL CHECK (receiver_known IN (0, 1)),
    place TEXT NOT NULL CHECK (place = 'right' OR place = 'wrong' OR place = 'unknown'),
    bypass TEXT,
    reason TEXT,                  -- of a failure: coded
    -- what it made of the delivery
    outcome TEXT NOT NULL CHECK (outcome = 'delivered' OR outcome = 'failed' OR outcome = 'kept'),
    delivery_version INTEGER NOT NULL, -- of the delivery after it: a replay answers the same
    fingerprint BLOB NOT NULL,    -- SHA-256 of the content
    private_digest BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX field_event_delivery ON field_event (delivery_id, received_at);

CREATE TABLE field_event_line (
    event_id BLOB NOT NULL REFERENCES field_event (id),
    position INTEGER NOT NULL,
    product_id BLOB,  -- null: not in the catalogue, see stated
    stated TEXT,      -- the code or GTIN as stated, when that is how the product was named
    qty INTEGER NOT NULL CHECK (qty BETWEEN 0 AND 10000000),
    lot TEXT,
    expiry INTEGER,
    condition TEXT NOT NULL CHECK (condition = 'ok' OR condition = 'damaged' OR condition = 'refused' OR
        condition = 'not_loaded'),
    scanned INTEGER NOT NULL CHECK (scanned IN (0, 1)),
    PRIMARY KEY (event_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE field_event_evidence (
    event_id BLOB NOT NULL REFERENCES field_event (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('signature', 'photo')),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (event_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE contest (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    what TEXT NOT NULL,
    by_id BLOB,
    fingerprint BLOB NOT NULL,
    private_digest BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX contest_delivery ON contest (delivery_id);

-- A line of an imported spreadsheet: its own order, delivery and commitment.
CREATE TABLE history_line (
    order_id BLOB PRIMARY KEY REFERENCES patient_order (id),
    source TEXT NOT NULL,
    ref TEXT NOT NULL, -- the line's own id in that source: taken once
    order_ref TEXT,
    item TEXT,
    quantity INTEGER CHECK (quantity >= 0),
    recorded_on INTEGER,
    UNIQUE (source, ref)
) STRICT, WITHOUT ROWID;
