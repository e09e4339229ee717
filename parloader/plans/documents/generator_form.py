"""The form of a generator in plan files: its word, its main argument and its options."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from parloader.plans import generators
from parloader.plans.documents.codecs import Codec

# DECIMAL has at most 38 digits after the point on MariaDB, 30 on MySQL (their manuals, "DECIMAL")
MAX_SCALE = 38


def _accept(_: Any) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class GeneratorSyntax:
    """How a generator is written."""

    kind: type[generators.Generator]
    word: str  # the key of the main argument
    fields: tuple[str, ...]  # those that the main argument sets: one, or several as a list
    main: Codec
    options: Mapping[str, Codec] = field(default_factory=dict)  # by field
    nested: tuple[str, ...] = ()  # fields that are generators
    fixed: Mapping[str, Any] = field(default_factory=dict)  # fields that the word itself sets
    check: Callable[[Any], None] = _accept  # raises InvalidPlan if fields contradict each other

    def writes(self, generator: generators.Generator) -> bool:
        """Whether it is the syntax of this generator."""
        return type(generator) is self.kind and all(getattr(generator, name) == value for name, value in self.fixed.items())

    @property
    def defaults(self) -> dict[str, Any]:
        return {f.name: f.default for f in fields(self.kind) if f.default is not MISSING}
