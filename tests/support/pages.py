"""Reads a page that parloader wrote, as a browser without a network would."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

# Elements without an end tag (HTML standard, "Void elements")
VOID = {"meta", "br", "link", "img", "input", "hr"}

# What would make a browser ask another machine, or run something
FOREIGN_ELEMENTS = {"script", "link", "img", "iframe", "object", "embed", "image", "base", "form"}
FOREIGN_STYLE = re.compile(r"url\((?!#)|@import|@font-face|//")


@dataclass
class Page(HTMLParser):
    """A page. AssertionError: an element is not closed, or an ID is there twice."""

    text: str
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    """the heading before a table → its rows, that of the headings first"""
    facts: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    """the marks in charts, as kind-number"""
    titles: list[str] = field(default_factory=list)
    """tooltips"""
    labels: list[str] = field(default_factory=list)
    """what a screen reader says of the charts"""
    outcome: str = ""
    outcome_kind: str = ""
    command: str = ""
    heading: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._ids: set[str] = set()
        self._read = ""
        self._name = ""
        self.feed(self.text)
        assert not self._open, self._open

    def __hash__(self) -> int:
        return id(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert tag not in FOREIGN_ELEMENTS, tag
        assert not any(name.startswith(("on", "src")) for name in attributes), attributes
        assert attributes.get("href", "#").startswith("#"), attributes
        assert not FOREIGN_STYLE.search(attributes.get("style", "")), attributes
        if identity := attributes.get("id"):
            assert identity not in self._ids, identity
            self._ids.add(identity)
        if mark := attributes.get("data-mark"):
            self.marks.append(mark)
        if tag == "svg":
            assert attributes["role"] == "img"
            self.labels.append(attributes["aria-label"])
        if "outcome" in attributes.get("class", "").split():
            self.outcome_kind = attributes["class"].split()[1]
        if tag == "tr":
            self.tables.setdefault(self.heading, []).append([])
        if tag not in VOID:
            self._open.append(tag)
        if tag != "span":
            self._read = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, (tag, self.getpos())
        text = self._read.strip()
        match tag:
            case "style":
                assert not (found := FOREIGN_STYLE.findall(text)), found
            case "h2" | "summary":
                self.heading = text
            case "th" | "td":
                self.tables[self.heading][-1].append(text)
            case "dt":
                self._name = text
            case "dd":
                self.facts[self._name] = text
            case "title":
                self.titles.append(text)
            case "code":
                self.command = text
            case "p" if self.outcome_kind and not self.outcome:
                self.outcome = text

    def handle_data(self, data: str) -> None:
        self._read += data

    def column(self, table: str, heading: str) -> list[str]:
        """The cells of a column."""
        headings, *rows = self.tables[table]
        return [row[headings.index(heading)] for row in rows]

    def numbers(self, table: str, heading: str) -> list[int]:
        return [int(cell.replace(",", "")) for cell in self.column(table, heading)]

    def marks_of(self, kind: str) -> int:
        return sum(mark.startswith(f"{kind}-") for mark in self.marks)


def read_page(file: Path) -> Page:
    return Page(file.read_text(encoding="utf-8"))
