/* How a function says that it failed: one enum, one fault in the request's context. */
#ifndef CANARY_BASE_ERR_H
#define CANARY_BASE_ERR_H

#define MUST __attribute__((warn_unused_result))

enum err {
    OK = 0,
    ERR_INVALID,   /* the caller's statement is wrong: every fault is named */
    ERR_NOT_FOUND, /* absent, or not this caller's to see: the same to them */
    ERR_CONFLICT,  /* an id was used for something else */
    ERR_STATE,     /* right statement, wrong state for it */
    ERR_DENIED,    /* this role may not */
    ERR_LIMIT,     /* a limit of src/base/limits.h or of a setting was met */
    ERR_BUSY,      /* nothing was done: safe to repeat */
    ERR_UNCERTAIN, /* lost during COMMIT: never repeated by us */
    ERR_FULL,      /* the disk is full: nothing was done */
    ERR_CORRUPT,   /* the database holds what our types forbid */
    ERR_INTERNAL   /* our bug */
};

/* Passes an error up unchanged; the fault was recorded where it was born. */
#define TRY(call)                            \
    do {                                     \
        enum err try_err_ = (call);          \
        if (try_err_ != OK) return try_err_; \
    } while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The name of an error as logs print it ("not_found"). */
const char *err_name(enum err err);

#endif
