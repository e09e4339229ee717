"""docs/design.md names every module, and no other."""

import re
from pathlib import Path

import parloader

ROOT = Path(parloader.__file__).parent

PAGE = ROOT.parent / "docs/design.md"


def test_the_page_names_every_module() -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")}
    named = set(re.findall(r"`([\w/]+\.py)`", PAGE.read_text(encoding="utf-8")))
    assert {module for module in modules - named if not module.endswith("__init__.py")} == set()
    assert {path for path in named - modules if not path.startswith("tests/")} == set()
