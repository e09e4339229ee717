"""The site's navigation comes from the tables of the pages; the reference of commands is Markdown."""

import site_hooks
from site_commands import command_reference
from site_python import python_reference

import parloader

INDEX = """# parloader

## Start

| page | what it covers |
|---|---|
| [Connecting](connecting.md) | see [TLS](tls.md) |

## Recipes

| page | what it covers |
|---|---|
| [Recipes](recipes/README.md) | situations |

## Guide

### Running

| page | what it covers |
|---|---|
| [Loading](loading.md) | rows |
"""

RECIPES = """# Recipes

## Shops

| recipe | the situation |
|---|---|
| [A shop](shop.md) | orders |
"""


def test_the_navigation_has_the_pages_of_the_tables() -> None:
    assert site_hooks.navigation(INDEX, RECIPES) == [
        {"Overview": "README.md"},
        {"Start": ["connecting.md"]},
        {"Recipes": ["recipes/README.md", {"Shops": ["recipes/shop.md"]}]},
        {"Guide": [{"Running": ["loading.md"]}]},
    ]


def test_each_command_has_a_heading_and_each_option_a_row() -> None:
    reference = command_reference()
    assert "\n## parloader seed\n" in reference or "\n### parloader seed\n" in reference
    assert "| <code>--writer &#91;insert&#124;load-data&#93;</code> |" in reference
    assert all(line.count("|") == 3 for line in reference.splitlines() if line.startswith("|"))


def test_each_public_name_is_in_the_reference_of_python_once() -> None:
    reference = python_reference()
    for name in parloader.__all__:
        assert reference.count(f"      heading: parloader.{name}\n") == 1
    assert reference.index("parloader.seed\n") < reference.index("parloader.plan\n") < reference.index("parloader.ParloaderError\n")
