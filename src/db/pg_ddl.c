/* One source for both databases: schema/NNNN_name.sql is SQLite's SQL, and few words of it are not
 * PostgreSQL's too. They are replaced word by word; comments and literals stay as they are. */
#include "db/pg_ddl.h"
#include "base/err.h"
#include "base/text.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Refused updates and deletes are constraints (class 23), as with SQLite.
 *
 * Sums of rows: each row that comes or goes is told to the session that wrote it, as bytes, in a notice with
 * a code of our own; pg_rows.c hashes it. So the sum lives where SQLite's does, costs no round trip and no
 * table, and is undone where the unit is. The code is a warning to nobody else: no other notice has it. */
const char pg_ddl_functions[] =
    "CREATE OR REPLACE FUNCTION canary_refuse() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN "
    "RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = TG_ARGV[0]; END $f$;\n"
    "CREATE OR REPLACE FUNCTION canary_refuse_unpacked() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN "
    "IF NOT EXISTS (SELECT 1 FROM audit_block WHERE number = (OLD.seq - 1) / 256) THEN "
    "RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'audit_entry is append-only'; END IF; "
    "RETURN OLD; END $f$;\n"
    "CREATE OR REPLACE FUNCTION canary_rows() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN "
    "RAISE NOTICE USING ERRCODE = 'CY001', MESSAGE = TG_TABLE_NAME || ' ' || "
    "CASE WHEN TG_OP = 'INSERT' THEN '' ELSE encode(record_send(OLD), 'hex') END || ' ' || "
    "CASE WHEN TG_OP = 'DELETE' THEN '' ELSE encode(record_send(NEW), 'hex') END; "
    "RETURN NULL; END $f$;\n";

#define CHECKS_OF_IDS                                                                                    \
    "DO $$ DECLARE k record; BEGIN FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint " \
    "WHERE contype = 'c' AND pg_get_constraintdef(oid) = 'CHECK ((length(id) = 16))' LOOP "              \
    "EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I CHECK (length(id) = 6 OR "     \
    "length(id) = 16)', k.t, k.conname, k.conname); END LOOP; END $$;"

static const struct {
    const char *from, *to;
} WORDS[] = {
    {"INTEGER", "BIGINT"}, /* 64 bits */
    {"BLOB", "BYTEA"},
    {"randomblob(16)", "uuid_send(gen_random_uuid())"},
    {"STRICT, WITHOUT ROWID", ""}, /* PostgreSQL's tables are strict */
    {"STRICT", ""},
    {"INDEX session_user", "INDEX session_of_user"}, /* a word of PostgreSQL's */
    {"DROP TABLE field_event;",
     "DROP TABLE field_event CASCADE;"}, /* with the keys that point to it: AFTER */
    {"DROP TABLE evidence;", "DROP TABLE evidence CASCADE;"},
    {"PRAGMA defer_foreign_keys = ON", "SET CONSTRAINTS ALL DEFERRED"},
    {"PRAGMA writable_schema = ON;", ""},
    {"UPDATE sqlite_schema SET sql = REPLACE(sql, 'CHECK (length(id) = 16)', 'CHECK (length(id) = 6 OR "
     "length(id) = 16)');",
     CHECKS_OF_IDS},
    {"PRAGMA writable_schema = RESET;", ""},
    {"DROP TRIGGER audit_entry_no_delete;", "DROP TRIGGER audit_entry_no_delete ON audit_entry;"},
    {"BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only') WHERE NOT EXISTS (SELECT 1 FROM audit_block "
     "WHERE number = (OLD.seq - 1) / 256); END;",
     "FOR EACH ROW EXECUTE FUNCTION canary_refuse_unpacked();"},
    {"WHEN OLD.entity <> 0 BEGIN SELECT RAISE(ABORT, ",
     "FOR EACH ROW WHEN (OLD.entity <> 0) EXECUTE FUNCTION canary_refuse("},
    {"BEGIN SELECT RAISE(ABORT, ", "FOR EACH ROW EXECUTE FUNCTION canary_refuse("},
    {"); END;", ");"},
};

/* Keys that a file let wait are looked up at its end: all files are one transaction, and a table that has
 * some left can have no new index. */
#define LOOK_UP_KEYS "SET CONSTRAINTS ALL IMMEDIATE;\n"

