/* Loaded before the database library: the hook that sums the rows is never set, so that the sums can be seen
 * in a rate and in processor time. No program of ours has this in it: a log made with it does not prove its
 * rows. */
#include <stddef.h>

struct sqlite3;
typedef void (*preupdate)(void *, struct sqlite3 *, int, const char *, const char *, long long, long long);
void *sqlite3_preupdate_hook(struct sqlite3 *db, preupdate hook, void *user);

void *sqlite3_preupdate_hook(struct sqlite3 *db, preupdate hook, void *user) {
    (void)db, (void)hook, (void)user;
    return NULL;
}
