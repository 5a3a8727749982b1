-- What a device compares to know that this is still the database it spoke to. A restore begins another epoch: the same
-- sequence numbers then mean other events. One row.
CREATE TABLE installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    epoch_began_at INTEGER NOT NULL,
    restored_epoch BLOB CHECK (length(restored_epoch) = 16), -- whose backup this was made of
    restored_seq INTEGER CHECK (restored_seq >= 0),          -- the last audit event in that backup
    backed_up_seq INTEGER NOT NULL CHECK (backed_up_seq >= 0), -- audit events up to this one are in a backup
    backed_up_at INTEGER,
    version INTEGER NOT NULL,
    CHECK ((restored_epoch IS NULL) = (restored_seq IS NULL))
) STRICT;
CREATE TRIGGER installation_no_delete BEFORE DELETE ON installation BEGIN SELECT RAISE(ABORT, 'installation stays'); END;
