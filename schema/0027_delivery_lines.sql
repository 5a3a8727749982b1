-- A delivery brings what its order authorises, as a first attempt does, but for the products that a row of delivery_line
-- names: what is left after an earlier attempt, or less since another one brought some. The order's lines are frozen
-- before anything can be booked, so what follows from them need not be kept.

-- A product that an attempt had nothing left to bring of had no row: it has one that says 0.
CREATE TABLE delivery_line_before AS
SELECT d.id AS delivery_id, o.product_id, COALESCE(l.authorised, 0) AS authorised
FROM delivery d JOIN order_line o ON o.order_id = d.order_id
LEFT JOIN delivery_line l ON l.delivery_id = d.id AND l.product_id = o.product_id
WHERE COALESCE(l.authorised, 0) <> o.authorised;
DROP TABLE delivery_line;
CREATE TABLE delivery_line (
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    authorised INTEGER NOT NULL CHECK (authorised BETWEEN 0 AND 10000000),
    PRIMARY KEY (delivery_id, product_id)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery_line (delivery_id, product_id, authorised)
SELECT delivery_id, product_id, authorised FROM delivery_line_before;
DROP TABLE delivery_line_before;
