-- What a driver's device reports has the device's id, 16 bytes that stood in each line and twice in each index beside it. It
-- has one of ours too from here on, 6 bytes, and its lines, images and private values stand under that. Of older events
-- both are the same.

PRAGMA defer_foreign_keys = ON;
DROP VIEW statement;
CREATE TABLE field_event_before AS SELECT * FROM field_event;
DROP TABLE field_event;
CREATE TABLE field_event (
    own_id BLOB PRIMARY KEY CHECK (length(own_id) = 6 OR length(own_id) = 16),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 6 OR length(id) = 16), -- the device's: looked up before anything else
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
    fingerprint BLOB NOT NULL,    -- of the content: same id, other content is refused
    private_digest BLOB,
    amends BLOB REFERENCES field_event (id), -- an amendment: the confirmation
    dropped_at INTEGER,           -- an amendment by a manager: the time of the drop, put right
    stands INTEGER NOT NULL CHECK (stands IN (0, 1)), -- 0: an amendment older than the one that stood when it came
    CHECK ((kind = 'amendment') = (amends IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX field_event_delivery ON field_event (delivery_id, received_at);
CREATE INDEX field_event_amends ON field_event (amends, delivery_version) WHERE amends IS NOT NULL;
INSERT INTO field_event (own_id, id, kind, delivery_id, driver_id, by_id, at, received_at, completed_at, synced_late,
    clock_skew_s, receiver_known, place, distance_m, accuracy_m, bypass, reason, outcome, delivery_version, fingerprint,
    private_digest, amends, dropped_at, stands)
SELECT id, id, kind, delivery_id, driver_id, by_id, at, received_at, completed_at, synced_late, clock_skew_s, receiver_known,
    place, distance_m, accuracy_m, bypass, reason, outcome, delivery_version, fingerprint, private_digest, amends,
    dropped_at, stands
FROM field_event_before ORDER BY id;
DROP TABLE field_event_before;
CREATE TRIGGER field_event_no_update BEFORE UPDATE ON field_event BEGIN SELECT RAISE(ABORT, 'field_event is append-only'); END;
CREATE TRIGGER field_event_no_delete BEFORE DELETE ON field_event BEGIN SELECT RAISE(ABORT, 'field_event is append-only'); END;

-- No row of a line or an image changes: only what its first column is called and refers to.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = REPLACE(REPLACE(sql,
    'event_id BLOB NOT NULL REFERENCES field_event (id)', 'own_id BLOB NOT NULL REFERENCES field_event (own_id)'),
    'PRIMARY KEY (event_id, position)', 'PRIMARY KEY (own_id, position)')
WHERE name = 'field_event_line' OR name = 'field_event_evidence';
PRAGMA writable_schema = RESET;

CREATE VIEW statement AS
SELECT e.id, e.own_id, COALESCE(e.amends, e.id) AS confirmation_id, e.delivery_id, e.driver_id, e.at, e.received_at,
    e.completed_at, e.delivery_version
FROM field_event e
WHERE (e.kind = 'confirmation' OR (e.kind = 'amendment' AND e.stands = 1))
    AND NOT EXISTS (SELECT 1 FROM field_event a WHERE a.amends = COALESCE(e.amends, e.id) AND a.stands = 1
        AND a.delivery_version > e.delivery_version);
