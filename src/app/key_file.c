#include "key_file.h"
#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "canary-key-1\n"
#define FILE_SIZE (sizeof FIRST_LINE - 1 + LOG_KEY_ID_SIZE + 2 * SIGN_SEED_SIZE + 1)

/* ---- the three lines ---- */

static void write_lines(const uint8_t seed[SIGN_SEED_SIZE], char file_out[FILE_SIZE + 1]) {
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    char id[LOG_KEY_ID_SIZE];
    sign_public(seed, public_key);
    int n = snprintf(file_out, FILE_SIZE + 1, FIRST_LINE "%s\n", log_key_id(public_key, id));
    for (size_t i = 0; i < SIGN_SEED_SIZE; i++, n += 2)
        snprintf(file_out + n, FILE_SIZE + 1 - (size_t)n, "%02x", seed[i]);
    snprintf(file_out + n, FILE_SIZE + 1 - (size_t)n, "\n");
}

static bool read_lines(const char file[FILE_SIZE + 1], uint8_t seed_out[SIGN_SEED_SIZE]) {
    const char *hex_line = file + sizeof FIRST_LINE - 1 + LOG_KEY_ID_SIZE;
    char hex[2 * SIGN_SEED_SIZE + 1], again[FILE_SIZE + 1];
    if (strlen(file) != FILE_SIZE) return false;
    memcpy(hex, hex_line, sizeof hex - 1);
    hex[sizeof hex - 1] = 0;
    bool read = text_unhex(hex, seed_out, SIGN_SEED_SIZE);
    if (read) write_lines(seed_out, again);
    read = read && strcmp(again, file) == 0;
    secret_wipe(hex, sizeof hex);
    secret_wipe(again, sizeof again);
    return read;
}

/* ---- the file ---- */

static enum key_file read_open(int file, uint8_t seed_out[SIGN_SEED_SIZE]) {
    char lines[FILE_SIZE + 2] = ""; /* one byte more than there should be, and a NUL */
    struct stat stat;
    if (fstat(file, &stat) != 0) return KEY_FILE_UNREADABLE;
    if (stat.st_mode & (S_IRWXG | S_IRWXO)) return KEY_FILE_OPEN;
    ssize_t n = read(file, lines, FILE_SIZE + 1);
    bool is_key = n == (ssize_t)FILE_SIZE && read_lines(lines, seed_out);
    secret_wipe(lines, sizeof lines);
    return n < 0 ? KEY_FILE_UNREADABLE : is_key ? KEY_FILE_READ : KEY_FILE_OTHER;
}

enum key_file key_file_read(const char *path, uint8_t seed_out[SIGN_SEED_SIZE]) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno == ENOENT ? KEY_FILE_MISSING : KEY_FILE_UNREADABLE;
    enum key_file found = read_open(file, seed_out);
    close(file);
    return found;
}

/* What a rotation that was cut short left there may have any mode: it is removed, not written over. */
bool key_file_write(const char *path, const uint8_t seed[SIGN_SEED_SIZE]) {
    char lines[FILE_SIZE + 1];
    if (unlink(path) != 0 && errno != ENOENT) return false;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return false;
    write_lines(seed, lines);
    bool written = write(file, lines, FILE_SIZE) == (ssize_t)FILE_SIZE && fsync(file) == 0;
    int why = errno;
    secret_wipe(lines, sizeof lines);
    written = close(file) == 0 && written;
    if (!written) unlink(path);
    errno = why;
    return written && file_sync_folder(path);
}

bool key_file_move(const char *from, const char *to) {
    return rename(from, to) == 0 && file_sync_folder(to);
}
