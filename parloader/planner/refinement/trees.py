"""Tables that reference themselves: trees of several levels, each of which belongs to one tenant."""

from dataclasses import replace
from math import isqrt

from parloader.inference import table_names
from parloader.planner.refinement.reference import Reference
from parloader.planner.refinement.references import change, is_even, picks_of, references
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Distribution, Pick

NULL_SHARE = 0.2
"""Of rows without a parent, apart from the roots, in tables of answers: many answer a post, and others another answer."""


def grow_trees(refinement: Refinement) -> None:
    """A foreign key of one column to its own table that accepts NULL picks earlier rows of the same tree.

    categories.parent_id: `{ pick = "categories.id", distribution = "tree", trees = 31 }`. What a row and its parent have in common, all rows of
    a tree have: categories.tenant_id: `{ pick = "tenants.id", trees = 31 }`.
    """
    for table, draft in refinement.drafts.items():
        planned = refinement.tables[table]
        for key in draft.self_references:
            column = key.columns[0]
            pick = planned.columns.get(column)
            if len(key.columns) > 1 or type(pick) is not Pick or pick.distribution is not Distribution.EARLIER or column in planned.later:
                continue
            shared = [reference for reference in references(refinement, table) if _is_shared(refinement, reference)]
            trees = _trees(refinement, planned.rows, shared)
            answers = table_names.is_any(table, table_names.ANSWERS) and draft.may_be_null(column)
            refinement.set(
                table, column, replace(pick, distribution=Distribution.TREE, trees=trees, null_share=NULL_SHARE if answers else 0.0)
            )
            for reference in shared:
                change(refinement, reference, trees=trees)


def _trees(refinement: Refinement, rows: int, shared: list[Reference]) -> int:
    """How many trees: the square root of the rows, or as many as the rows that trees belong to, if they have some rows on average.

    An owner has one; a post has several, of few answers.
    """
    owners = [refinement.tables[r.parent].rows for r in shared if table_names.is_owner(r.parent)]
    topics = [refinement.tables[r.parent].rows for r in shared if not table_names.is_owner(r.parent)]
    of_owners, of_topics = min(max(owners, default=0), rows // 4), min(3 * max(topics, default=0), rows // 2)
    return max(1, isqrt(rows), of_owners, of_topics)


def _is_shared(refinement: Refinement, reference: Reference) -> bool:
    """Whether a row and its parent row of the same table have the same parent here: a tenant, or the post that both answer."""
    parent = reference.parent
    whole = table_names.is_any(parent, table_names.PUBLIC) or table_names.extends(reference.table, parent)
    person = table_names.is_any(parent, table_names.PEOPLE)
    free = not reference.counts and all(map(is_even, picks_of(refinement, reference).values()))
    return free and reference.required and (table_names.is_owner(parent) or (whole and not person))
