"""The types of options that take numbers. Their messages name the option's text and what is valid instead. Imports nothing large."""

import math
from typing import Any

import click

from parloader.quantities import ROWS_EXAMPLES, parse_rows


class RowCount(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """A number of rows from `minimum` to `maximum`: 5000, 250k, 1e6 or 1M."""

    name = "rows"

    def __init__(self, minimum: int, maximum: int) -> None:
        self.minimum, self.maximum = minimum, maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            rows = parse_rows(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not self.minimum <= rows <= self.maximum:
            self.fail(f"{value!r} is not a number of rows from {self.minimum:,} to {self.maximum:,}, such as {ROWS_EXAMPLES}", param, ctx)
        return rows


class WholeNumber(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """A whole number from `minimum` to `maximum` (None: without a limit)."""

    name = "number"

    def __init__(self, minimum: int, maximum: int | None = None) -> None:
        self.minimum, self.maximum = minimum, maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        text = value.strip()
        number = int(text) if text.isdecimal() and len(text) <= 30 else -1
        if number < self.minimum or (self.maximum is not None and number > self.maximum):
            valid = f"from {self.minimum:,} to {self.maximum:,}" if self.maximum is not None else f"of at least {self.minimum:,}"
            self.fail(f"{value!r} is not a whole number {valid}", param, ctx)
        return number


class RunNumber(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """The number of a run, as parloader status shows it."""

    name = "run"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        text = value.strip()
        if not (text.isdecimal() and len(text) <= 30 and int(text) > 0):
            self.fail(f"{value!r} is not the number of a run, such as 2; parloader status lists the runs", param, ctx)
        return int(text)


class Seconds(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """A number of seconds from 0 to `maximum`, with or without decimals."""

    name = "seconds"

    def __init__(self, maximum: float) -> None:
        self.maximum = maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds <= self.maximum:  # nan is in no range
            self.fail(f"{value!r} is not a number of seconds from 0 to {self.maximum:,.0f}", param, ctx)
        return seconds
