-- Images that prove a drop or a failed attempt: named by field events, perhaps before they arrive.

-- What is known of an image, once, whoever sent it and however often. Append-only; id: for the trail.
CREATE TABLE evidence (
    sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    type TEXT NOT NULL CHECK (type = 'image/png' OR type = 'image/jpeg'),
    bytes INTEGER NOT NULL CHECK (bytes BETWEEN 1 AND 5242880),
    received_at INTEGER NOT NULL,
    by_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Its bytes stand apart: no list reads them, and they can be erased (an image of a home or a signature is personal).
-- With a rowid: rows of megabytes do not belong into the tree of a key.
CREATE TABLE evidence_image (
    sha256 BLOB PRIMARY KEY REFERENCES evidence (sha256),
    image BLOB NOT NULL
) STRICT;

-- Confirmations of which images are named and none has arrived: what the sweep has to look at. A queue, made of the rows
-- beside it.
CREATE TABLE evidence_awaited (
    event_id BLOB PRIMARY KEY REFERENCES field_event (id),
    since INTEGER NOT NULL -- when the first image was named
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_awaited_since ON evidence_awaited (since);

-- An image that an event names, and an event of another delivery had named before. Append-only.
CREATE TABLE evidence_reuse (
    event_id BLOB NOT NULL REFERENCES field_event (id),
    position INTEGER NOT NULL,
    delivery_id BLOB NOT NULL REFERENCES delivery (id),
    other_id BLOB NOT NULL REFERENCES delivery (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (event_id, position),
    CHECK (delivery_id <> other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_reuse_delivery ON evidence_reuse (delivery_id);
CREATE INDEX evidence_reuse_other ON evidence_reuse (other_id);

-- Was the image here when the event came? A copy of the event is answered as the first was. Null: an older row.
ALTER TABLE field_event_evidence ADD COLUMN arrived INTEGER CHECK (arrived IN (0, 1));
CREATE INDEX field_event_evidence_image ON field_event_evidence (sha256);

-- Drops from before this: none of their images can have arrived.
INSERT INTO evidence_awaited (event_id, since)
SELECT s.confirmation_id, s.received_at FROM statement s JOIN field_event e ON e.id = s.id
WHERE e.bypass IS NULL AND EXISTS (SELECT 1 FROM field_event_evidence v WHERE v.event_id = s.id);

CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_image_no_update BEFORE UPDATE ON evidence_image BEGIN SELECT RAISE(ABORT, 'an image is erased, never changed'); END;
CREATE TRIGGER evidence_reuse_no_update BEFORE UPDATE ON evidence_reuse BEGIN SELECT RAISE(ABORT, 'evidence_reuse is append-only'); END;
CREATE TRIGGER evidence_reuse_no_delete BEFORE DELETE ON evidence_reuse BEGIN SELECT RAISE(ABORT, 'evidence_reuse is append-only'); END;
