"""Planned times: an appointment begins at a quarter of an hour some days after it was made, and ends an hour or so later."""

from fractions import Fraction

from parloader.inference.column_names import split_identifier, words
from parloader.inference.ordered_pairs import differ_in_order
from parloader.inference.statuses.event_times import DATES, TIMESTAMPS, clock, quoted
from parloader.inference.value_ranges import server_literal
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import After, Choice, Expr, Generator, Random, Uniform
from parloader.schema.model import ColumnSchema, ColumnType

PLANNED = "scheduled"
"""The event (lifecycles.py) of columns such as starts_at and scheduled_at."""

# Words that tell of people who meet, in contrast to a job that waits
MEETINGS = words(
    "starts start begins appointment appointments booking bookings reservation reservations visit visits meeting meetings session sessions lesson"
    " lessons shift shifts class event events interview interviews"
)

# Words of the start of something, and of tables whose rows last for days
STARTS = words("starts start begins begin started began departs departed departure from")

LASTING = words(
    "contract contracts project projects campaign campaigns subscription subscriptions rental rentals lease leases stay stays reservation"
    " reservations booking bookings policy policies season seasons promotion promotions coupon coupons license licenses membership memberships"
    " employment loan loans sprint sprints holiday holidays vacation vacations leave leaves period periods term terms tariff tariffs price prices"
)

DAYS = (2, 20)  # later than what happens on the first day: the confirmation

QUARTERS = (32, 71)  # of an hour after midnight: 8:00 to 17:45

BEFORE_NOON, AFTER_NOON = (7, 11), (13, 20)  # hours

LENGTHS, LENGTH_WEIGHTS = (1, 2, 3, 4, 6, 8), (8, 40, 16, 26, 7, 3)  # in quarters of an hour


def planned_start(refinement: Refinement, table: str, column: ColumnSchema, earlier: ColumnSchema) -> Generator | None:
    """When it is to begin, some days after the other time. None: it is no meeting, or the two are no timestamps."""
    if not MEETINGS.intersection((*split_identifier(table), *split_identifier(column.name))):
        return None
    if clock(column) is not TIMESTAMPS or clock(earlier) not in (TIMESTAMPS, DATES):
        return None
    day = refinement.add_helper(table, f"{column.name}_after", Expr(sql=f"CAST({quoted(earlier.name)} AS DATE)"))
    date = refinement.add_helper(table, f"{column.name}_day", After(column=day, least=DAYS[0], most=DAYS[1]))
    quarter = refinement.add_helper(table, f"{column.name}_quarter", Uniform(low=QUARTERS[0], high=QUARTERS[1]))
    return Expr(sql=f"CAST({quoted(date)} AS TIMESTAMP) + {quoted(quarter)} * INTERVAL '15 minutes'")


def set_planned_end(refinement: Refinement, table: str, start: ColumnSchema) -> None:
    """Sets the time that the solver has put after the start."""
    for column in refinement.drafts[table].schema.columns:
        generator = refinement.tables[table].columns.get(column.name)
        follows = isinstance(generator, After) and generator.column == start.name and clock(column) is TIMESTAMPS
        if follows and refinement.is_own(table, column.name) and not refinement.is_limited(table, column.name):
            length = refinement.add_helper(table, f"{column.name}_quarters", Choice(values=LENGTHS, weights=LENGTH_WEIGHTS))
            refinement.set(table, column.name, Expr(sql=f"{quoted(start.name)} + {quoted(length)} * INTERVAL '15 minutes'"))
            refinement.settle(table, column.name)


def set_ends(refinement: Refinement, table: str) -> None:
    """What begins ends within hours, unless it is a contract or the like."""
    if LASTING.isdisjoint(split_identifier(table)):
        for column in refinement.drafts[table].schema.columns:
            if clock(column) is TIMESTAMPS and STARTS.intersection(split_identifier(column.name)):
                set_planned_end(refinement, table, column)


def order_times_of_day(refinement: Refinement) -> None:
    """The step: of two times of day of which the names say which is earlier, one is before noon and the other one after it."""
    for table, draft in refinement.drafts.items():
        columns = refinement.tables[table].columns
        times = [c for c in draft.schema.columns if c.kind is ColumnType.TIME and columns.get(c.name) == Random(form="time")]
        free = [c for c in times if refinement.is_free(table, c.name)]
        for earlier in free:
            for later in free:
                if differ_in_order(earlier.name, later.name):
                    for column, hours in ((earlier, BEFORE_NOON), (later, AFTER_NOON)):
                        quarters = [server_literal(column, quarter * 900, Fraction(1)) for quarter in range(hours[0] * 4, hours[1] * 4 + 1)]
                        refinement.set(table, column.name, Choice(values=tuple(quarters)))


def is_followed_by(refinement: Refinement, table: str, start: str, column: str) -> bool:
    """Whether the other column is computed from the start, so that this may be any time."""
    generator = refinement.tables[table].columns.get(column)
    return isinstance(generator, After) and generator.column == start and generator.amounts[0] >= 0
