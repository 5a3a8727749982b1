-- What the log says about rows: see README.md, "What the audit covers".

-- Sums of the rows that the event's unit wrote: 32 bytes, then 12 for each table. Null: from before.
ALTER TABLE audit_event ADD COLUMN rows BLOB CHECK (rows IS NULL OR length(rows) >= 32);

-- Words about people that stand in rows which may change are hashed with the row: 16 random bytes beside
-- them, erased with them, so that the log never holds what a guessed name could be tried on.
ALTER TABLE customer ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
ALTER TABLE user_account ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
ALTER TABLE patient ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
ALTER TABLE patient_receiver ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
ALTER TABLE pause ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
ALTER TABLE patient_order ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
ALTER TABLE delivery ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
ALTER TABLE discrepancy ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);

UPDATE customer SET salt = randomblob(16);
UPDATE user_account SET salt = randomblob(16);
UPDATE patient SET salt = randomblob(16);
UPDATE patient_receiver SET salt = randomblob(16);
UPDATE pause SET salt = randomblob(16);
UPDATE patient_order SET salt = randomblob(16) WHERE reason IS NOT NULL OR to_address IS NOT NULL OR to_lat IS NOT NULL;
UPDATE delivery SET salt = randomblob(16) WHERE reason IS NOT NULL;
UPDATE discrepancy SET salt = randomblob(16) WHERE reason IS NOT NULL;
