"""When the rows of a table were created: tenants before their users, users before and while they order, so that ids and times run in parallel."""

from dataclasses import dataclass, field

from parloader.inference.statuses.event_times import DAY
from parloader.planner.refinement.references import grows, is_child, references
from parloader.planner.refinement.refinement import Refinement

# With so many children per parent, all parents exist before the first child
LASTING = 20

# How long before its children a table begins; one that lasts is complete by then
LEAD_SECONDS = 180 * DAY


@dataclass(frozen=True)
class CreationPeriods:
    """The periods of the generated tables, as seconds before the usual start and in all."""

    refinement: Refinement
    span_seconds: int  # of a table without children
    _known: dict[str, tuple[int, int]] = field(default_factory=dict)
    _above: dict[str, frozenset[str]] = field(default_factory=dict)  # table → the parents to which its rows belong

    def of(self, table: str) -> tuple[int, int]:
        """(seconds before the usual start, span in seconds)."""
        if table not in self._known:
            self._known[table] = (0, self.span_seconds)  # of tables in a cycle
            parent = self.followed(table)
            self._known[table] = self._from_children(table) if parent is None else self.of(parent)
        return self._known[table]

    def followed(self, table: str) -> str | None:
        """The parent of which the rows are the children, if it has times: they are created soon after it."""
        parents = [reference.parent for reference in references(self.refinement, table) if is_child(self.refinement, reference)]
        return next((parent for parent in parents if parent in self.refinement.drafts and grows(self.refinement, parent)), None)

    def _from_children(self, table: str) -> tuple[int, int]:
        children = [child for child in self.refinement.drafts if child != table and self._belongs(child, table)]
        if not children:
            return 0, self.span_seconds
        lead = max(self.of(child)[0] for child in children) + LEAD_SECONDS
        rows = max(1, self.refinement.tables[table].rows)
        lasts = any(self.refinement.tables[child].rows >= LASTING * rows for child in children)
        return lead, LEAD_SECONDS if lasts else lead + self.span_seconds

    def _belongs(self, child: str, parent: str) -> bool:
        """Whether rows of `child` are created while the parents are there, or follow one that is."""
        if child not in self._above:
            self._above[child] = self._parents_of(child)
        return parent in self._above[child]

    def _parents_of(self, child: str) -> frozenset[str]:
        chain = [child]
        while (followed := self.followed(chain[-1])) is not None and followed not in chain:
            chain.append(followed)
        if not grows(self.refinement, child):
            return frozenset()
        return frozenset(reference.parent for each in chain for reference in references(self.refinement, each)) - {*chain}
