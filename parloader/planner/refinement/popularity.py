"""Some rows of a parent are more popular than others, and some have no children."""

from dataclasses import replace

from parloader.planner.refinement.references import change, grows, is_child, is_even, picks_of, references
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Distribution, Pick

# Children per parent: with fewer, more than half of the parents would have none if some were popular
MIN_MEAN, MIN_MEAN_AMONG = 2, 4

# Of rows without this parent, if its foreign key accepts NULL
NULL_SHARE = 0.2

# The same, if rows are without this parent anyway because their owner has none
SHARE_BESIDE_NONE = 0.05

MAX_NULL_SHARES = {"deleted": 0.6, "cancelled": 0.6, "canceled": 0.6, "archived": 0.6, "replaced": 0.6, "merged": 0.6}
"""Of foreign keys whose name begins with one of these words, such as cancelled_by_id."""


def choose_popular_parents(refinement: Refinement) -> None:
    """Rows pick popular parents more often than others, of those that existed when the row was created.

    orders.user_id: `{ pick = "users.id" }` becomes `{ pick = "users.id", distribution = "popular", growing = true }`.
    """
    for table in refinement.drafts:
        for reference in references(refinement, table):
            picks = picks_of(refinement, reference)
            covers = reference.key.name in refinement.covering.get(table, ())
            if not (reference.counts or covers or any(pick.distribution is not Distribution.EVEN for pick in picks.values())):
                ordered = grows(refinement, table) and grows(refinement, reference.parent)
                among = picks[reference.column].among is not None
                growing = ordered and not among and all(is_even(pick) and pick.trees == 1 for pick in picks.values())
                trees, parents = picks[reference.column].trees, refinement.tables[reference.parent].rows
                rows = trees if trees > 1 else refinement.tables[table].rows  # those that pick a parent by themselves
                skewed = rows >= (MIN_MEAN_AMONG if among else MIN_MEAN) * parents
                distribution = Distribution.POPULAR if skewed else Distribution.EVEN if among else Distribution.UNIFORM
                if not is_child(refinement, reference):
                    change(refinement, reference, distribution=distribution, growing=growing)


def leave_some_parents_null(refinement: Refinement) -> None:
    """Foreign keys that accept NULL are NULL in some rows.

    orders.coupon_id: `{ pick = "coupons.id", null_share = 0.2 }`.
    """
    for table, draft in refinement.drafts.items():
        for reference in references(refinement, table):
            picks = picks_of(refinement, reference)
            nullable = [column for column in picks if draft.may_be_null(column)]
            if not nullable or reference.counts or any(pick.null_share or pick.trees > 1 for pick in picks.values()):
                continue
            share = MAX_NULL_SHARES.get(reference.role.split("_")[0].lower(), NULL_SHARE)
            if any(pick.among for pick in picks.values()):
                share = SHARE_BESIDE_NONE
            group = picks[reference.column].group
            tied = [c for c, g in refinement.tables[table].columns.items() if group and isinstance(g, Pick) and g.group == group]
            for column in {*nullable, *(c for c in tied if c not in picks)}:
                generator = refinement.tables[table].columns[column]
                refinement.set(table, column, replace(generator, null_share=share))
