"""How wide texts and terminals are, in columns of the screen."""

import os
import unicodedata
from typing import TextIO

# Of a terminal that does not tell its size
DEFAULT_COLUMNS = 80


def printable(text: str) -> str:
    """The text on one line, with control characters, and bytes that are not UTF-8, as escapes: names, values and server messages can contain them."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def width(text: str) -> int:
    """The columns that the text takes: two for each wide character, none for a mark that the character before it carries."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def shortened(text: str, columns: int) -> str:
    """The text, with an ellipsis at its end if it needs more columns."""
    if width(text) <= columns:
        return text
    while text and width(text) >= columns:
        text = text[:-1]
    return f"{text}…"


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The text with blanks after it (`right`: before it), so that it takes this many columns."""
    blanks = " " * (columns - width(text))
    return f"{blanks}{text}" if right else f"{text}{blanks}"


def columns_of(stream: TextIO) -> int | None:
    """How wide the terminal is now. None for a file or pipe, which has no width."""
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_COLUMNS
    except (OSError, ValueError):  # ValueError: it is no file
        return DEFAULT_COLUMNS
