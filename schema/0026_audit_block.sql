-- The past of the log in blocks: the events of a week ago and more, 256 together, in a third of the bytes (store/audit_block.h).

-- Events number * 256 + 1 to number * 256 + 256. What audit_node (8, number) is the hash of, so a block proves what its rows did.
CREATE TABLE audit_block (
    number INTEGER PRIMARY KEY CHECK (number >= 0),
    packed BLOB NOT NULL
) STRICT;

-- In which blocks an entity has events.
CREATE TABLE audit_place (
    entity_id BLOB NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (entity_id, block)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_block_no_update BEFORE UPDATE ON audit_block BEGIN SELECT RAISE(ABORT, 'audit_block is append-only'); END;
CREATE TRIGGER audit_block_no_delete BEFORE DELETE ON audit_block BEGIN SELECT RAISE(ABORT, 'audit_block is append-only'); END;
CREATE TRIGGER audit_place_no_update BEFORE UPDATE ON audit_place BEGIN SELECT RAISE(ABORT, 'audit_place is append-only'); END;
CREATE TRIGGER audit_place_no_delete BEFORE DELETE ON audit_place BEGIN SELECT RAISE(ABORT, 'audit_place is append-only'); END;

-- A row of the log may go once its block is there.
DROP TRIGGER audit_entry_no_delete;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only') WHERE NOT EXISTS (SELECT 1 FROM audit_block WHERE number = (OLD.seq - 1) / 256); END;
