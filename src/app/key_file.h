/* The file that holds a private key: three lines, "canary-key-1", the key's id, the seed in hexadecimal. */
#ifndef CANARY_APP_KEY_FILE_H
#define CANARY_APP_KEY_FILE_H

#include "domain/log_head.h"

enum key_file {
    KEY_FILE_READ,
    KEY_FILE_MISSING,
    KEY_FILE_UNREADABLE, /* errno says why */
    KEY_FILE_OPEN,       /* others than its owner may read it */
    KEY_FILE_OTHER       /* it holds no key */
};
enum key_file key_file_read(const char *path, uint8_t seed_out[SIGN_SEED_SIZE]);

/* Writes a whole file, mode 0600, to the disk; on failure errno says why. */
bool key_file_write(const char *path, const uint8_t seed[SIGN_SEED_SIZE]);
/* Puts the file in the place of another, if there is one, and the folder on the disk. */
bool key_file_move(const char *from, const char *to);

#endif
