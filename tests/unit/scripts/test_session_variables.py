"""docs/session-variables.md is generated from the code's tables."""

from session_variables import PAGE, page


def test_the_page_is_current() -> None:
    """If this fails: scripts/session-variables"""
    assert PAGE.read_text(encoding="utf-8") == page()
