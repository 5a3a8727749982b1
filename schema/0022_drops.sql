-- What a drop needs at hand.

-- What the patient has of each product: what was counted last and what came since, so that a drop does not look through
-- the years for it. 48 bytes a product (domain/stock.h). Null: never counted, or not
-- reckoned since this column is here.
ALTER TABLE patient ADD COLUMN stock BLOB;
