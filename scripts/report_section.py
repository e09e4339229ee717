"""Sections of documents that scripts write: the lines between two comments that name the section."""

import re
from pathlib import Path


def write_section(document: Path, name: str, text: str) -> None:
    """Replaces the section. ValueError: the document does not have it exactly once."""
    begin, end = f"<!-- {name} writes this section -->", f"<!-- end of {name}'s section -->"
    before = document.read_text()
    after, count = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n\n{text.strip()}\n\n{end}", before, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError(f"{document} has {count} sections between {begin!r} and {end!r}")
    document.write_text(after)
