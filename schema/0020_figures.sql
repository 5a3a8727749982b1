-- Sums of what commitments count, so that a report need not read each of them. A day is summed once it is over in every
-- zone; a commitment of such a day that changes afterwards changes its sums in the same unit. All three tables follow
-- from commitment: audit verify makes them again.

-- What the settled commitments count that were due on a day, or in a month as far as its days are summed.
CREATE TABLE figure (
    whose TEXT NOT NULL CHECK (whose IN ('customer', 'depot', 'driver')),
    span TEXT NOT NULL CHECK (span IN ('day', 'month')),
    begins INTEGER NOT NULL, -- date
    id BLOB NOT NULL,        -- of the customer, depot or driver; empty: no driver had it
    counts BLOB NOT NULL,    -- every member of struct kpi in order, seven bits a byte, the lowest first
    PRIMARY KEY (whose, span, begins, id)
) STRICT, WITHOUT ROWID;

-- Commitments of summed days whose verdict still depends on the clock: a report reads them one by one.
CREATE TABLE figure_open (
    order_id BLOB PRIMARY KEY REFERENCES patient_order (id)
) STRICT, WITHOUT ROWID;

-- How far the sums go; without a row no day is summed. One row.
CREATE TABLE figure_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    through INTEGER NOT NULL,   -- date: the last day that is summed
    known_from INTEGER NOT NULL -- instant: the latest known_from of what is summed, or open
) STRICT;

-- What a report restates became known after its due date began; imported history is all brought in late. Every column
-- that is asked for first is in the index.
CREATE INDEX commitment_restated ON commitment (known_from, due_on, kind)
    WHERE known_from > due_on * 86400000 AND (version > 1 OR kind <> 'history');
