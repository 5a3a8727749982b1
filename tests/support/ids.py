"""Ids as the database keeps them: those that Canary made in 6 bytes, all others whole (include/base/id.h, anew)."""

import struct
import uuid

KEY = b"canary: short id"
WORD = (1 << 64) - 1


def rotated(word, by):
    return (word << by | word >> 64 - by) & WORD


def siphash(data, key=KEY):
    """SipHash-2-4 (Aumasson and Bernstein 2012) of fewer than 256 bytes, a number of 64 bits."""
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0], v[2] = (v[0] + v[1]) & WORD, (v[2] + v[3]) & WORD
            v[1], v[3] = rotated(v[1], 13) ^ v[0], rotated(v[3], 16) ^ v[2]
            v[0] = rotated(v[0], 32)
            v[2], v[0] = (v[2] + v[1]) & WORD, (v[0] + v[3]) & WORD
            v[1], v[3] = rotated(v[1], 17) ^ v[2], rotated(v[3], 21) ^ v[0]
            v[2] = rotated(v[2], 32)

    padded = data + b"\0" * (7 - len(data) % 8) + bytes([len(data)])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xff
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def whole(short):
    """The 16 bytes of an id of either form; None stays None."""
    if short is None or len(short) == 16:
        return short
    assert len(short) == 6, short
    head = b"\1" + short[:5] + b"\x70" + short[5:]
    hashed = struct.pack("<Q", siphash(head))
    return head + bytes([0x80 | hashed[0] & 0x3f]) + hashed[1:]


def shown(stored):
    """As the API writes it."""
    return str(uuid.UUID(bytes=whole(stored)))


def stored(text):
    """As the database keeps the id that the API writes so."""
    value = uuid.UUID(text).bytes
    short = value[1:6] + value[7:8]
    return short if whole(short) == value else value
