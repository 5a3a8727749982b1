-- Ids that Canary makes are kept in their short form, 6 bytes (base/id.h); others whole, 16. The checks of old say 16.
-- SQLite changes a check only so (https://www.sqlite.org/lang_altertable.html, "making other kinds of table schema changes").
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = REPLACE(sql, 'CHECK (length(id) = 16)', 'CHECK (length(id) = 6 OR length(id) = 16)');
PRAGMA writable_schema = RESET;
