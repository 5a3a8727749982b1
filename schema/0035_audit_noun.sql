-- In which blocks the log speaks of a noun: an order, a recall. Who asks for a rare one need not wait until all of them were read.
CREATE TABLE audit_noun (
    entity INTEGER NOT NULL, -- of audit_word; 0: a block from before this table, which may speak of any, until the clock has looked
    block INTEGER NOT NULL,
    PRIMARY KEY (entity, block)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_noun (entity, block) SELECT 0, number FROM audit_block;

CREATE TRIGGER audit_noun_no_update BEFORE UPDATE ON audit_noun BEGIN SELECT RAISE(ABORT, 'audit_noun is append-only'); END;
CREATE TRIGGER audit_noun_no_delete BEFORE DELETE ON audit_noun WHEN OLD.entity <> 0 BEGIN SELECT RAISE(ABORT, 'audit_noun is append-only'); END;
