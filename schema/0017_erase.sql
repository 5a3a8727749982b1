-- Patients whose words were erased: when, why, and whether the file was written anew since.

ALTER TABLE patient ADD COLUMN erased_at INTEGER;

CREATE TABLE erasure (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    patient_id BLOB NOT NULL REFERENCES patient (id),
    at INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('request', 'retention', 'mistake')),
    by_id BLOB,
    erased INTEGER NOT NULL CHECK (erased >= 0), -- rows that held a word
    cleaned_at INTEGER,                          -- null: pieces of them may still be in the file
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_at ON erasure (at, id);
CREATE INDEX erasure_patient ON erasure (patient_id, at);
CREATE INDEX erasure_unclean ON erasure (id) WHERE cleaned_at IS NULL;
CREATE TRIGGER erasure_no_update BEFORE UPDATE OF id, patient_id, at, reason, by_id, erased ON erasure
BEGIN SELECT RAISE(ABORT, 'what was erased stays told'); END;
CREATE TRIGGER erasure_no_delete BEFORE DELETE ON erasure
BEGIN SELECT RAISE(ABORT, 'what was erased stays told'); END;
