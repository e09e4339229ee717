"""The compressed protocol's packets: whatever is sent arrives, and nothing else does."""

import io
import itertools
import random
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.database.compression import (
    FILE_PACKET_BYTES,
    HEADER_BYTES,
    MAX_DATA_BYTES,
    MIN_BYTES,
    Compress,
    CompressedSocket,
    Frame,
    Packed,
    Traffic,
    compress_mode,
    frames,
    plain_packets,
)
from parloader.errors import UsageError


class Wire(io.RawIOBase):
    """What one side sends, as the other side receives it: in pieces of these sizes, which repeat."""

    def __init__(self, piece_bytes: list[int] | None = None) -> None:
        self.sent = bytearray()
        self.read_bytes = 0
        self._sizes = itertools.cycle(piece_bytes or [2**30])

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self.sent[self.read_bytes :][: min(len(buffer), next(self._sizes))]
        buffer[: len(data)] = data
        self.read_bytes += len(data)
        return len(data)


def ends(wire: Wire) -> CompressedSocket:
    """Both ends of the wire: it reads what it sends."""
    return CompressedSocket(wire, cast(BinaryIO, io.BufferedReader(wire, 16)))  # type: ignore[arg-type]


def packets(data: bytes) -> Iterator[tuple[int, Frame]]:
    """Number and content of each compressed packet."""
    while data:
        size, number, data_bytes = int.from_bytes(data[:3], "little"), data[3], int.from_bytes(data[4:7], "little")
        yield number, Frame(data[HEADER_BYTES:][:size], data_bytes)
        data = data[HEADER_BYTES + size :]


def incompressible(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda text, times: text * times, st.binary(min_size=1, max_size=30), st.integers(1, 300)),
    st.integers(MIN_BYTES - 10, 3000).map(incompressible),
)


@given(sent=st.lists(PAYLOADS, max_size=8), pieces=st.lists(st.integers(1, 50), min_size=1), reads=st.lists(st.integers(0, 500)))
def test_any_payloads_arrive_in_any_pieces(sent: list[bytes], pieces: list[int], reads: list[int]) -> None:
    wire = Wire(pieces)
    both = ends(wire)
    for payload in sent:
        both.sendall(packet(0, payload))
    plain = b"".join(packet(0, payload) for payload in sent)
    received = b"".join(both.read(size) for size in reads)
    assert received == plain[: len(received)]
    assert received + both.read(len(plain) - len(received)) == plain
    assert both.read(1) == b""
    assert both.traffic == Traffic(len(wire.sent), len(plain), len(wire.sent), len(plain))


def test_only_what_becomes_shorter_is_compressed() -> None:
    for data in (b"a" * (MIN_BYTES - 1), incompressible(5000)):
        assert list(frames(data)) == [Frame(data, 0)]
    (frame,) = frames(b"a" * MIN_BYTES)
    assert frame.data_bytes == MIN_BYTES > len(frame.content)
    assert zlib.decompress(frame.content) == b"a" * MIN_BYTES


