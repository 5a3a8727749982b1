/* Every limit of Canary, with its reason. A limit that is also a setting names it. */
#ifndef CANARY_BASE_LIMITS_H
#define CANARY_BASE_LIMITS_H

#define LIMIT_UNITS 10000000                   /* base units in one quantity: contract, "base unit" */
#define LIMIT_BODY (64 * 1024)                 /* a drop of 500 lines is 50 KiB; more is a mistake */
#define LIMIT_AHEAD (8 * 1024)                 /* of a body that the socket's thread reads: 0.1 ms at most */
#define LIMIT_IMPORT (32 * 1024 * 1024)        /* ten years of a large depot's spreadsheet: 4 MB */
#define LIMIT_IMAGE (5 * 1024 * 1024)          /* contract, "evidence": a phone's photo, not made smaller */
#define LIMIT_BODIES (512 * 1024 * 1024)       /* of all bodies larger than LIMIT_BODY at once: then 503 */
#define LIMIT_DRIP 32                          /* bytes a ms a large body has to arrive with: 256 kbit/s */
#define LIMIT_GROUP_BYTES (1024 * 1024)        /* of large bodies in one commit, or one such: drops wait */
#define LIMIT_ARENA (16 * 1024 * 1024)         /* one request's memory; 500-item lists take 1 MiB */
#define LIMIT_ARENA_IMPORT (512 * 1024 * 1024) /* an import keeps every row until all are checked */
#define LIMIT_COLUMNS 500                      /* of an imported file: the widest known has 33 */
#define LIMIT_DISCARD (1024 * 1024)            /* of a body over its limit: thrown away as it arrives */
#define LIMIT_JSON_DEPTH 16                    /* ours nest 4 deep */
#define LIMIT_JSON_NODES 100000                /* 500 events of 200 values */
#define LIMIT_SYNC_EVENTS 500                  /* a van's day is 30 stops: two weeks without a network */
#define LIMIT_SYNC (1024 * 1024)               /* 500 events of 2 KiB: a drop of 6 lines has 1 KiB */
#define LIMIT_LINES 200                        /* products in one order or drop: catalogues have 25 */
#define LIMIT_PAGE 500                         /* items in one answer */
#define LIMIT_PAGE_DEFAULT 50
#define LIMIT_NAME 200 /* bytes of a name, a code is shorter */
#define LIMIT_CODE 40
#define LIMIT_SCAN 200            /* bytes of a barcode: GS1-128 holds 48, a label of every AI we know 180 */
#define LIMIT_NOTE 2000           /* bytes of a note or a reason */
#define LIMIT_HEADER_BYTES 8192   /* all request headers together */
#define LIMIT_PATH_BYTES 1024     /* longest path and query of ours is under 300 */
#define LIMIT_CONNECTIONS 4096    /* phones of the largest fleet, twice */
#define LIMIT_REQUEST_MS 15000    /* a request still arriving after this is shut down (slow drip) */
#define LIMIT_IDLE_MS 75000       /* keep-alive: longer than a proxy's 60 s */
#define LIMIT_QUEUE 8192          /* requests waiting for the writer or a reader: then 503 */
#define LIMIT_GROUP 64            /* writes in one commit */
#define LIMIT_READERS 2           /* reader threads: reports must not starve drops */
#define LIMIT_READ_MS 2000        /* a longer reader stops the checkpoint and the WAL grows */
#define LIMIT_HASHERS 2           /* argon2id at 64 MiB each at once */
#define LIMIT_LOGIN_QUEUE 256     /* passwords waiting to be hashed: 20 s of them, then 503 */
#define LIMIT_LOGIN_ATTEMPTS 10   /* wrong or running attempts a minute and account: then 429 */
#define LIMIT_LOGIN_ACCOUNTS 4096 /* accounts whose attempts are remembered at once */
#define LIMIT_PLAN_DAYS 400       /* a year and the overlap: a longer plan is a typing error */
#define LIMIT_PLAN_PATIENTS \
    500 /* the daily plan looks at before it yields to drops: 1 ms when nothing is due */
#define LIMIT_CLOCKWORK_PART \
    500                       /* orders or findings that the clock writes before it yields to drops: 25 ms */
#define LIMIT_PLAN_OPEN 20000 /* orders one call of the plan opens: 2 s; the rest is missing, call again */
#define LIMIT_BACKUP_NOTE_MS 2000 /* the service looks for the note of a backup: a read of one small file */
#define LIMIT_REPORT_DAYS 4000    /* ten years and some */
#define LIMIT_PASSWORD_MIN 10     /* characters, counted as bytes */
#define LIMIT_PASSWORD_MAX 200
#define LIMIT_RUN_STOPS 200                         /* stops of one van in one day: real vans make 30 */
#define LIMIT_PACK_AFTER_MS (7 * INT64_C(86400000)) /* devices and people are done with an event by then */
#define LIMIT_ARENA_BLOCK (256 << 20) /* what one block of the log takes to read; 130 KB as a rule */
#define LIMIT_AUDIT_BLOCK (64 << 20)  /* bytes of 256 audit events unpacked: 30 KB as a rule */
#define LIMIT_RECALL_GROUP 100        /* deliveries of a recall opened before it yields to drops: 40 ms */
#define LIMIT_WAL_GATHER (96 << 10)   /* of a commit written by one call; SQLite cannot write 128 KiB */
#define LIMIT_VERIFY_PAGE_BYTES (64 << 20) /* 200 drops of 200 lines that the verification holds at once */
#define LIMIT_REWRITE_BYTES (INT64_C(2) << 30) /* of a file that a service writes anew: 17 s */

#endif
