"""Writing a file so that readers see the old content or the new, never half of it."""

from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Writes the text as UTF-8, with \\n line ends, in place of an existing file. OSError if the file cannot be written."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    unfinished.replace(path)
