"""Small pictures, each with bytes of its own."""
import hashlib
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(text="", size=None):
    """One grey pixel, with a text in it; filled up to a size in bytes."""
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    tail = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    note = b"Comment\0" + text.encode()
    if size:
        note += b"." * (size - len(head) - len(tail) - 12 - len(note))
    return head + chunk(b"tEXt", note) + tail


def jpeg(text=""):
    """One pixel, with a comment in it."""
    note = text.encode()
    return (bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note
            + bytes.fromhex("ffdb004300") + b"\1" * 64
            + bytes.fromhex("ffc0000b080001000101011100ffc40014000100000000000000000000000000000009"
                            "ffc40014100100000000000000000000000000000000ffda0008010100003f0054ffd9"))


def name(image):
    """The hash that an event names it by."""
    return hashlib.sha256(image).hexdigest()
