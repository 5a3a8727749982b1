-- What became of a discrepancy, and when: a report as of an instant shows the state of then. Found: open.
CREATE TABLE discrepancy_state (
    discrepancy_id BLOB NOT NULL REFERENCES discrepancy (id),
    version INTEGER NOT NULL, -- of the discrepancy that came into this state
    at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'disputed', 'void')),
    PRIMARY KEY (discrepancy_id, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER discrepancy_state_no_update BEFORE UPDATE ON discrepancy_state BEGIN SELECT RAISE(ABORT, 'discrepancy_state is append-only'); END;
CREATE TRIGGER discrepancy_state_no_delete BEFORE DELETE ON discrepancy_state BEGIN SELECT RAISE(ABORT, 'discrepancy_state is append-only'); END;
