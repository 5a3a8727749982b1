-- What first pages are found by, and what the clock writes for each of its findings.

-- In which seconds something of a customer was found: its discrepancies are looked for among those of these seconds.
-- An index by customer was written in 200 places for a group of 500 findings; this one in 200 places a second.
CREATE TABLE found_second (
    customer_id BLOB NOT NULL,
    second INTEGER NOT NULL, -- since 1970
    PRIMARY KEY (customer_id, second)
) STRICT, WITHOUT ROWID;
INSERT INTO found_second (customer_id, second) SELECT DISTINCT customer_id, detected_at / 1000 FROM discrepancy;
DROP INDEX discrepancy_customer;
DROP INDEX discrepancy_detected;
CREATE INDEX discrepancy_detected ON discrepancy (detected_at, id, customer_id);

-- SQLite builds a table for a list of three or more words, at every row that is written: side by side they cost nothing.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = REPLACE(REPLACE(REPLACE(REPLACE(sql,
    'severity IN (''S1'', ''S2'', ''S3'', ''S4'')',
    'severity = ''S1'' OR severity = ''S2'' OR severity = ''S3'' OR severity = ''S4'''),
    'source IN (''reconciliation'', ''sweep'', ''driver'', ''customer'', ''count'', ''recall'')',
    'source = ''reconciliation'' OR source = ''sweep'' OR source = ''driver'' OR source = ''customer'' OR source = ''count'''
    || ' OR source = ''recall'''),
    'state IN (''open'', ''acknowledged'', ''resolved'', ''disputed'', ''void'')',
    'state = ''open'' OR state = ''acknowledged'' OR state = ''resolved'' OR state = ''disputed'' OR state = ''void'''),
    'responsibility IN
        (''provider'', ''carrier'', ''patient'', ''customer'', ''force_majeure'', ''undetermined'')',
    'responsibility = ''undetermined'' OR responsibility = ''provider'' OR responsibility = ''carrier'' OR '
    || 'responsibility = ''patient'' OR responsibility = ''customer'' OR responsibility = ''force_majeure''')
WHERE name = 'discrepancy' OR name = 'discrepancy_state';
UPDATE sqlite_schema SET sql = REPLACE(sql, 'kind IN (''cycle'', ''emergency'', ''travel'', ''history'')',
    'kind = ''cycle'' OR kind = ''emergency'' OR kind = ''travel'' OR kind = ''history''')
WHERE name = 'patient_order';
UPDATE sqlite_schema SET sql = REPLACE(sql, 'whose IN (''customer'', ''depot'', ''driver'')',
    'whose = ''customer'' OR whose = ''depot'' OR whose = ''driver''')
WHERE name = 'figure';
PRAGMA writable_schema = RESET;

-- Whom to call first: the open orders up to a place in order_open, by their patient's cover, so that the worklist does not
-- look up every patient. Made of orders and patients: audit verify looks at each.
CREATE TABLE to_call (
    order_id BLOB PRIMARY KEY,
    patient_id BLOB NOT NULL,
    depot_id BLOB NOT NULL,
    call_due INTEGER NOT NULL,
    due_date INTEGER NOT NULL,
    cover_until INTEGER NOT NULL -- 0: nothing was counted
) STRICT, WITHOUT ROWID;
CREATE INDEX to_call_first ON to_call (cover_until, due_date, order_id, depot_id, call_due);
CREATE INDEX to_call_patient ON to_call (patient_id);
CREATE TABLE to_call_through (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    call_due INTEGER NOT NULL,
    order_id BLOB NOT NULL
) STRICT;
