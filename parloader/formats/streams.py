"""Compressed files whose bytes depend on nothing but their content: no time, no name."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from parloader.formats.names import Compression

GZIP_LEVEL, ZSTD_LEVEL = 6, 3
"""The defaults of both programs."""


class Sink(Protocol):
    """Where a file's content goes."""

    def write(self, content: bytes, /) -> object:
        """Writes all of it."""


@contextmanager
def opened(path: Path, compression: Compression) -> Iterator[Sink]:
    """A new file, or an existing one emptied. OSError: it cannot be written."""
    with path.open("wb") as file:
        match compression:
            case Compression.NONE:
                yield file
            case Compression.GZIP:
                with gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=file, mtime=0) as compressed:
                    yield compressed
            case Compression.ZSTD:
                import zstandard  # few exports need it

                with zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).stream_writer(cast(BinaryIO, file)) as writer:
                    yield writer
