-- How far the ids of each writing process go.

-- No id with that writer's number (base/id.h) is later than `until`: the process that has the number next begins behind it.
CREATE TABLE id_writer (
    number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 7),
    until INTEGER NOT NULL CHECK (until BETWEEN 0 AND 281474976710655) -- ms since 1970, as far as an id has them
) STRICT;
-- Of the processes before this file the last event alone tells; an instant that is none tells nothing.
INSERT INTO id_writer (number, until)
SELECT n.number, e.at + 1000
FROM (SELECT 0 AS number UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5
    UNION ALL SELECT 6 UNION ALL SELECT 7) n, audit_entry e
WHERE e.seq = (SELECT MAX(seq) FROM audit_entry) AND e.at BETWEEN 0 AND 281474976709655
ORDER BY n.number;
