-- Amendments and arrivals are field events too; where an event was made, and what was scanned, stand in columns.

-- The words of a CHECK are changed by making the table anew. Rows that refer to it wait for the end of the transaction.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE field_event_before AS SELECT * FROM field_event;
DROP TABLE field_event;

-- What a driver stated: a drop (confirmation), a failed attempt, an arrival, or an amendment, which states a confirmation
-- anew and whole. Append-only; the id is the device's and is looked up before anything else.
CREATE TABLE field_event (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind = 'confirmation' OR kind = 'failure' OR kind = 'amendment' OR kind = 'arrival'),
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    driver_id BLOB NOT NULL,      -- whose drop it is
    by_id BLOB,                   -- who reported for the driver, or amended the driver's statement; else null
    at INTEGER NOT NULL,          -- device time: of an amendment, when it was made
    received_at INTEGER NOT NULL, -- server time
    completed_at INTEGER,         -- what the figures use; null when it completes nothing
    synced_late INTEGER NOT NULL CHECK (synced_late IN (0, 1)),
    clock_skew_s INTEGER NOT NULL,
    receiver_known INTEGER NOT NULL CHECK (receiver_known IN (0, 1)),
    place TEXT NOT NULL CHECK (place = 'right' OR place = 'wrong' OR place = 'unknown'),
    distance_m INTEGER CHECK (distance_m >= 0), -- from the fix to the home
    accuracy_m INTEGER CHECK (accuracy_m >= 0), -- of the fix
    bypass TEXT,
    reason TEXT,                  -- of a failure: coded
    -- what it made of the delivery
    outcome TEXT NOT NULL CHECK (outcome = 'delivered' OR outcome = 'failed' OR outcome = 'kept'),
    delivery_version INTEGER NOT NULL, -- of the delivery after it: a replay answers the same
    fingerprint BLOB NOT NULL,    -- SHA-256 of the content
    private_digest BLOB,
    amends BLOB REFERENCES field_event (id), -- an amendment: the confirmation
    dropped_at INTEGER,           -- an amendment by a manager: the time of the drop, put right
    stands INTEGER NOT NULL CHECK (stands IN (0, 1)), -- 0: an amendment older than the one that stood when it came
    CHECK ((kind = 'amendment') = (amends IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX field_event_delivery ON field_event (delivery_id, received_at);
CREATE INDEX field_event_amends ON field_event (amends, delivery_version) WHERE amends IS NOT NULL;
INSERT INTO field_event (id, kind, delivery_id, driver_id, by_id, at, received_at, completed_at, synced_late,
    clock_skew_s, receiver_known, place, bypass, reason, outcome, delivery_version, fingerprint, private_digest, stands)
SELECT id, kind, delivery_id, driver_id, by_id, at, received_at, completed_at, synced_late, clock_skew_s,
    receiver_known, place, bypass, reason, outcome, delivery_version, fingerprint, private_digest, 1
FROM field_event_before;
DROP TABLE field_event_before;
CREATE TRIGGER field_event_no_update BEFORE UPDATE ON field_event BEGIN SELECT RAISE(ABORT, 'field_event is append-only'); END;
CREATE TRIGGER field_event_no_delete BEFORE DELETE ON field_event BEGIN SELECT RAISE(ABORT, 'field_event is append-only'); END;

-- The raw bytes of the barcode that the line was read from.
ALTER TABLE field_event_line ADD COLUMN scan TEXT;

-- What is held of each drop now: its confirmation, or the last amendment of it that stands.
CREATE VIEW statement AS
SELECT e.id, COALESCE(e.amends, e.id) AS confirmation_id, e.delivery_id, e.driver_id, e.at, e.received_at, e.completed_at,
    e.delivery_version
FROM field_event e
WHERE (e.kind = 'confirmation' OR (e.kind = 'amendment' AND e.stands = 1))
    AND NOT EXISTS (SELECT 1 FROM field_event a WHERE a.amends = COALESCE(e.amends, e.id) AND a.stands = 1
        AND a.delivery_version > e.delivery_version);
