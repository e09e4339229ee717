"""Reads the string literals that the servers print in their metadata.

Source: MySQL manual "String Literals", table "Special Character Escape Sequences"; MariaDB Knowledge Base "String Literals".
"""

import re

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "Z": "\x1a", "b": "\b"}

ESCAPED = re.compile(r"''|\\(.)", re.DOTALL)


def unescape(text: str) -> str:
    r"""The value of a literal, given the text between its quotes. \% and \_ keep their backslash, as on the servers: LIKE reads it."""
    return ESCAPED.sub(_character, text)


def _character(escaped: re.Match[str]) -> str:
    following = escaped[1]
    if following is None:  # a doubled quote
        return "'"
    return escaped[0] if following in "%_" else ESCAPES.get(following, following)


def repair_latin1(text: str) -> str:
    """An expression in MySQL's information_schema, which decodes its UTF-8 bytes as Latin-1."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:  # already correct
        return text
