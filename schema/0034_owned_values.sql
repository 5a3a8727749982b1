-- A personal value belongs to the order, delivery, event, call, contest, pause or discrepancy that owns it, and by that to the
-- patient: whose it is need not stand beside it, nor in an index, which was written in another place at every drop.
DROP INDEX personal_value_subject;
ALTER TABLE personal_value DROP COLUMN subject;
