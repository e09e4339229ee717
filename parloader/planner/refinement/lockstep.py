"""Foreign keys that share the column of an owner: tickets of a tenant's project, reported by any member of the tenant.

    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id), FOREIGN KEY (tenant_id, reporter_id) REFERENCES member (tenant_id, id)

The solver lets row i of a table pick row i of all parents, which have the same tenant. That makes one member report all tickets of a project.
"""

from dataclasses import replace

from parloader.generation.relations.owners import MAX_INVERTED_ROWS, Owner, owner_of
from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.refinement.reference import UnfinishedPlan
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Distribution, Generator, Pick

IN_STEP = (Distribution.CYCLE, Distribution.EVEN)


def loosen_lockstep(refinement: Refinement) -> None:
    """The first foreign key picks any row, and the others pick among the rows of the same owner.

    ticket: `tenant_id = { pick = "project.tenant_id", group = … }, project_id = { pick = "project.id", group = … }` and
    `reporter_id = { pick = "member.id", among = "tenant_id" }`. Each tenant with a project has a member, because row i of both has the same.
    """
    for table, draft in refinement.drafts.items():
        for group in draft.groups:
            if _can_be_loosened(refinement, table, group):
                _loosen(refinement, table, group)


def _can_be_loosened(refinement: Refinement, table: str, group: ForeignKeyGroup) -> bool:
    draft, layout, planned = refinement.drafts[table], refinement.layouts[table], refinement.tables[table]
    held = group.name in layout.group_digits or group.name in draft.lockstep_groups or group.max_offset or layout.doubtful
    settled = draft.given.keys() | draft.shared_columns | layout.null_from.keys() | planned.later
    together = group.lockstep_tables or len({key.parent for key in group.keys}) == 1
    if not together or held or len(set(group.keys)) < 2 or not settled.isdisjoint(group.columns):
        return False
    shared = frozenset.intersection(*(frozenset(key.columns) for key in group.keys))
    own = [column for key in group.keys for column in key.columns if column not in shared]
    if len(shared) != 1 or len(own) != len(group.keys) or len(set(own)) < len(own):
        return False
    (owner,) = shared
    picks = [planned.columns.get(column) for column in (owner, *own)]
    plain = all(type(pick) is Pick and pick.index is None and pick.distribution in IN_STEP for pick in picks)
    return plain and not draft.may_be_null(owner) and _is_same_owner(refinement, group, owner)


def _is_same_owner(refinement: Refinement, group: ForeignKeyGroup, owner: str) -> bool:
    """Whether row i of each parent has the same owner."""
    rows = {refinement.tables[key.parent].rows for key in group.keys}
    if len(rows) > 1 or max(rows) > MAX_INVERTED_ROWS:
        return False
    if len({(key.parent, key.referenced[key.columns.index(owner)]) for key in group.keys}) == 1:
        return True
    sources = [_cycle(refinement, key.parent, key.referenced[key.columns.index(owner)]) for key in group.keys]
    return None not in sources and all(each == sources[0] for each in sources)


def _cycle(refinement: Refinement, table: str, column: str) -> Pick | None:
    """How row i of the table picks the row that has the column's values: row i mod n. None: in another way."""
    generator = refinement.tables[table].columns.get(column)
    if type(generator) is not Pick or generator.index is not None or generator.distribution is not Distribution.CYCLE:
        return None
    further = _cycle(refinement, generator.parent, generator.column) if generator.parent in refinement.tables else None
    if further is not None and refinement.tables[generator.parent].rows == refinement.tables[table].rows:
        return further  # row i of this table picks row i of its parent
    return replace(generator, group=None)


def _loosen(refinement: Refinement, table: str, group: ForeignKeyGroup) -> None:
    draft = refinement.drafts[table]
    shared = frozenset.intersection(*(frozenset(key.columns) for key in group.keys))
    (owner,) = shared
    first = next((key for key in group.keys if not any(draft.may_be_null(column) for column in key.columns)), None)
    if first is None:
        return
    changed: dict[str, Generator] = {
        column: Pick(parent=first.parent, column=referenced, group=first.name)
        for column, referenced in zip(first.columns, first.referenced, strict=True)
    }
    keys = [first]
    for key in group.keys:
        if key != first:
            ((column, referenced),) = ((c, r) for c, r in zip(key.columns, key.referenced, strict=True) if c != owner)
            changed[column] = Pick(parent=key.parent, column=referenced, among=owner)
            keys.append(replace(key, columns=(column,), referenced=(referenced,)))
    trial = replace(refinement.tables[table], columns={**refinement.tables[table].columns, **changed})
    plan = UnfinishedPlan((*(each for name, each in refinement.tables.items() if name != table), trial))
    among = [pick for pick in changed.values() if isinstance(pick, Pick) and pick.among]
    if all(isinstance(owner_of(plan, trial, pick), Owner) for pick in among):
        refinement.tables[table] = trial
        refinement.loosened[table, group.name] = tuple(keys)
