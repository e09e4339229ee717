"""Checks of one generator: fields that contradict each other. Each raises InvalidPlan."""

import re
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from parloader.errors import UsageError
from parloader.plans import codes, generators, templates
from parloader.plans.bounds import Bounds, bound_of, bounds
from parloader.plans.compositions import locales_of
from parloader.plans.documents.codecs import MAX_64_BITS, abbreviated, suggestion
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.intensity import MAX_DAYS, intensity
from parloader.plans.locales import LOCALES
from parloader.quantities import counted
from parloader.timestamps import parse_iso, span_text

MAX_EXPONENT = 100

SKEWED_OR_UNIFORM = (generators.Distribution.POPULAR, generators.Distribution.UNIFORM, generators.Distribution.ZIPF)

# Options of Pick that only these distributions can have
OPTIONS_OF_DISTRIBUTIONS = {
    "scrambled": (generators.Distribution.ZIPF,),
    "growing": SKEWED_OR_UNIFORM,
    "where": (generators.Distribution.EVEN, generators.Distribution.CYCLE, *SKEWED_OR_UNIFORM),
    "among": (generators.Distribution.EVEN, generators.Distribution.UNIFORM, generators.Distribution.POPULAR),
    "distinct_in": (generators.Distribution.EVEN, *SKEWED_OR_UNIFORM),
}
# What a slug can be of
SLUGS = ("name", "product", "company", "title")

# Forms of Random with a length that may vary
FORMS_WITH_LENGTH = ("letters", "digits", "hex", "bytes")

MAX_BITS = 64

# Forms of Unique whose numbers may have a step
STEPPED = (generators.UniqueKind.INTEGER, generators.UniqueKind.DATE, generators.UniqueKind.DATETIME)


def check_choice(choice: generators.Choice) -> None:
    if not choice.weights:
        return
    if len(choice.weights) != len(choice.values):
        weights, values = counted(len(choice.weights), "number"), counted(len(choice.values), "value")
        raise InvalidPlan(f"`weights` has {weights} for {values}", "Give one weight per value")
    _check_sum(choice.weights)


def _check_sum(weights: tuple[int, ...]) -> None:
    if not sum(weights):
        raise InvalidPlan("every weight is 0", "Give at least one a weight of 1 or more")
    if sum(weights) > MAX_64_BITS:
        raise InvalidPlan("the sum of the weights exceeds 64 bits", "Give smaller weights, or decimals with fewer digits")


def check_uniform(uniform: generators.Uniform) -> None:
    low, high = _bounds((uniform.low, uniform.high)).numbers
    _require_order(low, high, uniform.low, uniform.high)


def _bounds(values: tuple[int | str, ...], scale: int = 0) -> Bounds:
    try:
        return bounds(values, scale)
    except ValueError as error:
        raise InvalidPlan(
            f"{abbreviated(values[0])} and {abbreviated(values[-1])} are of different kinds",
            "Give only numbers, only dates or only timestamps",
        ) from error


def _require_order(low: Any, high: Any, shown_low: object = None, shown_high: object = None) -> None:
    """InvalidPlan: `low` is greater than `high`; the message shows the other two, if given."""
    if low > high:
        first, second = (low, high) if shown_low is None else (shown_low, shown_high)
        raise InvalidPlan(f"{abbreviated(first)} is greater than {abbreviated(second)}", "Write the lower one first")


def check_normal(normal: generators.Normal) -> None:
    if isinstance(normal.mean, str):
        _check_normal_dates(normal)
        return
    if isinstance(normal.deviation, str):
        raise InvalidPlan(
            f"the deviation {abbreviated(normal.deviation)} is a time span, but the mean is a number", "Give the deviation as a number"
        )
    for limit in (normal.low, normal.high):
        if isinstance(limit, str):
            raise InvalidPlan(f"the mean is a number, but a limit is {abbreviated(limit)}", "Give the limits as numbers")
    if normal.deviation < 0:
        raise InvalidPlan(f"the deviation is {abbreviated(normal.deviation)}", "Give a deviation of 0 or more")
    check_limits(normal)


def _check_normal_dates(normal: generators.Normal) -> None:
    if not isinstance(normal.deviation, str):
        what = f"the deviation is {abbreviated(normal.deviation)}, but the mean is a date or a timestamp"
        raise InvalidPlan(what, 'Give the deviation as a time span, such as "400d"')
    if normal.scale:
        raise InvalidPlan("dates and timestamps have no `scale`", "Remove it")
    for limit in (normal.low, normal.high):
        if limit is not None and (not isinstance(limit, str) or bounds([limit]).unit is not normal.unit):
            raise InvalidPlan(
                f"the mean is {abbreviated(normal.mean)}, but a limit is {abbreviated(limit)}", "Give all as dates, or all as timestamps"
            )
    low, high = normal.limits
    _require_order(low, high, normal.low or normal.mean, normal.high or normal.mean)


