-- What every figure is made of, what was found, and the trail of who did what.

-- One current row per order (known_until is the greatest integer); a change closes it and adds the
-- next version, so that a report can be asked as of any instant. All verdicts are computed from it.
CREATE TABLE commitment (
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    version INTEGER NOT NULL,
    known_from INTEGER NOT NULL,
    known_until INTEGER NOT NULL,
    kind TEXT NOT NULL,
    patient_id BLOB,
    customer_id BLOB NOT NULL,
    depot_id BLOB NOT NULL,
    driver_id BLOB,
    delivery_id BLOB,           -- the latest attempt that is not a recovery
    cause TEXT NOT NULL CHECK (cause IN ('promised', 'not_scheduled')),
    date INTEGER NOT NULL,
    from_min INTEGER NOT NULL,
    to_min INTEGER NOT NULL,
    due_on INTEGER NOT NULL,    -- civil date of the depot in which the window ended
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    early_before INTEGER NOT NULL, -- starts_at - early tolerance, as it was then
    late_after INTEGER NOT NULL,   -- ends_at + late tolerance
    missed_after INTEGER NOT NULL, -- ends_at + grace
    cutoff_at INTEGER NOT NULL,
    fixed INTEGER NOT NULL CHECK (fixed IN (0, 1)), -- a failed attempt: nothing moves it any more
    now_on INTEGER NOT NULL,       -- the same of the current window, for basis=window
    now_early_before INTEGER NOT NULL,
    now_late_after INTEGER NOT NULL,
    now_missed_after INTEGER NOT NULL,
    completed_at INTEGER,
    received_at INTEGER,
    excluded TEXT,
    stated INTEGER NOT NULL CHECK (stated IN (0, 1)), -- 0: the source does not say what was handed over
    handed_over INTEGER NOT NULL CHECK (handed_over IN (0, 1)),
    lines INTEGER NOT NULL CHECK (lines >= 0),
    lines_right INTEGER NOT NULL CHECK (lines_right BETWEEN 0 AND lines),
    units_authorised INTEGER NOT NULL CHECK (units_authorised >= 0),
    units_accepted INTEGER NOT NULL CHECK (units_accepted >= 0), -- sum of min(accepted, authorised)
    faults_line INTEGER NOT NULL CHECK (faults_line >= 0),       -- line discrepancies that are not void
    faults_damage INTEGER NOT NULL CHECK (faults_damage >= 0),   -- of those: damaged
    faults_place INTEGER NOT NULL CHECK (faults_place >= 0),     -- wrong place or recipient
    faults_proof INTEGER NOT NULL CHECK (faults_proof >= 0),
    faults INTEGER NOT NULL CHECK (faults >= 0),                 -- all that are not void, contests aside
    faults_outside INTEGER NOT NULL CHECK (faults_outside BETWEEN 0 AND faults), -- patient, customer, force majeure
    timing_outside INTEGER NOT NULL CHECK (timing_outside IN (0, 1)), -- the late or missed one is among those
    contested TEXT,
    reversals INTEGER NOT NULL,
    recoveries INTEGER NOT NULL,
    -- the standing timing discrepancy
    swept TEXT NOT NULL CHECK (swept = 'none' OR swept = 'early' OR swept = 'late' OR swept = 'missed'),
    sweep_at INTEGER, -- when the sweep has to look next; null: never again
    PRIMARY KEY (order_id, version),
    CHECK (known_until >= known_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX commitment_due ON commitment (due_on, known_until);
CREATE INDEX commitment_customer ON commitment (customer_id, due_on, known_until);
CREATE INDEX commitment_sweep ON commitment (sweep_at) WHERE sweep_at IS NOT NULL AND known_until = 9223372036854775807;
CREATE UNIQUE INDEX commitment_current ON commitment (order_id) WHERE known_until = 9223372036854775807;

CREATE TABLE discrepancy (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    delivery_id BLOB REFERENCES delivery (id),
    patient_id BLOB,
    customer_id BLOB NOT NULL,
    depot_id BLOB NOT NULL,
    driver_id BLOB,
    kind TEXT NOT NULL,
    product_id BLOB,
    stated TEXT,
    lot TEXT,
    expected INTEGER,
    actual INTEGER,
    severity TEXT NOT NULL CHECK (severity IN ('S1', 'S2', 'S3', 'S4')),
    source TEXT NOT NULL CHECK (source IN ('reconciliation', 'sweep', 'driver', 'customer', 'count', 'recall')),
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'disputed', 'void')),
    responsibility TEXT NOT NULL CHECK (responsibility IN
        ('provider', 'carrier', 'patient', 'customer', 'force_majeure', 'undetermined')),
    cause TEXT,
    reason TEXT,
    detected_at INTEGER NOT NULL,
    closed_at INTEGER,
    rule_version INTEGER NOT NULL,
    event_id BLOB,      -- the confirmation it was found in
    contest_id BLOB,
    superseded_by BLOB,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX discrepancy_order ON discrepancy (order_id);
CREATE INDEX discrepancy_customer ON discrepancy (customer_id, detected_at, id);
CREATE INDEX discrepancy_detected ON discrepancy (detected_at, id);
CREATE INDEX discrepancy_delivery ON discrepancy (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX discrepancy_event ON discrepancy (event_id) WHERE event_id IS NOT NULL;

-- What became of a discrepancy, and when: a report as of an instant shows the state of then. Found: open.
CREATE TABLE discrepancy_state (
    discrepancy_id BLOB NOT NULL REFERENCES discrepancy (id),
    version INTEGER NOT NULL, -- of the discrepancy that came into this state
    at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'disputed', 'void')),
    PRIMARY KEY (discrepancy_id, version)
) STRICT, WITHOUT ROWID;

-- Lots under recall: accepted ones are wrong_lot.
CREATE TABLE recall (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    product_id BLOB NOT NULL REFERENCES product (id),
    lot TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (product_id, lot)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan_receipt (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    through INTEGER NOT NULL,
    at INTEGER NOT NULL,
    due INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    existing INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    paused INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    active INTEGER NOT NULL,
    none_due INTEGER NOT NULL,
    CHECK (due = opened + existing + skipped + paused + missing)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_receipt_at ON plan_receipt (at, id);

-- The erasable values of append-only rows. digest = SHA-256(salt || value) stands in the owner's row.
CREATE TABLE personal_value (
    owner BLOB NOT NULL,
    field TEXT NOT NULL,
    subject BLOB,       -- the patient whose values these are, for erasure
    value TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    PRIMARY KEY (owner, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX personal_value_subject ON personal_value (subject) WHERE subject IS NOT NULL;

-- Sequence without gaps; leaf_hash = SHA-256(00 || the canonical bytes of the other columns).
CREATE TABLE audit_event (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    at INTEGER NOT NULL,
    actor_id BLOB,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id BLOB NOT NULL,
    entity_version INTEGER NOT NULL,
    reason_digest BLOB, -- of the reason in personal_value (entity id, 'reason:<seq>')
    request_id BLOB NOT NULL,
    change TEXT NOT NULL, -- JSON without personal values
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32)
) STRICT;
CREATE INDEX audit_event_entity ON audit_event (entity_id, seq);

CREATE TABLE idempotency (
    actor_id BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL, -- SHA-256 of method, path and body
    status INTEGER NOT NULL,
    etag TEXT,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (actor_id, key)
) STRICT, WITHOUT ROWID;
