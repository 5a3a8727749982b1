-- People, places, products. Rows here may change; every change makes an audit event.

CREATE TABLE customer (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    contact_name TEXT,
    contact_email TEXT,
    contact_phone TEXT,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user_account (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'rep', 'dispatcher', 'driver', 'customer')),
    customer_id BLOB REFERENCES customer (id),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    password_hash TEXT NOT NULL,
    version INTEGER NOT NULL,
    CHECK ((role = 'customer') = (customer_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Tokens are 32 random bytes; only their SHA-256 is here.
CREATE TABLE session (
    token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id BLOB NOT NULL REFERENCES user_account (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user_id);

CREATE TABLE depot (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    address TEXT,
    lat INTEGER,
    lon INTEGER,
    version INTEGER NOT NULL,
    CHECK ((lat IS NULL) = (lon IS NULL))
) STRICT, WITHOUT ROWID;

-- weekdays: bit 0 = Monday … bit 6 = Sunday.
CREATE TABLE zone (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    depot_id BLOB NOT NULL REFERENCES depot (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    weekdays INTEGER NOT NULL CHECK (weekdays BETWEEN 0 AND 127),
    weight_max_g INTEGER NOT NULL CHECK (weight_max_g >= 0),
    version INTEGER NOT NULL,
    UNIQUE (depot_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE zone_window (
    zone_id BLOB NOT NULL REFERENCES zone (id),
    from_min INTEGER NOT NULL CHECK (from_min >= 0),
    to_min INTEGER NOT NULL CHECK (to_min > from_min AND to_min <= 1440),
    stops_max INTEGER NOT NULL CHECK (stops_max >= 0),
    PRIMARY KEY (zone_id, from_min, to_min)
) STRICT, WITHOUT ROWID;

CREATE TABLE closure (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    depot_id BLOB NOT NULL REFERENCES depot (id),
    date INTEGER NOT NULL,
    reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (depot_id, date)
) STRICT, WITHOUT ROWID;

CREATE TABLE product (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    code TEXT NOT NULL UNIQUE,
    gtin TEXT UNIQUE,
    name TEXT NOT NULL,
    base_unit TEXT NOT NULL,
    units_per_box INTEGER NOT NULL CHECK (units_per_box BETWEEN 1 AND 10000000),
    box_weight_g INTEGER NOT NULL CHECK (box_weight_g >= 0),
    lot_tracked INTEGER NOT NULL CHECK (lot_tracked IN (0, 1)),
    critical INTEGER NOT NULL CHECK (critical IN (0, 1)),
    shelf_life_min_days INTEGER NOT NULL CHECK (shelf_life_min_days >= 0),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- active_from: the date the plan begins (activation); status_from: since when the status holds;
-- status_recorded_at: when we were told, which decides whether a commitment was due.
CREATE TABLE patient (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    code TEXT NOT NULL UNIQUE,
    customer_id BLOB NOT NULL REFERENCES customer (id),
    zone_id BLOB NOT NULL REFERENCES zone (id),
    name TEXT NOT NULL,
    phone TEXT,
    address TEXT,
    lat INTEGER,
    lon INTEGER,
    access_notes TEXT,
    cycle_every INTEGER NOT NULL CHECK (cycle_every BETWEEN 1 AND 366),
    cycle_unit TEXT NOT NULL CHECK (cycle_unit IN ('day', 'month')),
    cycle_anchor INTEGER NOT NULL,
    safety_days INTEGER NOT NULL CHECK (safety_days BETWEEN 0 AND 366),
    status TEXT NOT NULL CHECK (status IN ('active', 'admitted', 'ended')),
    status_from INTEGER NOT NULL,
    status_recorded_at INTEGER NOT NULL,
    active_from INTEGER NOT NULL,
    cover_until INTEGER, -- the date the least covered product runs out; null without a count
    version INTEGER NOT NULL,
    CHECK ((lat IS NULL) = (lon IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_customer ON patient (customer_id, id);
CREATE INDEX patient_zone ON patient (zone_id, id);

-- Who may receive besides the patient.
CREATE TABLE patient_receiver (
    patient_id BLOB NOT NULL REFERENCES patient (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    relation TEXT NOT NULL,
    PRIMARY KEY (patient_id, position)
) STRICT, WITHOUT ROWID;

-- Folded words of code, name and phone digits: search by prefix is a range of this key.
CREATE TABLE patient_word (
    word TEXT NOT NULL,
    patient_id BLOB NOT NULL REFERENCES patient (id),
    PRIMARY KEY (word, patient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_word_patient ON patient_word (patient_id);

-- Versions by effective date; the one recorded last wins among equal dates. Never overwritten.
CREATE TABLE prescription (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    patient_id BLOB NOT NULL REFERENCES patient (id),
    effective_from INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX prescription_patient ON prescription (patient_id, effective_from, recorded_at, id);

CREATE TABLE prescription_line (
    prescription_id BLOB NOT NULL REFERENCES prescription (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    use_per_day INTEGER NOT NULL CHECK (use_per_day BETWEEN 0 AND 10000000000), -- thousandths
    PRIMARY KEY (prescription_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    patient_id BLOB NOT NULL REFERENCES patient (id),
    from_date INTEGER NOT NULL,
    to_date INTEGER NOT NULL CHECK (to_date >= from_date),
    reason TEXT NOT NULL,
    removed_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pause_patient ON pause (patient_id, from_date);
