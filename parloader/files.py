"""Reading text files that may be anything, and writing files so that readers see the old content or the new, never half of it."""

import os
import stat
from contextlib import suppress
from pathlib import Path

# No plan file or settings file is larger; one that is (a log, a disk image, /dev/zero) would only fill the memory
MAX_BYTES = 100_000_000


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without a byte order mark. OSError, or ValueError with the reason: it cannot be read, or is no such file."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")  # some editors of Windows put a byte order mark at the start
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start:,})") from error


def why_unreadable(error: OSError | ValueError) -> str:
    """The reason in an error of `read_text`, without the name of the file."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def require_regular(path: Path) -> None:
    """ValueError: it is something else, such as a pipe, where reading would wait until someone writes. OSError: it cannot be found."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise ValueError("it is a folder")
    if not stat.S_ISREG(mode):
        raise ValueError("it is not a regular file")


def unfinished_path(path: Path) -> Path:
    """What a file is called in its folder until it is complete."""
    return path.with_name(f".{path.name}.unfinished")


def write_atomically(path: Path, text: str) -> None:
    """Writes the text as UTF-8, with \\n line ends, in place of an existing file. OSError if the file cannot be written.

    A device or pipe, such as /dev/null, gets the text and stays what it is; so does a symbolic link.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    unfinished = unfinished_path(path)
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    except (OSError, ValueError):  # ValueError: the text cannot be encoded
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
