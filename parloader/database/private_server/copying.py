"""Copies a folder quickly: shares its blocks where the file system can (reflink), else copies within the kernel. Holes in files stay holes."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# ioctl_ficlone(2): Btrfs, XFS, bcachefs; APFS and others have none, and copy
FICLONE = 0x40049409

# So much at once that a signal does not wait for long
CHUNK_BYTES = 64 * 2**20

Wanted = Callable[[Path], bool]
"""Whether a file or folder, named relative to the copied one, is copied."""


def files(folder: Path, wanted: Wanted) -> list[Path]:
    """The wanted files of the folder and of those in it, relative to it."""
    found = []
    for path, folders, names in os.walk(folder):
        here = Path(path).relative_to(folder)
        folders[:] = sorted(name for name in folders if wanted(here / name))
        found += [here / name for name in sorted(names) if wanted(here / name)]
    return found


def stored_bytes(folder: Path, wanted: Wanted = lambda _: True) -> int:
    """The bytes that the wanted files take on the disk. A running server may remove one meanwhile: it counts as none."""
    found = 0
    for file in files(folder, wanted):
        with suppress(FileNotFoundError):
            found += (folder / file).stat(follow_symlinks=False).st_blocks * 512
    return found


def copy_folder(source: Path, to: Path, wanted: Wanted, *, durable: bool) -> bool:
    """Copies the wanted files and folders into the new folder `to`; returns whether all files share their blocks with the source.

    `durable`: what is copied is on the disk at the end, whatever happens to the machine. OSError: the disk is full, or no permission.
    """
    shared = True
    for path, folders, names in os.walk(source):
        here = Path(path).relative_to(source)
        folders[:] = [name for name in folders if wanted(here / name)]
        (to / here).mkdir(mode=0o700)
        for name in names:
            if wanted(here / name):
                shared &= _copy_file(source / here / name, to / here / name, durable)
    return shared


def _copy_file(source: Path, to: Path, durable: bool) -> bool:
    """Copies a file with its permissions; whether the copy shares its blocks."""
    if source.is_symlink():
        to.symlink_to(os.readlink(source))
        return True
    with open(source, "rb", buffering=0) as reading, open(to, "xb", buffering=0) as writing:
        shared = _clone(reading.fileno(), writing.fileno())
        if not shared:
            _copy_data(reading.fileno(), writing.fileno())
        shutil.copymode(source, to)
        if durable:
            os.fsync(writing.fileno())
    return shared


def _clone(source: int, to: int) -> bool:
    try:
        fcntl.ioctl(to, FICLONE, source)
    except OSError:
        return False
    return True


def _copy_data(source: int, to: int) -> None:
    """Copies what is stored, between the holes."""
    size = os.fstat(source).st_size
    os.ftruncate(to, size)
    position = 0
    while position < size:
        try:
            start = os.lseek(source, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                return
            raise
        end = position = os.lseek(source, start, os.SEEK_HOLE)
        while start < end:
            start += _copy_range(source, to, min(end - start, CHUNK_BYTES), start)


def _copy_range(source: int, to: int, count: int, offset: int) -> int:
    """Copies at most `count` bytes at this offset of both; returns how many (more than 0)."""
    if hasattr(os, "copy_file_range"):
        try:
            if copied := os.copy_file_range(source, to, count, offset, offset):
                return copied
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
                raise
    return os.pwrite(to, os.pread(source, min(count, 2**20), offset), offset)
