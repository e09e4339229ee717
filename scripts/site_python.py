"""The reference of parloader's public names, for mkdocstrings, which reads their signatures and docstrings."""

import inspect
from collections.abc import Callable, Mapping

import parloader
from parloader.errors import ParloaderError

USE = ("seed", "seeded", "plan", "verify", "status", "clean", "export")


def python_reference() -> str:
    """A heading for each kind of names, and a directive of mkdocstrings for each name."""
    names = {name: getattr(parloader, name) for name in parloader.__all__}
    lines: list[str] = []
    for title, belongs in KINDS.items():
        chosen = {name: value for name, value in names.items() if belongs(value)}
        names = {name: value for name, value in names.items() if name not in chosen}
        lines += [
            f"## {title}\n",
            *(_directive(name, chosen[name]) for name in sorted(chosen, key=lambda name: _place(name, chosen[name]))),
        ]
    return "\n".join(lines)


KINDS: Mapping[str, Callable[[object], bool]] = {
    "Functions": inspect.isfunction,
    "Errors": lambda value: isinstance(value, type) and issubclass(value, ParloaderError),
    "Results": lambda value: not getattr(value, "__module__", "").startswith("parloader.plans."),
    "Plans": lambda value: True,
}
"""The headings; a name belongs to the first one whose function accepts it."""


def _place(name: str, value: object) -> int:
    """Functions in the order of their use, errors in that of their module; the others keep theirs."""
    if inspect.isfunction(value):
        return USE.index(name) if name in USE else len(USE)
    return inspect.getsourcelines(value)[1] if isinstance(value, type) and issubclass(value, ParloaderError) else 0


def _directive(name: str, value: object) -> str:
    path = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    is_function = str(inspect.isfunction(value)).lower()  # only their signatures are too long for a heading
    return f"::: {path}\n    options:\n      heading: parloader.{name}\n      toc_label: {name}\n      separate_signature: {is_function}\n"
