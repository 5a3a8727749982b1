/* One zone of the system's data (TZif, RFC 9636) as a table of offsets from UTC. */
#ifndef CANARY_BASE_ZONE_FILE_H
#define CANARY_BASE_ZONE_FILE_H

#include <stddef.h>
#include <stdint.h>

#define ZONE_YEAR_LAST 2171 /* the table names every change up to the end of this year */

struct zone_change {
    int64_t at;       /* seconds since 1970 from which the offset holds */
    int64_t offset_s; /* local time minus UTC */
};

/* In order of time; the first one holds since ever. */
struct zone_table {
    size_t n;
    struct zone_change change[];
};

/* NULL when the system has no such zone. free() it. */
struct zone_table *zone_file_read(const char *name);
/* The same from a file's bytes; NULL when they are not TZif of version 2 or later. */
struct zone_table *zone_file_parse(const uint8_t *bytes, size_t n);

#endif
