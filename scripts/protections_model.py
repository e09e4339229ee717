"""A protection of parloader, as the change of the source text that takes it out."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Protection:
    """`new` takes the place of `old`, which stands exactly once in the file. One of the tests has to fail then."""

    name: str
    what: str  # for the table
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, root: Path) -> str:
        """The file's text without the protection. ValueError: the change does not apply, or what it gives is not Python."""
        text = (root / self.file).read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} has {text.count(self.old)} times the text\n{self.old}")
        changed = text.replace(self.old, self.new)
        compile(changed, self.file, "exec")
        return changed
