#include "base/bytes.h"
#include <string.h>
#include <zstd.h>

#define LEVEL 3 /* 19 makes blocks of the log 3 % smaller and takes 57 times as long (zstd -b) */

void bytes_add_number(struct text *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        text_char(out, (char)((value & 0x7f) | 0x80));
    text_char(out, (char)value);
}

void bytes_add_signed(struct text *out, int64_t value) {
    bytes_add_number(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

struct bytes bytes_of(struct blob blob) {
    return (struct bytes){blob.at, blob.at + blob.n, false};
}

uint64_t bytes_number(struct bytes *from) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && from->at < from->end; shift += 7) {
        uint8_t byte = *from->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    from->bad = true;
    return 0;
}

int64_t bytes_signed(struct bytes *from) {
    uint64_t value = bytes_number(from);
    return (int64_t)((value >> 1) ^ -(value & 1));
}

struct blob bytes_take(struct bytes *from, uint64_t n) {
    struct blob taken = {from->at, (size_t)n};
    if (n > (uint64_t)(from->end - from->at)) {
        from->bad = true;
        return (struct blob){NULL, 0};
    }
    from->at += n;
    return taken;
}

const char *bytes_text(struct bytes *from) {
    const uint8_t *end = from->at ? memchr(from->at, 0, (size_t)(from->end - from->at)) : NULL;
    const char *text = (const char *)from->at;
    if (!end) {
        from->bad = true;
        return "";
    }
    from->at = end + 1;
    return text;
}

struct blob bytes_zip(struct arena *arena, struct blob plain) {
    size_t most = ZSTD_compressBound(plain.n);
    uint8_t *zipped = arena_alloc(arena, most);
    size_t n = zipped ? ZSTD_compress(zipped, most, plain.at, plain.n, LEVEL) : 0;
    return !zipped || ZSTD_isError(n) ? (struct blob){NULL, 0} : (struct blob){zipped, n};
}

struct blob bytes_unzip(struct arena *arena, struct blob zipped, size_t most) {
    unsigned long long n = zipped.n ? ZSTD_getFrameContentSize(zipped.at, zipped.n) : ZSTD_CONTENTSIZE_ERROR;
    if (n > most) return (struct blob){NULL, 0}; /* both errors are greater than every size */
    uint8_t *plain = arena_alloc(arena, (size_t)n + 1);
    if (!plain || ZSTD_decompress(plain, (size_t)n, zipped.at, zipped.n) != n) return (struct blob){NULL, 0};
    return (struct blob){plain, (size_t)n};
}
