-- An order has few contacts: they are put in order when they are read.
DROP INDEX contact_order;
CREATE INDEX contact_order ON contact (order_id);
