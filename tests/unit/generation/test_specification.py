"""docs/generators.md says what is so: its numbers are the hash's, its examples are TOML, its list is of all providers."""

import re
import tomllib
from pathlib import Path

from parloader.generation.hashing import draw_number, stream
from parloader.plans.generators import PROVIDERS

TEXT = (Path(__file__).parents[3] / "docs" / "generators.md").read_text(encoding="utf-8")


def test_vectors() -> None:
    vectors = re.findall(r"^\| (-?\d+) \| (.*) \| (.*) \| (.*) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert len(vectors) == 4
    for seed, table, column, purpose, constant, *draws in vectors:
        assert stream(int(seed), *(text.strip("`") for text in (table, column, purpose))) == int(constant)
        assert [draw_number(i, int(constant)) for i in (0, 1, 1_000_000)] == [int(draw) for draw in draws]


def test_examples_are_toml() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    generators = tomllib.loads(example)
    described = re.findall(r"^\| `(\w+)` \|", TEXT.split("**pick.**")[0], re.MULTILINE)
    assert {next(iter(generator)) for generator in generators.values()} == set(described)


def test_providers() -> None:
    (listed,) = re.findall(r"`scripts/pools`\):(.*?)\.\n", TEXT, re.DOTALL)
    assert tuple(re.findall(r"`(\w+)`", listed)) == PROVIDERS
