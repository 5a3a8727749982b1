-- What was counted of each product stands in the count's own row, as bytes (domain/stock.h).

-- Of each number of units, twice, and 1 more where the id that follows is whole: seven bits a byte, the lowest first.
CREATE TABLE byte_before (number INTEGER PRIMARY KEY, byte BLOB NOT NULL) STRICT;
INSERT INTO byte_before (number, byte)
WITH RECURSIVE every (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM every WHERE number < 255)
SELECT number, SUBSTR(x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    CAST(number AS INT) + 1, 1) FROM every;
CREATE TABLE units_before (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
INSERT INTO units_before (number, bytes)
WITH RECURSIVE written (number, rest, bytes) AS (
    SELECT DISTINCT 2 * on_hand + CASE WHEN length(product_id) = 16 THEN 1 ELSE 0 END,
        2 * on_hand + CASE WHEN length(product_id) = 16 THEN 1 ELSE 0 END, x'' FROM stock_count_line
    UNION ALL
    SELECT w.number, CASE WHEN w.rest < 128 THEN -1 ELSE w.rest / 128 END, CAST(w.bytes || b.byte AS BLOB)
    FROM written w JOIN byte_before b ON b.number = CASE WHEN w.rest < 128 THEN w.rest ELSE 128 + w.rest % 128 END
    WHERE w.rest >= 0)
SELECT number, bytes FROM written WHERE rest = -1;

CREATE TABLE line_before (
    count_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (count_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO line_before (count_id, number, bytes)
SELECT l.count_id, ROW_NUMBER() OVER (PARTITION BY l.count_id ORDER BY l.product_id),
    CAST(u.bytes || l.product_id AS BLOB)
FROM stock_count_line l JOIN units_before u
    ON u.number = 2 * l.on_hand + CASE WHEN length(l.product_id) = 16 THEN 1 ELSE 0 END;
CREATE TABLE stock_count_before AS
SELECT k.id, k.patient_id, k.order_id, k.date, k.at, k.by_id,
    (SELECT COUNT(*) FROM stock_count_line l WHERE l.count_id = k.id) AS lines FROM stock_count k;
DROP TABLE stock_count_line;
DROP TABLE stock_count;

CREATE TABLE stock_count (
    id BLOB PRIMARY KEY CHECK (length(id) = 6 OR length(id) = 16),
    patient_id BLOB NOT NULL REFERENCES patient (id),
    order_id BLOB NOT NULL REFERENCES patient_order (id),
    date INTEGER NOT NULL, -- civil date of the depot
    at INTEGER NOT NULL,
    by_id BLOB,
    counted BLOB NOT NULL -- by product
) STRICT, WITHOUT ROWID;
INSERT INTO stock_count (id, patient_id, order_id, date, at, by_id, counted)
WITH RECURSIVE written (id, number, bytes) AS (
    SELECT id, 0, x'' FROM stock_count_before
    UNION ALL
    SELECT w.id, w.number + 1, CAST(w.bytes || l.bytes AS BLOB)
    FROM written w JOIN line_before l ON l.count_id = w.id AND l.number = w.number + 1)
SELECT k.id, k.patient_id, k.order_id, k.date, k.at, k.by_id, w.bytes
FROM written w JOIN stock_count_before k ON k.id = w.id AND k.lines = w.number ORDER BY k.id;
DROP TABLE stock_count_before;
DROP TABLE line_before;
DROP TABLE units_before;
DROP TABLE byte_before;
CREATE INDEX stock_count_patient ON stock_count (patient_id, at, id);
CREATE TRIGGER stock_count_no_update BEFORE UPDATE ON stock_count BEGIN SELECT RAISE(ABORT, 'stock_count is append-only'); END;
CREATE TRIGGER stock_count_no_delete BEFORE DELETE ON stock_count BEGIN SELECT RAISE(ABORT, 'stock_count is append-only'); END;
