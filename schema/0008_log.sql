-- The log as a Merkle tree (RFC 9162): complete subtrees of 256 events and more, so that a root or a proof over a
-- million events reads a few rows. Smaller ones are computed from audit_event.leaf_hash.
CREATE TABLE audit_node (
    level INTEGER NOT NULL CHECK (level >= 8 AND level < 62), -- 2^level events
    number INTEGER NOT NULL CHECK (number >= 0),              -- from seq number * 2^level + 1 on
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- The public keys that heads of the log are signed with; the newest signs. The private one is never in here.
CREATE TABLE audit_key (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1), -- of its own audit event, which holds the same
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16), -- the event's entity
    key_id TEXT NOT NULL UNIQUE CHECK (length(key_id) = 16), -- first 8 bytes of SHA-256(public_key), hex
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32), -- Ed25519
    made_at INTEGER NOT NULL,
    replaces TEXT REFERENCES audit_key (key_id)
) STRICT;

CREATE TRIGGER audit_node_no_update BEFORE UPDATE ON audit_node BEGIN SELECT RAISE(ABORT, 'audit_node is append-only'); END;
CREATE TRIGGER audit_node_no_delete BEFORE DELETE ON audit_node BEGIN SELECT RAISE(ABORT, 'audit_node is append-only'); END;
CREATE TRIGGER audit_key_no_update BEFORE UPDATE ON audit_key BEGIN SELECT RAISE(ABORT, 'audit_key is append-only'); END;
CREATE TRIGGER audit_key_no_delete BEFORE DELETE ON audit_key BEGIN SELECT RAISE(ABORT, 'audit_key is append-only'); END;
