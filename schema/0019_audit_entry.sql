-- The log in fewer bytes: its words are numbers here, and the view audit_event reads as the table did.

-- A new word is a new row, in a schema file; a number is never another word.
CREATE TABLE audit_word (
    number INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO audit_word (number, word) VALUES
    (1, 'admin'), (2, 'manager'), (3, 'rep'), (4, 'dispatcher'), (5, 'driver'), (6, 'customer'), (7, 'system'),
    (8, 'order'), (9, 'delivery'), (10, 'run'), (11, 'patient'), (12, 'plan'), (13, 'evidence'),
    (14, 'discrepancy'), (15, 'closure'), (16, 'depot'), (17, 'zone'), (18, 'product'), (19, 'user'),
    (20, 'recall'), (21, 'pause'), (22, 'erasure'), (23, 'installation'), (24, 'schema'), (25, 'audit_key'),
    (26, 'audit_log'), (27, 'order.plan'), (28, 'order.contact'), (29, 'order.count'), (30, 'order.confirm'),
    (31, 'delivery.book'), (32, 'delivery.confirm'), (33, 'evidence.put'), (34, 'delivery.reschedule'),
    (35, 'delivery.cancel'), (36, 'delivery.fail'), (37, 'delivery.amend'), (38, 'delivery.arrive'),
    (39, 'delivery.contest'), (40, 'delivery.recall'), (41, 'run.add'), (42, 'run.set-stops'),
    (43, 'run.dispatch'), (44, 'run.close'), (45, 'run.stop-add'), (46, 'run.stop-remove'),
    (47, 'commitment.sweep'), (48, 'commitment.status'), (49, 'commitment.pause'), (50, 'discrepancy.open'),
    (51, 'discrepancy.change'), (52, 'discrepancy.resolve'), (53, 'discrepancy.void'),
    (54, 'discrepancy.evidence'), (55, 'order.add'), (56, 'order.skip'), (57, 'order.cancel'),
    (58, 'order.import'), (59, 'plan.run'), (60, 'customer.add'), (61, 'customer.change'), (62, 'depot.add'),
    (63, 'depot.change'), (64, 'zone.add'), (65, 'zone.change'), (66, 'closure.add'), (67, 'closure.change'),
    (68, 'closure.remove'), (69, 'product.add'), (70, 'product.change'), (71, 'patient.add'),
    (72, 'patient.change'), (73, 'patient.erase'), (74, 'prescription.add'), (75, 'pause.add'),
    (76, 'pause.remove'), (77, 'user.add'), (78, 'user.change'), (79, 'user.login'), (80, 'user.logout'),
    (81, 'recall.add'), (82, 'recall.open'), (83, 'erasure.clean'), (84, 'installation.begin'),
    (85, 'installation.backup'), (86, 'installation.restore'), (87, 'schema.migrate'), (88, 'log.fill'),
    (89, 'audit.key');
-- What an older program may have said.
INSERT INTO audit_word (number, word)
SELECT 1000 + ROW_NUMBER() OVER (ORDER BY word), word FROM
    (SELECT role AS word FROM audit_event UNION SELECT action FROM audit_event UNION SELECT entity FROM audit_event) said
WHERE NOT EXISTS (SELECT 1 FROM audit_word known WHERE known.word = said.word);

-- Sequence without gaps; leaf_hash = SHA-256(00 || the canonical bytes of the event).
CREATE TABLE audit_entry (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    at INTEGER NOT NULL,
    actor_id BLOB,
    role INTEGER NOT NULL,   -- this and the next two: of audit_word
    action INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    entity_id BLOB NOT NULL,
    entity_version INTEGER NOT NULL,
    reason_digest BLOB,      -- of the reason in personal_value (entity id, 'reason:<seq>')
    request_id BLOB NOT NULL,
    change TEXT NOT NULL,    -- JSON without personal values
    rows BLOB CHECK (rows IS NULL OR length(rows) >= 32), -- sums of the rows that the event's unit wrote
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32)
) STRICT;
INSERT INTO audit_entry (seq, at, actor_id, role, action, entity, entity_id, entity_version, reason_digest, request_id,
    change, rows, leaf_hash)
SELECT seq, at, actor_id, (SELECT number FROM audit_word WHERE word = role),
    (SELECT number FROM audit_word WHERE word = action), (SELECT number FROM audit_word WHERE word = entity),
    entity_id, entity_version, reason_digest, request_id, change, rows, leaf_hash
FROM audit_event ORDER BY seq;
DROP TABLE audit_event;
CREATE INDEX audit_entry_entity ON audit_entry (entity_id, seq);
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;

CREATE VIEW audit_event AS
SELECT e.seq, e.at, e.actor_id, (SELECT word FROM audit_word WHERE number = e.role) AS role,
    (SELECT word FROM audit_word WHERE number = e.action) AS action,
    (SELECT word FROM audit_word WHERE number = e.entity) AS entity,
    e.entity_id, e.entity_version, e.reason_digest, e.request_id, e.change, e.rows, e.leaf_hash
FROM audit_entry e;