/* What PostgreSQL needs beside the file. */
static const struct {
    const char *name, *sql;
} AFTER[] = {
    {"0005_field",
     "ALTER TABLE field_event_line ADD FOREIGN KEY (event_id) REFERENCES field_event (id) DEFERRABLE;\n"
     "ALTER TABLE field_event_evidence ADD FOREIGN KEY (event_id) REFERENCES field_event (id) "
     "DEFERRABLE;\n" LOOK_UP_KEYS},
    {"0024_lean", "ALTER TABLE evidence_image ADD FOREIGN KEY (sha256) REFERENCES evidence (sha256) "
                  "DEFERRABLE;\n" LOOK_UP_KEYS},
    {"0031_own_ids",
     "ALTER TABLE field_event_line RENAME event_id TO own_id;\n"
     "ALTER TABLE field_event_line ADD FOREIGN KEY (own_id) REFERENCES field_event (own_id) DEFERRABLE;\n"
     "ALTER TABLE field_event_evidence RENAME event_id TO own_id;\n"
     "ALTER TABLE field_event_evidence ADD FOREIGN KEY (own_id) REFERENCES field_event (own_id) DEFERRABLE;\n"
     "ALTER TABLE evidence_awaited ADD FOREIGN KEY (event_id) REFERENCES field_event (id) DEFERRABLE;\n"
     "ALTER TABLE evidence_reuse ADD FOREIGN KEY (event_id) REFERENCES field_event (id) "
     "DEFERRABLE;\n" LOOK_UP_KEYS},
};

static bool in_word(char letter) {
    return isalnum((unsigned char)letter) || letter == '_';
}

/* The length of `word` at `at`, where any space stands for each of its spaces; 0: it is another word. */
static size_t matches(const char *at, const char *word) {
    const char *begin = at;
    for (; *word; word++) {
        if (*word == ' ') {
            if (!isspace((unsigned char)*at)) return 0;
            at += strspn(at, " \t\r\n");
        } else if (*at++ != *word)
            return 0;
    }
    return in_word(word[-1]) && in_word(*at) ? 0 : (size_t)(at - begin);
}

/* A comment or a literal: copied. */
static size_t skipped(const char *at) {
    if (at[0] == '-' && at[1] == '-') return strcspn(at, "\n");
    if (at[0] != '\'' && at[0] != '"') return 0;
    const char *end = strchr(at + 1, at[0]);
    return end ? (size_t)(end + 1 - at) : strlen(at);
}

/* Keys to other tables may wait for the end of the transaction: a copy of a whole database needs it. */
static size_t reference(struct text *out, const char *at) {
    if (!matches(at, "REFERENCES")) return 0;
    size_t n = strcspn(at, ")");
    if (!at[n]) return 0;
    text_printf(out, "%.*s) DEFERRABLE", (int)n, at);
    return n + 1;
}

/* Its table of tables is SQLite's own: what is not in WORDS is for SQLite alone. */
static size_t of_sqlite(const char *at) {
    return matches(at, "UPDATE sqlite_schema SET") ? strcspn(at, ";") + 1 : 0;
}

/* x'00ff' */
static size_t bytes(struct text *out, const char *at) {
    if (at[0] != 'x' || at[1] != '\'') return 0;
    size_t n = strcspn(at + 2, "'");
    if (!at[2 + n]) return 0;
    text_printf(out, "CAST('\\x%.*s' AS BYTEA)", (int)n, at + 2);
    return n + 3;
}

static size_t replaced(struct text *out, const char *at) {
    for (size_t i = 0; i < COUNT(WORDS); i++) {
        size_t n = matches(at, WORDS[i].from);
        if (n == 0) continue;
        text_str(out, WORDS[i].to);
        return n;
    }
    size_t n = of_sqlite(at);
    if (n == 0) n = bytes(out, at);
    return n ? n : reference(out, at);
}

static size_t plain(struct text *out, const char *at) {
    size_t n = skipped(at);
    if (n == 0)
        for (n = 1; in_word(at[0]) && in_word(at[n]);)
            n++;
    text_add(out, at, n);
    return n;
}

const char *pg_ddl(struct arena *arena, const char *name, const char *sql) {
    struct text out = text_in(arena);
    for (const char *at = sql; *at;) {
        size_t n = replaced(&out, at);
        at += n ? n : plain(&out, at);
    }
    for (size_t i = 0; i < COUNT(AFTER); i++)
        if (strcmp(AFTER[i].name, name) == 0) text_str(&out, AFTER[i].sql);
    return out.failed ? NULL : out.at;
}
