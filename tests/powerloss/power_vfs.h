/* A disk in memory whose power goes at a chosen write, as a default VFS of SQLite: the programs under test
 * are the ones that are shipped. What was not synced is kept or lost in sectors of 512 bytes, by chance, each
 * write of its own; -shm is gone; a file that was made or deleted since may be there or not. One connection
 * at a time: there are no locks between two. */
#ifndef CANARY_TESTS_POWER_VFS_H
#define CANARY_TESTS_POWER_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* From now on every database that is opened stands on this disk. `seed` decides all that is left to chance.
 */
void power_register(uint64_t seed);
/* 0 … n - 1, of the same chance. */
int64_t power_chance(int64_t n);

/* The power goes at the nth write, truncation, deletion or sync from now on; 0: it stays. What is done after
 * it goes on as if nothing had happened, and is lost. */
void power_cut_at(int64_t nth);
bool power_is_off(void);
/* Cuts now, if it is still on; then everything is as the cut left it. Every connection is closed by now. */
void power_restore(void);

/* A whole file, with everything that was written to it, as another that is on the disk for good. Files of the
 * other's name with something behind it (-wal) are gone. */
void power_copy(const char *from, const char *to);
/* From now on a sync takes up to so many microseconds, in which other threads go on; 0: no time. */
void power_slow_syncs(unsigned us);
/* A disk that lies: syncs of files whose names end so (".db": the database itself, "-wal") do nothing; NULL:
 * none. */
void power_ignore_syncs_of(const char *end);

struct power_figures {
    int64_t writes, syncs, cuts;
    int64_t sectors_lost, sectors_kept; /* of writes that were not synced when the power went */
};
struct power_figures power_figures(void);
void power_figures_clear(void);

#endif