@pytest.mark.parametrize("size", [MAX_DATA_BYTES, MAX_DATA_BYTES + 1])
def test_the_largest_packets(size: int) -> None:
    both = ends(Wire())
    parts = [frame.data_bytes or len(frame.content) for frame in frames(bytes(size))]
    assert parts == [size] if size <= MAX_DATA_BYTES else [MAX_DATA_BYTES, size - MAX_DATA_BYTES]
    for part in plain_packets(bytes(size)):
        both.sendall(part)
    total = size + 4 * (size // MAX_DATA_BYTES + 1)  # a packet of the largest size is followed by another one, perhaps an empty one
    assert len(both.read(total + 1)) == total


def test_a_command_is_numbered_from_0_and_what_belongs_to_it_continues() -> None:
    wire = Wire()
    both = ends(wire)
    both.sendall(packet(0, b"first"))
    both.sendall(packet(1, b"the rest of it"))
    both.sendall(packet(0, b"second"))
    assert [number for number, _ in packets(bytes(wire.sent))] == [0, 1, 0]
    wire.sent += Frame(b"the server asks for a file", 0).packet(254)
    both.read(len(b"the server asks for a file") + 3 * 4 + len(b"first" + b"the rest of it" + b"second"))
    before = len(wire.sent)
    both.sendall(Packed.file(bytes(10 * FILE_PACKET_BYTES)))
    assert [number for number, _ in packets(bytes(wire.sent[before:]))] == [255, 0, 1, 2]
    both.sendall(Packed.statement(b"SELECT 1"))
    assert list(packets(bytes(wire.sent)))[-1] == (0, Frame(packet(0, b"\x03SELECT 1"), 0))


@pytest.mark.parametrize("size", [0, 1, FILE_PACKET_BYTES - 1, FILE_PACKET_BYTES, 4 * FILE_PACKET_BYTES, 9 * FILE_PACKET_BYTES + 1])
def test_a_file_is_sent_in_packets_of_its_own_and_ends_with_an_empty_one(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    both = ends(Wire())
    both.sendall(Packed.file(content[:size]))
    parts: list[bytes] = []
    while not parts or parts[-1]:
        parts.append(both.read(int.from_bytes(both.read(4)[:3], "little")))
        assert len(parts[-1]) <= FILE_PACKET_BYTES
    assert b"".join(parts) == content[:size]
    assert both.read(1) == b""


def test_what_is_compressed_ahead_is_what_would_be_sent() -> None:
    statement = b"INSERT INTO t VALUES " + b",".join(b"(%d)" % n for n in range(1000))
    ahead, sent = ends(Wire()), ends(Wire())
    ahead.sendall(Packed.statement(statement))
    sent.sendall(packet(0, b"\x03" + statement))
    assert ahead.read(10**6) == sent.read(10**6)
    assert Packed.statement(statement) == statement


def received(data: bytes) -> bytes:
    """What is read from these bytes."""
    wire = Wire()
    wire.sent += data
    return ends(wire).read(10**6)


DATA = b"0123456789" * 50

COMPRESSED = next(frames(DATA))


def test_no_changed_bit_gives_other_data() -> None:
    """A few bits fill the last byte and mean nothing."""
    unnoticed = 0
    for at in range(len(COMPRESSED.content)):
        for bit in range(8):
            content = bytearray(COMPRESSED.content)
            content[at] ^= 1 << bit
            with suppress(OSError):
                assert received(Frame(bytes(content), COMPRESSED.data_bytes).packet(0)) == DATA
                unnoticed += 1
    assert unnoticed < 8


@pytest.mark.parametrize("wrong", [1, 499, 501, 16_000_000])
def test_a_wrong_length_is_noticed(wrong: int) -> None:
    with pytest.raises(OSError, match="a compressed packet is damaged"):
        received(Frame(COMPRESSED.content, wrong).packet(0))


def test_a_stream_that_ends_anywhere_ends_there() -> None:
    """As a connection that is cut: what the packet before had is read, and nothing of the one that is not complete."""
    whole = Frame(b"before", 0).packet(0) + COMPRESSED.packet(1)
    for size in range(len(whole)):
        assert received(whole[:size]) == (b"before" if size >= HEADER_BYTES + len(b"before") else b"")


def test_a_packet_cannot_fill_the_memory() -> None:
    bomb = Frame(zlib.compress(bytes(20 * 2**20)), 100).packet(0)
    tracemalloc.start()
    try:
        with pytest.raises(OSError, match="a compressed packet is damaged"):
            received(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_the_names_of_the_modes() -> None:
    assert [compress_mode(name) for name in ("auto", "ON", "Off")] == [Compress.AUTO, Compress.ON, Compress.OFF]
    with pytest.raises(UsageError, match=r"unknown value of compress, 'zstd'\. Use one of auto, on, off"):
        compress_mode("zstd")
