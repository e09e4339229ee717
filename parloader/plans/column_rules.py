"""Rules of the user's own: which columns get which generator, if a plan leaves them open."""

from dataclasses import dataclass

from parloader.plans.generators import Generator


@dataclass(frozen=True, kw_only=True)
class ColumnRule:
    """A rule for columns. Names are compared with patterns, in which * is any text and ? any character, whatever the case."""

    match: tuple[str, ...]  # patterns of the column's name, one of which has to match
    generator: Generator
    table: str = "*"  # pattern of the table's name
    type: str = "*"  # pattern of the column's type, as the server names it: decimal, varchar
    comment: str = "*"  # pattern of the column's comment
    source: str = ""  # where it stands, for messages: parloader.toml, line 7
