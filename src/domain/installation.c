#include "domain/installation.h"
#include "base/err.h"

#define ROW(kind_, ...) FIELD(struct installation, kind_, __VA_ARGS__)
static const struct field FIELDS[] = {
    ROW(K_ID, epoch, .flags = F_READONLY,
        .doc = "another one after a restore: then repeat every event above restored_seq, and all without an "
               "answer"),
    ROW(K_INSTANT, epoch_began_at, .flags = F_READONLY),
    ROW(K_ID, restored_epoch, .flags = F_READONLY, .doc = "the epoch that was restored; null: none was"),
    ROW(K_INT, restored_seq, .flags = F_READONLY,
        .doc = "events of restored_epoch up to this audit sequence number are here"),
    ROW(K_INT, backed_up_seq, .flags = F_READONLY,
        .doc = "a backup holds the events of this epoch up to this audit sequence number: a device may "
               "forget them; keep the others, answered or not",
        .example = "0"),
    ROW(K_INSTANT, backed_up_at, .flags = F_READONLY),
    ROW(K_INT, version, .flags = F_READONLY),
};
const struct shape installation_shape = SHAPE("installation", struct installation, FIELDS);

#define NOTE(kind_, ...) FIELD(struct backup_note, kind_, __VA_ARGS__)
static const struct field NOTE_FIELDS[] = {
    NOTE(K_HEX, sha256, .flags = F_OMIT, .min = 32, .max = 32),
    NOTE(K_ID, epoch, .flags = F_REQUIRED),
    NOTE(K_INT, seq, .flags = F_REQUIRED, .min = 1, .max = INT64_MAX),
    NOTE(K_HEX, leaf_hash, .flags = F_REQUIRED, .min = 32, .max = 32),
    NOTE(K_INSTANT, at, .flags = F_REQUIRED),
    NOTE(K_INT, schema, .flags = F_REQUIRED, .min = 1, .max = 10000),
};
const struct shape backup_note_shape = SHAPE("backup_note", struct backup_note, NOTE_FIELDS);
