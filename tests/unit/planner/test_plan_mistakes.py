"""Any plan file on a fixed schema gives rows, or one line for each mistake."""

import re

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from support.plan_files import rows
from support.plan_mistakes import SCHEMA, Document, documents, toml

from parloader.errors import ParloaderError

FUZZED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def outcome(document: Document) -> dict[str, pl.DataFrame] | ParloaderError:
    try:
        return rows(toml(document), SCHEMA)
    except ParloaderError as error:
        return error


def rows_or_lines(document: Document) -> None:
    found = outcome(document)
    if isinstance(found, ParloaderError):
        assert found.exit_code in (2, 3)
        for line in found.lines or (str(found),):
            assert line
            assert not re.search(r"Traceback|Error\(|panicked|Resolved plan|\n", line), line
    else:
        for frame in found.values():
            assert all(frame[name].is_finite().all() for name, dtype in frame.schema.items() if dtype.is_float())


@settings(FUZZED, max_examples=120)
@given(documents())
def test_any_plan_gives_rows_or_lines(document: Document) -> None:
    rows_or_lines(document)


@pytest.mark.slow
@settings(FUZZED, max_examples=2_500)
@given(documents())
def test_any_of_very_many_plans_gives_rows_or_lines(document: Document) -> None:
    rows_or_lines(document)
