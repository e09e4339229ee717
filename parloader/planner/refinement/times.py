"""Times of a row: created_at follows the rhythm of the trade in the order of the rows, other times follow created_at, updated_at is the last one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from parloader.inference.column_names import TimeBias, split_identifier, time_bias, words
from parloader.inference.default_generators import TIMES_SPAN_SECONDS, TIMES_START
from parloader.inference.numbers.shares import null_share
from parloader.inference.statuses import event_times
from parloader.inference.statuses.event_times import DATES, DAY, HOUR, MINUTE, TIMESTAMPS, clock, quoted
from parloader.inference.statuses.events import CHANGED, EventColumn, Role, created, event_column, folded, is_time
from parloader.inference.statuses.lifecycles import EXITS, POSITIONS
from parloader.inference.statuses.rhythms import rhythm
from parloader.inference.value_ranges import seconds_of
from parloader.planner.refinement.appointments import PLANNED, planned_start, set_ends, set_planned_end
from parloader.planner.refinement.creation_periods import CreationPeriods
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.refinement.status_agreement import event_of
from parloader.plans.generators import After, Const, Expr, Generator, Pick, Spread, Timeline, Uniform, When
from parloader.plans.generators.expressions import NOTHING
from parloader.schema.model import ColumnSchema, ColumnType
from parloader.timestamps import EPOCH

# Exits that a row without a status hardly ever has
RARE_SHARE, OPEN_SHARE, NEXT_SHARE = 0.94, 0.25, 0.1

# Words of times that come some time after the row was created, and those of times that are later than it
LATER_WORDS = words("last latest seen login used accessed synced checked notified reminded read changed verified confirmed activity")

LONG, SHORT = (0, 60 * DAY), (HOUR, 30 * DAY)

# Word of a name → how long after the row was created something ends
ENDS: dict[str, tuple[int, int]] = {
    word: span
    for listed, span in (
        ("token session otp code lock", (15 * MINUTE, DAY)),
        ("due deadline payment", (7 * DAY, 30 * DAY)),
        ("next retry", (HOUR, 7 * DAY)),
    )
    for word in listed.split()
}

YEARLY = (30 * DAY, 365 * DAY)

# How soon the children of a row follow it
SOON = 10 * DAY


def order_times(refinement: Refinement) -> None:
    """The step: each generated table's times."""
    periods = CreationPeriods(refinement, TIMES_SPAN_SECONDS)
    for name in refinement.drafts:
        if name in refinement.layouts:
            RowTimes(refinement, name, periods).apply()


