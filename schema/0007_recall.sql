-- Recalls: who said so and why, what is still to be done about each, and who has a lot in one look.

-- left: deliveries whose discrepancy the clock has still to open.
ALTER TABLE recall ADD COLUMN by_id BLOB;
ALTER TABLE recall ADD COLUMN private_digest BLOB; -- of the reason in personal_value (id, 'recall')
ALTER TABLE recall ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0 CHECK (left_out >= 0);
ALTER TABLE recall ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- A lot is the same however it was typed: case and spaces do not count (store_recall.h says why).
CREATE UNIQUE INDEX recall_lot ON recall (product_id, UPPER(REPLACE(lot, ' ', '')));
CREATE INDEX recall_left ON recall (id) WHERE left_out > 0;

-- Every home that was handed a lot. Lines that name no lot, and units nobody kept, are not in it.
CREATE INDEX field_event_line_lot ON field_event_line (product_id, UPPER(REPLACE(lot, ' ', '')))
    WHERE lot IS NOT NULL AND condition = 'ok';

-- A recall that was said stays said.
CREATE TRIGGER recall_no_update BEFORE UPDATE OF id, product_id, lot, at, by_id, private_digest ON recall
BEGIN SELECT RAISE(ABORT, 'what was recalled stays recalled'); END;
CREATE TRIGGER recall_no_delete BEFORE DELETE ON recall
BEGIN SELECT RAISE(ABORT, 'what was recalled stays recalled'); END;
