"""Building blocks for options that several commands share."""

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Function = TypeVar("Function", bound=Callable[..., Any])

Options = TypeVar("Options", bound="DataclassInstance")


def option_group(*options: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """One decorator that adds all these click options; --help lists them in this order."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def collect(kind: type[Options], options: dict[str, Any]) -> Options:
    """Moves the options that are fields of the dataclass out of `options` and into an instance of it."""
    return kind(**{field.name: options.pop(field.name) for field in fields(kind)})
