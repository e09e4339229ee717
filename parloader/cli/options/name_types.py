"""The types of options that name things of the server. Imports nothing large."""

from typing import Any

import click


class Name(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """The name of a table, database or host: any text but an empty one. `of`: of what."""

    name = "name"

    def __init__(self, of: str) -> None:
        self._of = of

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if not text.strip():
            self.fail(f"the name of a {self._of} is empty", param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(f"{text!r} is not UTF-8, so it is not the name of a {self._of}", param, ctx)
        if "\0" in text:
            self.fail(f"{text!r} is not the name of a {self._of}: no name has a character of number 0", param, ctx)
        return text
