"""What all pages share: the templates, and writing the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from parloader.errors import UsageError
from parloader.files import write_atomically

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class TableView:
    """A table of a page, as texts."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: frozenset[int] = frozenset({0})
    """which columns are texts; the others are numbers, aligned to the right"""


@dataclass(frozen=True, kw_only=True)
class FigureView:
    """A chart, as SVG for wide and for narrow screens."""

    name: str
    title: str
    caption: str
    wide: str
    narrow: str


@dataclass(frozen=True, kw_only=True)
class SectionView:
    """A part of a page with a heading."""

    title: str
    texts: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[FigureView, ...] = ()
    table: TableView | None = None
    folded: bool = False
    """whether the reader opens it by a click"""


def rendered(template: str, **values: Any) -> str:
    """The page as text. Values in it are escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**values)


def write_page(file: Path, text: str) -> None:
    """Writes the page. UsageError: the file cannot be written."""
    try:
        write_atomically(file, text.encode(errors="backslashreplace").decode())  # an argument may have bytes that are not UTF-8
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise UsageError(f"{file} cannot be written: {reason}", "Name a file in a writable folder") from error
