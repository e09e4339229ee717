from pathlib import Path

import pytest
from report_section import write_section

SECTION = "<!-- scripts/soak writes this section -->\n{}\n<!-- end of scripts/soak's section -->"


def test_only_the_section_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "guarantees.md"
    document.write_text(f"before\n{SECTION.format('old')}\nafter\n")
    write_section(document, "scripts/soak", "| new \\1 |\n")
    assert document.read_text().split("\n") == [
        "before",
        "<!-- scripts/soak writes this section -->",
        "",
        "| new \\1 |",
        "",
        "<!-- end of scripts/soak's section -->",
        "after",
        "",
    ]


@pytest.mark.parametrize("text", ["no section", SECTION.format("one") + SECTION.format("two")])
def test_a_document_without_exactly_one_such_section_is_left_alone(tmp_path: Path, text: str) -> None:
    document = tmp_path / "guarantees.md"
    document.write_text(text)
    with pytest.raises(ValueError, match=r"has [02] sections"):
        write_section(document, "scripts/soak", "new")
    assert document.read_text() == text
