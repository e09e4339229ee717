"""The compressed protocol: packets of zlib data, which contain the packets of the plain protocol as one stream.

A packet has a header of 7 bytes (length, number, length before compression) and at most 16 MiB - 1 byte of content. A length before
compression of 0 means that the content is not compressed: it is short, or compression would not shorten it. The packets of a command are
numbered from 0, independently of the packets inside; the answer, and a file that the server asks for, continue the numbers.
Protocol: MySQL "Client/Server Protocol", Compression; MariaDB Knowledge Base "0-Packet" (compressed packets). Both servers support zlib.
"""

import socket
import zlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from parloader.errors import UsageError

HEADER_BYTES = 7

MAX_DATA_BYTES = 2**24 - 1

MAX_PLAIN_PACKET_BYTES = 2**24 - 1

# As in both servers (MIN_COMPRESS_LENGTH): compression does not shorten less data
MIN_BYTES = 50

# Statements of a batch: level 1 makes them 4.0 times smaller, 4 4.7 times and 6 (zlib's default) 5.0 times, at 200, 160 and 80 MB/s
# (docs/performance.md)
LEVEL = 4

COM_QUERY = b"\x03"

# A server keeps a buffer of this size per connection; sizes between 16 kB and 1 MB are equally fast
FILE_PACKET_BYTES = 64 * 1024

# How many packets of a file are compressed together: the first 32 kB of each piece compress badly, because nothing precedes them
PACKETS_AT_ONCE = 4

# auto compresses if a round trip takes longer than this, as in networks beyond the building, where bandwidth is scarce. On a faster network,
# compression costs more time than it saves
FAR_SECONDS = 0.002


class Compress(StrEnum):
    """Whether connections are compressed."""

    AUTO = "auto"  # if the server is far away and offers it
    ON = "on"  # a server that does not offer it is refused
    OFF = "off"


def compress_mode(text: str) -> Compress:
    """The value of this name, in any case. UsageError lists the valid ones."""
    try:
        return Compress(text.lower())
    except ValueError:
        raise UsageError(f"unknown value of compress, {text!r}", f"Use one of {', '.join(Compress)}") from None


class Frame(NamedTuple):
    """The content of a compressed packet, without the header."""

    content: bytes
    data_bytes: int  # the length before compression; 0: not compressed

    def packet(self, number: int) -> bytes:
        return b"".join(
            (len(self.content).to_bytes(3, "little"), bytes([number % 256]), self.data_bytes.to_bytes(3, "little"), self.content)
        )


def frames(data: bytes | memoryview) -> Iterator[Frame]:
    """The data in as few packets as possible."""
    for start in range(0, len(data), MAX_DATA_BYTES):
        yield _frame(bytes(data[start : start + MAX_DATA_BYTES]))


def _frame(data: bytes) -> Frame:
    if len(data) >= MIN_BYTES and len(packed := zlib.compress(data, LEVEL)) < len(data):
        return Frame(packed, len(data))
    return Frame(data, 0)


class Packed(bytes):
    """A statement or the content of a file, compressed in advance: a compressed connection sends `frames` instead."""

    frames: tuple[Frame, ...]
    begins_command: bool

    @classmethod
    def statement(cls, text: bytes) -> "Packed":
        """A statement, to be sent as a query."""
        packed = cls(text)
        packed.frames, packed.begins_command = tuple(frames(b"".join(plain_packets(COM_QUERY + text)))), True
        return packed

    @classmethod
    def file(cls, content: bytes) -> "Packed":
        """A file, to be sent for LOAD DATA LOCAL, with the empty packet that ends it."""
        packed = cls(content)
        packed.frames, packed.begins_command = tuple(_file_frames(content)), False
        return packed


