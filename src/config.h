/* The settings: one table, read from the command line, the environment, a file and the defaults. */
#ifndef CANARY_CONFIG_H
#define CANARY_CONFIG_H

#include "base/ctx.h"
#include "base/text.h"

struct config {
    const char *db, *listen;
    const char *key;   /* the file of the private key; "": beside the database */
    const char *file;  /* --config */
    int64_t log_level; /* enum log_level */
    int64_t dev;       /* 0 or 1 */
    int64_t clock;     /* an instant; NONE: the machine's */
    int64_t sweep_every_ms;
    struct rules rules;
};

struct config_word {
    const char *key, *value; /* of --key value, in order */
};

/* Takes the settings out of `words` (n of them, those of the verb itself are left out by the caller), environ
 * and the file; INVALID with a fault that names the setting, where it stands and what it takes. */
MUST enum err config_read(struct ctx *c, const struct config_word *words, size_t n,
                          char *const *environ_words, struct config *config_out);
/* Is there such a setting, and is it a flag (takes no value)? */
bool config_known(const char *key);
bool config_is_flag(const char *key);
/* Every setting with its value, where that came from and help; values of config_read in this process. */
void config_write(struct text *out, bool markdown);

#endif