def check_limits(generator: Any) -> None:
    """Of a distribution that has limits."""
    if generator.low is not None and generator.high is not None:
        _require_order(generator.low, generator.high)
    low, high = generator.limits
    scale = getattr(generator, "scale", 0)
    for name in ("median", "mean", "least") if not isinstance(generator, generators.Normal) else ():
        middle = getattr(generator, name, 0)
        if Fraction(repr(middle)) * 10**scale > generators.MAX_INTEGER:
            raise InvalidPlan(f"the {name} {middle:g} with `scale` {scale} exceeds 64 bits", "Give a smaller number, or a smaller `scale`")
    if low > high:
        raise InvalidPlan(
            f"no 64-bit number with `scale` {scale} lies between `low` and `high`", "Move the limits apart or increase `scale`"
        )


def check_histogram(histogram: generators.Histogram) -> None:
    bins = len(histogram.edges) - 1
    if histogram.weights:
        if len(histogram.weights) != bins:
            weights = counted(len(histogram.weights), "number")
            raise InvalidPlan(
                f"`weights` has {weights} for {counted(bins + 1, 'edge')}", f"Give {counted(bins, 'number')}, one for each pair of edges"
            )
        _check_sum(histogram.weights)
    numbers = _bounds(histogram.edges, histogram.scale).numbers
    for position, (first, second) in enumerate(pairwise(numbers)):
        if first >= second:
            shown = f"{abbreviated(histogram.edges[position])} and {abbreviated(histogram.edges[position + 1])}"
            raise InvalidPlan(f"the edges {shown} are not in ascending order", "Give each edge once, the lowest first")


def check_pick(pick: generators.Pick) -> None:
    if pick.distribution is generators.Distribution.ZIPF and pick.exponent > MAX_EXPONENT:
        raise InvalidPlan(f"`exponent` is {pick.exponent:g}", f"Give a number from 0 to {MAX_EXPONENT}")
    for option, distributions in OPTIONS_OF_DISTRIBUTIONS.items():
        if getattr(pick, option) and (pick.index is not None or pick.distribution not in distributions):
            chosen = "`index`" if pick.index is not None else f'distribution "{pick.distribution}"'
            valid = " or ".join(f'distribution = "{name}"' for name in distributions)
            raise InvalidPlan(f"`{option}` does not apply to {chosen}", f"Use {valid}, or remove `{option}`")
    if pick.among is not None and (pick.distinct_in is not None or pick.growing):
        other = "growing" if pick.growing else "distinct_in"
        raise InvalidPlan(f"`among` does not go together with `{other}`", "Remove one of them")
    if pick.every > 1 and (pick.among is not None or pick.distinct_in is not None):
        option = "among" if pick.among is not None else "distinct_in"
        raise InvalidPlan(f"`every` does not go together with `{option}`", "Remove one of them")


def check_child_of(child_of: generators.ChildOf) -> None:
    if child_of.null_share:
        raise InvalidPlan("`null_share` does not apply to `child_of`: each child has a parent", "Remove `null_share`")
    for each in child_of.count.walk():
        if isinstance(each, generators.Pick | generators.Aggregate | generators.NumberIn | generators.ShareOf | generators.Unique):
            what = "`count` needs values of other tables" if not isinstance(each, generators.Unique) else "`count` has unique values"
            next_step = f'Give {child_of.parent} a helper column with them, such as _count, and write count = {{ expr = "_count" }}'
            raise InvalidPlan(what, next_step)


def check_spread(spread: generators.Spread | generators.Timeline) -> None:
    start = parse_iso(spread.start)
    if start.microsecond % 1000:
        raise InvalidPlan(f"the start is {abbreviated(spread.start)}", "Give a start in whole milliseconds")
    try:
        start + timedelta(seconds=spread.span_seconds)
    except OverflowError as error:
        raise InvalidPlan("the time span ends after the year 9999", "Give an earlier start or a shorter span") from error


def check_timeline(timeline: generators.Timeline) -> None:
    check_spread(timeline)
    if timeline.within_seconds is not None and not timeline.not_before:
        raise InvalidPlan("it has `within` without `not_before`", "Add the columns that it follows as `not_before`, or remove `within`")
    for name, weights in (("hours", timeline.hours), ("weekdays", timeline.weekdays), ("months", timeline.months)):
        if weights and not sum(weights):
            raise InvalidPlan(f"every weight of `{name}` is 0", "Give at least one a weight of 1 or more")
    try:
        tables = intensity(timeline)
    except OverflowError as error:
        raise InvalidPlan(f"the time span exceeds {MAX_DAYS:,} days", "Give a shorter span") from error
    if tables.stop <= tables.start:
        raise InvalidPlan("no time of the span has a weight", "Give a longer span, or more hours, weekdays or months a weight")


def check_unique(unique: generators.Unique) -> None:
    _check_scattered(unique)
    if unique.form is generators.UniqueKind.VALUES and not unique.values:
        raise InvalidPlan("`values` is missing", 'Add the values: { unique = "values", values = ["a", "b"] }')
    if unique.form is generators.UniqueKind.BYTES and not re.fullmatch("(?:[0-9a-fA-F]{2})*", unique.prefix):
        raise InvalidPlan(f"`prefix` is {abbreviated(unique.prefix)}", 'Give bytes as two hexadecimal digits each, such as "00ff"')
    if unique.step > 1 and unique.form not in STEPPED:
        raise InvalidPlan(f"`step` does not apply to {unique.form}", f"Only {', '.join(STEPPED)} can have it: remove `step`")
    if unique.form is generators.UniqueKind.INTEGER:
        _require_order(unique.low, unique.high)