class RowTimes:
    """The times of one table."""

    def __init__(self, refinement: Refinement, table: str, periods: CreationPeriods) -> None:
        self._refinement, self._table, self._periods = refinement, table, periods
        self._draft = refinement.drafts[table]
        self._base = created(column for column in self._draft.schema.columns if column.name in refinement.tables[table].columns)

    def apply(self) -> None:
        if self._base is not None:
            self._set_base(self._base)
        self._set_loose_events()
        if self._base is not None:
            for column in self._columns():
                self._set_other(column, self._base)
        set_ends(self._refinement, self._table)
        if self._base is not None:
            self._set_changed(self._base)

    def _columns(self) -> Iterator[ColumnSchema]:
        """The times that a step may change."""
        for column in self._draft.schema.columns:
            mine = column != self._base and is_time(column) and self._refinement.is_free(self._table, column.name)
            if mine and not self._refinement.is_settled(self._table, column.name):
                yield column

    def _generator(self, column: str) -> Generator:
        return self._refinement.tables[self._table].columns[column]

    def _set_base(self, column: ColumnSchema) -> None:
        """When rows are created. The new timestamps are in the range of the old ones, so all CHECKs hold that did before."""
        if not self._refinement.is_own(self._table, column.name):
            return
        generator, day = self._generator(column.name), column.kind is ColumnType.DATE
        if isinstance(generator, Spread):
            start, span, unit = generator.start, generator.span_seconds, generator.unit
        elif isinstance(generator, Uniform) and isinstance(generator.low, str) and isinstance(generator.high, str):
            start, unit = generator.low, "d" if day else "s"
            span = seconds_of(generator.high) - seconds_of(generator.low) + (DAY if day else 1)
        elif (
            isinstance(generator, Uniform)
            and isinstance(generator.low, int)
            and isinstance(generator.high, int)
            and clock(column).per_second
        ):
            per_second = clock(column).per_second
            start, unit, span = _iso(generator.low // per_second + 1), "s", (generator.high - generator.low) // per_second - 1
        else:
            return
        if (start, span) == (TIMES_START, TIMES_SPAN_SECONDS) and not self._refinement.is_limited(self._table, column.name):
            lead, span = self._periods.of(self._table)
            start = _iso(seconds_of(TIMES_START) - lead)
        weights = rhythm(self._table)
        not_before = () if self._refinement.is_limited(self._table, column.name) else self._parents_times(column)
        follows = not_before and self._periods.followed(self._table) is not None
        timeline = Timeline(
            start=start,
            span_seconds=span,
            unit=unit,
            growth=weights.growth,
            hours=() if day else weights.hours,
            weekdays=weights.weekdays,
            months=weights.months,
            not_before=not_before,
            within_seconds=SOON if follows else None,
        )
        if per_second := clock(column).per_second:
            seconds = f"CAST(EXTRACT(EPOCH FROM {quoted(self._refinement.add_helper(self._table, column.name, timeline))}) AS BIGINT)"
            self._refinement.set(self._table, column.name, Expr(sql=seconds if per_second == 1 else f"{seconds} * {per_second}"))
        else:
            self._refinement.set(self._table, column.name, timeline)

    def _parents_times(self, column: ColumnSchema) -> tuple[str, ...]:
        """The helper columns with the times at which the row's parents were created."""
        columns = self._refinement.tables[self._table].columns
        found = []
        for name, generator in columns.items():
            if name.startswith("_") and isinstance(generator, Pick) and generator.parent in self._refinement.request.schema:
                parent = self._refinement.request.schema[generator.parent]
                picked = next((other for other in parent.columns if other.name == generator.column), None)
                if picked is not None and is_time(picked) and (comparable := self._in_unit(replace(picked, name=name), column)):
                    found.append(comparable)
        return tuple(found)

    def _in_unit(self, parents: ColumnSchema, column: ColumnSchema) -> str | None:
        """The column that holds a parent's time in the unit of the row's, a helper if needed: of dates and timestamps, the next day."""
        if clock(parents) == clock(column):
            return parents.name
        if clock(column) is DATES and clock(parents) is TIMESTAMPS:
            sql: str | None = f"CAST({quoted(parents.name)} + INTERVAL '1 day' AS DATE)"
        else:
            sql = event_times.converted(parents, column)
        return None if sql is None else self._refinement.add_helper(self._table, f"{parents.name}_day", Expr(sql=sql))

    # Events about which no status decides

    def _set_loose_events(self) -> None:
        events = [found for column in self._draft.schema.columns if column != self._base and (found := self._loose(column))]
        times = sorted((e for e in events if e.role is Role.TIME), key=lambda e: (e.event in EXITS, POSITIONS.get(e.event, 0)))
        before = self._base
        for number, one in enumerate(times):
            before = self._set_loose_time(one, before, optional=number > 0)
        if self._base is not None:
            self._set_tied_events(self._base)
        self._set_loose_details()

    def _set_tied_events(self, base: ColumnSchema) -> None:
        """Events that CHECKs set or leave NULL with other columns: archived_at with is_archived. They are after the row began."""
        for column in self._draft.schema.columns:
            one, number = event_of(self._refinement, self._table, column), len(self._draft.cases)
            tied = one and one.role is Role.TIME and column != base and not self._refinement.is_compared(self._table, column.name)
            if not tied or number == 1 or self._refinement.is_settled(self._table, column.name):
                continue
            generator = self._generator(column.name)
            if isinstance(generator, When) and Const(value=None) in (generator.then, generator.otherwise):
                absent = generator.then == Const(value=None)
                value, delay = generator.otherwise if absent else generator.then, event_times.delay_of(one.event if one else "")
                if isinstance(value, Uniform) and (later := self._refinement.follow(self._table, column.name, base.name, delay)):
                    changed = replace(generator, otherwise=later) if absent else replace(generator, then=later)
                    self._refinement.set(self._table, column.name, changed)
                    self._refinement.settle(self._table, column.name)

    def _set_loose_details(self) -> None:
        """Flags, persons and reasons of an event of which the row has the time, whatever decides about that."""
        told = [found for column in self._draft.schema.columns if (found := event_column(column, self._table))]
        for column in self._draft.schema.columns:
            one = event_of(self._refinement, self._table, column)
            if one and one.role is not Role.TIME and not self._refinement.is_settled(self._table, column.name):
                same = self._refinement.domain(self._table, column.name) is not None
                if same and not self._refinement.is_compared(self._table, column.name):
                    self._set_loose_detail(one, [e.column for e in told if e.role is Role.TIME and e.event == one.event])

    def _loose(self, column: ColumnSchema) -> EventColumn | None:
        found = event_of(self._refinement, self._table, column)
        free = (
            found
            and not self._refinement.is_settled(self._table, column.name)
            and not self._refinement.is_compared(self._table, column.name)
        )
        return found if free and len(self._draft.cases) == 1 else None

    def _set_loose_time(self, one: EventColumn, before: ColumnSchema | None, *, optional: bool) -> ColumnSchema | None:
        """Returns the time after which the next event happens."""
        column = self._draft.schema.column(one.column)
        if before is None:
            self._set_null_share(one, optional=optional)
            return column if one.event in POSITIONS else None
        share = 0.0 if not column.nullable else RARE_SHARE if one.event in EXITS else NEXT_SHARE if optional else OPEN_SHARE
        delay = event_times.delay_of(one.event)
        generator: Generator | None
        if one.event == PLANNED and (planned := planned_start(self._refinement, self._table, column, before)):
            self._refinement.set(self._table, column.name, replace(planned, null_share=share))
            set_planned_end(self._refinement, self._table, column)
            self._refinement.settle(self._table, column.name)
            return column
        if one.event in EXITS and (others := self._earlier(column)):
            latest = self._refinement.add_helper(self._table, f"{column.name}_after", Expr(sql=_latest(others)))
            generator = event_times.after(column, delay, latest, null_share=share)
        else:
            generator = self._refinement.follow(self._table, column.name, before.name, delay, share=share)
        if generator is None:
            return before
        self._refinement.set(self._table, column.name, generator)
        self._refinement.settle(self._table, column.name)
        return before if one.event in EXITS else column

    def _set_null_share(self, one: EventColumn, *, optional: bool) -> None:
        """Of an event in a row without a time of creation."""
        column = self._draft.schema.column(one.column)
        if column.nullable and self._refinement.is_free(self._table, column.name):
            share = RARE_SHARE if one.event in EXITS else NEXT_SHARE if optional else OPEN_SHARE
            self._refinement.set(self._table, column.name, replace(self._generator(column.name), null_share=max(share, null_share(column))))
            self._refinement.settle(self._table, column.name)

    def _earlier(self, column: ColumnSchema) -> list[ColumnSchema]:
        """The events of the row besides the creation, if they can be compared with the column; otherwise none."""
        if clock(column) is not TIMESTAMPS or self._base is None or clock(self._base) is not TIMESTAMPS:
            return []
        settled = [c for c in self._draft.schema.columns if is_time(c) and self._refinement.is_settled(self._table, c.name)]
        events = [c for c in settled if clock(c) is TIMESTAMPS and c != column and "deleted" not in split_identifier(c.name)]
        return [self._base, *events] if events else []

    def _set_loose_detail(self, one: EventColumn, times: list[str]) -> None:
        if not times or not self._draft.schema.column(times[0]).nullable:
            return
        condition, generator = f"{quoted(times[0])} IS NOT NULL", self._generator(one.column)
        flag = one.role is Role.FLAG
        changed = When(
            condition=condition,
            then=Const(value=1) if flag else replace(generator, null_share=0.0),
            otherwise=Const(value=0 if flag else None),
        )
        self._refinement.set(self._table, one.column, changed)
        self._refinement.settle(self._table, one.column)

    # Other times

    def _set_other(self, column: ColumnSchema, base: ColumnSchema) -> None:
        generator, parts = self._generator(column.name), split_identifier(column.name)
        if (
            not isinstance(generator, Uniform | Spread)
            or self._refinement.is_limited(self._table, column.name)
            or folded(column.name) in CHANGED
        ):
            return
        bias = time_bias(column.name)
        if bias is TimeBias.FUTURE:
            least, most = next((ENDS[word] for word in parts if word in ENDS), YEARLY)
        elif bias is TimeBias.INCREASING or (bias is TimeBias.ANY and ("at" in parts or LATER_WORDS.intersection(parts))):
            least, most = LONG
        else:
            return
        if followed := self._refinement.follow(self._table, column.name, base.name, (least, most)):
            self._refinement.set(self._table, column.name, followed)

    def _set_changed(self, base: ColumnSchema) -> None:
        """updated_at is the time of the last event; without events the row was changed some time after it was created, or never."""
        for column in self._draft.schema.columns:
            if folded(column.name) not in CHANGED or not is_time(column) or column.name not in self._refinement.tables[self._table].columns:
                continue
            if not self._refinement.is_own(self._table, column.name) or self._refinement.is_limited(self._table, column.name):
                continue
            if not self._compared_with(column, base) or clock(column) != clock(base) or clock(base) is not TIMESTAMPS:
                continue
            times = [base, *(c for c in self._draft.schema.columns if self._is_event(c))]
            if any(c.fraction_digits > column.fraction_digits for c in times) and self._is_fine(base):
                continue
            later = When(
                condition="i % 5 IN (0, 2, 3)",
                then=After(column=base.name, least=MINUTE, most=SHORT[1]),
                otherwise=NOTHING if self._draft.may_be_null(column.name) else Expr(sql=quoted(base.name)),
            )
            certain = [c for c in times[1:] if not self._is_rare(c)]
            if len(times) == 1:
                self._refinement.set(self._table, column.name, later)
            else:
                latest = times
                if not certain:  # hardly any row has an event
                    helper = self._refinement.add_helper(self._table, column.name, later)
                    latest = [replace(base, name=helper), *times[1:]]
                elif self._draft.may_be_null(column.name):  # without an event, the row never changed
                    latest = times[1:]
                self._refinement.set(self._table, column.name, Expr(sql=_latest(latest)))
            self._refinement.settle(self._table, column.name)

    def _compared_with(self, column: ColumnSchema, base: ColumnSchema) -> bool:
        """Whether the column is compared with the time of creation only, and may be equal to it."""
        compared = [c for case in self._draft.alternatives for c in case.compared if column.name in (c.left, c.right)]
        return all((c.left, c.operator, c.right) == (base.name, "<=", column.name) for c in compared)

    def _is_event(self, column: ColumnSchema) -> bool:
        settled = column != self._base and is_time(column) and self._refinement.is_settled(self._table, column.name)
        return settled and folded(column.name) not in CHANGED and clock(column).per_second == 0

    def _is_rare(self, column: ColumnSchema) -> bool:
        return self._generator(column.name).null_share > 0.5

    def _is_fine(self, base: ColumnSchema) -> bool:
        generator = self._generator(base.name)
        return isinstance(generator, Timeline | Spread) and generator.unit == "ms"


def _latest(columns: list[ColumnSchema]) -> str:
    """The expression of the latest of these times."""
    texts = [f"CAST({quoted(c.name)} AS TIMESTAMP) + INTERVAL '15 hours'" if c.kind is ColumnType.DATE else quoted(c.name) for c in columns]
    return texts[0] if len(texts) == 1 else f"GREATEST({', '.join(texts)})"


def _iso(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