def plain_packets(payload: bytes) -> Iterator[bytes]:
    """The payload as packets of the plain protocol, numbered from 0. A packet of the largest size is followed by another one."""
    for number, start in enumerate(range(0, len(payload) + 1, MAX_PLAIN_PACKET_BYTES)):
        part = payload[start : start + MAX_PLAIN_PACKET_BYTES]
        yield len(part).to_bytes(3, "little") + bytes([number % 256]) + part


def _file_frames(content: bytes) -> Iterator[Frame]:
    """A file as packets of the plain protocol. Their numbers are 0: inside compressed packets, servers read no numbers."""
    piece_bytes = PACKETS_AT_ONCE * FILE_PACKET_BYTES
    for start in range(0, len(content), piece_bytes):
        parts = (content[at : at + FILE_PACKET_BYTES] for at in range(start, min(start + piece_bytes, len(content)), FILE_PACKET_BYTES))
        yield _frame(b"".join(len(part).to_bytes(3, "little") + b"\0" + part for part in parts))
    yield Frame(bytes(4), 0)


@dataclass
class Traffic:
    """How many bytes compressed connections have carried."""

    sent_bytes: int = 0
    sent_data_bytes: int = 0  # before compression
    received_bytes: int = 0
    received_data_bytes: int = 0

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))


class CompressedSocket:
    """A socket on which the compressed protocol has begun, and the file that reads from it. Has the methods of both that the driver calls."""

    def __init__(self, sock: socket.socket, file: BinaryIO) -> None:
        self._socket = sock
        self._file = file
        self._number = 0
        """of the next packet"""
        self._data = b""
        """received and uncompressed"""
        self._at = 0
        """how many bytes of it were read"""
        self.traffic = Traffic()

    def sendall(self, data: bytes) -> None:
        """Sends a packet of the plain protocol (number 0 begins a command), or data compressed in advance. Raises OSError."""
        if data.begins_command if isinstance(data, Packed) else data[3] == 0:
            self._number = 0
        for frame in data.frames if isinstance(data, Packed) else frames(data):
            self._socket.sendall(frame.packet(self._number))
            self._number += 1
            self.traffic.sent_bytes += HEADER_BYTES + len(frame.content)
            self.traffic.sent_data_bytes += frame.data_bytes or len(frame.content)

    def read(self, size: int) -> bytes:
        """This many bytes; fewer if the stream ends earlier. OSError: the stream is damaged, or the socket's error."""
        end = self._at + size
        if end <= len(self._data):
            data, self._at = self._data[self._at : end], end
            return data
        parts, missing = [self._data[self._at :]], end - len(self._data)
        while missing > 0:
            self._data, self._at = self._receive(), 0
            if not self._data:
                break
            parts.append(self._data[:missing])
            self._at = len(parts[-1])
            missing -= self._at
        return b"".join(parts)

    def _receive(self) -> bytes:
        """The data of the next packet that has any; empty at the end of the stream."""
        while True:
            header = self._file.read(HEADER_BYTES)
            size, data_bytes = int.from_bytes(header[:3], "little"), int.from_bytes(header[4:7], "little")
            content = self._file.read(size) if len(header) == HEADER_BYTES else b""
            if len(header) < HEADER_BYTES or len(content) < size:
                return b""
            self._number = header[3] + 1
            data = _data(content, data_bytes) if data_bytes else content
            self.traffic.received_bytes += HEADER_BYTES + size
            self.traffic.received_data_bytes += len(data)
            if data:
                return data

    def settimeout(self, seconds: float | None) -> None:
        self._socket.settimeout(seconds)

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self._socket.setsockopt(level, option, value)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def _data(content: bytes, data_bytes: int) -> bytes:
    """The data of a compressed packet. OSError: it is not what the header announces. No more than the announced length is taken into memory."""
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(content, data_bytes + 1)
    except zlib.error as error:
        raise OSError(f"a compressed packet is damaged: {error}") from error
    if len(data) != data_bytes or not unpacking.eof:
        raise OSError("a compressed packet is damaged: its data does not have the length in its header")
    return data