def check_provider(provider: generators.Provider) -> None:
    names = tuple(sorted({*generators.PROVIDERS, *generators.OF_LOCALES}))
    if provider.name not in names:
        valid = f"{suggestion(provider.name, names)}Valid: {', '.join(names)}"
        raise InvalidPlan(f"no provider {abbreviated(provider.name)}", valid)
    if provider.locale is not None and provider.name not in generators.OF_LOCALES:
        raise InvalidPlan(f"the provider {provider.name} is the same in all locales", "Remove `locale`")
    check_locale(provider.locale)
    if provider.count is not None and provider.name not in generators.COUNTED:
        raise InvalidPlan(f"`count` does not apply to {provider.name}", f"Only {', '.join(generators.COUNTED)} can have it: remove `count`")


def check_locale(locale: str | tuple[str, ...] | None) -> None:
    """InvalidPlan: a locale has another name than those of plans/locales.py."""
    names = (*LOCALES, "world")
    for name in locales_of(locale):
        if name not in names:
            valid = f"{suggestion(name, names)}Valid: {', '.join(names)}"
            raise InvalidPlan(f"no locale {abbreviated(name)}", valid, path=("locale",))


def check_code(code: generators.Code) -> None:
    _check_pattern(code.pattern)


def _check_pattern(pattern: str) -> None:
    try:
        parsed = codes.parse(pattern)
    except UsageError as error:
        raise InvalidPlan(error.message, error.next_step) from error
    if not parsed.varying:  # a name with a typo, such as ean14
        what = f"{abbreviated(pattern)} is neither a pattern with a placeholder (# % ? &) nor the name of a code"
        raise InvalidPlan(
            what, f'{suggestion(pattern, codes.NAMED)}Write a pattern such as "???-#####", or one of {", ".join(codes.NAMED)}'
        )


def _check_scattered(unique: generators.Unique) -> None:
    form = unique.form
    if form is generators.UniqueKind.CODE:
        if not unique.pattern:
            names = ", ".join(codes.NAMED)
            raise InvalidPlan("`pattern` is missing", f'Add it: {{ unique = "code", pattern = "???-#####" }}, or one of {names}')
        _check_pattern(unique.pattern)
    elif unique.pattern:
        raise InvalidPlan(f"`pattern` does not apply to {form}", 'Remove it, or write unique = "code"')
    if form is generators.UniqueKind.SLUG and unique.of not in SLUGS:
        what = f"`of` is {abbreviated(unique.of)}" if unique.of else "`of` is missing"
        raise InvalidPlan(what, f"Give the column that it is made of: {', '.join(SLUGS)}")
    if unique.of and form is not generators.UniqueKind.SLUG:
        raise InvalidPlan(f"`of` does not apply to {form}", 'Remove it, or write unique = "slug"')
    if unique.locale is not None and (form not in generators.SCATTERED or form is generators.UniqueKind.CODE):
        raise InvalidPlan(f"`locale` does not apply to {form}", "Remove it")
    check_locale(unique.locale)


def check_template(template: generators.Template) -> None:
    try:
        templates.fields(template.text)
    except UsageError as error:
        raise InvalidPlan(error.message, error.next_step) from error


def check_random(random: generators.Random) -> None:
    if random.form == "bits" and not 1 <= random.length <= MAX_BITS:
        raise InvalidPlan(f"`length` is {random.length}", f"Give a length of 1 to {MAX_BITS} bits")
    if random.least is not None:
        if random.form not in FORMS_WITH_LENGTH:
            raise InvalidPlan(
                f"`least` does not apply to {random.form}", f"Only {', '.join(FORMS_WITH_LENGTH)} can have it: remove `least`"
            )
        _require_order(random.least, random.length)


def check_between(between: generators.Between) -> None:
    low, high = (bound_of(bound) if isinstance(bound, str) else bound for bound in (between.low, between.high))
    if low is not None and high is not None and type(low) is type(high):
        _require_order(low, high, between.low, between.high)


def check_after(after: generators.After) -> None:
    if after.within_seconds is not None and after.most:
        raise InvalidPlan("it has `within` and `most`", "Remove one of them")
    units = {type(amount) for amount in (after.least, after.most) if amount}
    if len(units) > 1 or (after.within_seconds is not None and int in units):
        raise InvalidPlan(
            f"`least` is {abbreviated(after.least)}, and the greatest amount "
            f"{abbreviated(after.most if after.within_seconds is None else span_text(after.within_seconds))}",
            'Give both as numbers, or both as time spans such as "30d"',
        )
    least, most = after.amounts
    shown = [span_text(amount) if after.in_seconds else amount for amount in (least, most)]
    _require_order(least, most, *shown)
