"""Sums, products and bounds as Polars SQL, for expressions in plans.

Only operations whose results are the same in every version of Polars: ROUND, for instance, has rounded halves to even numbers.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from parloader.inference.arithmetic.operands import Operand, interval
from parloader.inference.arithmetic.systems import Ranges
from parloader.schema.checks.formulas import Atom, Linear, Product, Rounded
from parloader.schema.model import ColumnType

INTERVALS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

MICROSECONDS = 1_000_000


class Unwritable(Exception):
    """The sum mixes values that Polars does not compute exactly."""


def computed_text(target: Operand, linear: Linear, operands: Mapping[str, Operand], ranges: Ranges, digits: int | None = None) -> str:
    """The value of a computed column, of exactly its type."""
    if target.is_time:
        return _time(target, linear, operands, up=False)
    writer = _Writer(operands, ranges)
    if target.column.kind is ColumnType.REAL:
        return writer.sum(linear)
    rounding = linear if digits is None else Linear(terms=((Rounded(of=linear, digits=digits), Fraction(1)),))
    text = writer.sum(rounding)
    if target.column.kind is ColumnType.DECIMAL:
        plain = all(isinstance(atom, str) and abs(c) == 1 for atom, c in rounding.terms)
        exact = plain and all(operands[str(atom)].unit >= target.unit for atom, _ in rounding.terms)
        return text if exact and not linear.constant.denominator > 1 else f"CAST({text} AS DECIMAL(38, {target.column.scale}))"
    return text if writer.is_integer(rounding) else f"CAST({text} AS BIGINT)"


def bound_text(target: Operand, linear: Linear, operands: Mapping[str, Operand], ranges: Ranges, *, up: bool) -> str:
    """A bound of the column. `up`: a lower one, which is rounded up."""
    return _time(target, linear, operands, up=up) if target.is_time else _Writer(operands, ranges).sum(linear)


def quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


class _Writer:
    """Writes numbers."""

    def __init__(self, operands: Mapping[str, Operand], ranges: Ranges) -> None:
        self._operands = operands
        self._ranges = ranges

    def sum(self, linear: Linear) -> str:
        times = [(atom, c) for atom, c in linear.terms if isinstance(atom, str) and self._operands[atom].is_time]
        numbers = [(atom, c) for atom, c in linear.terms if (atom, c) not in times]
        texts = [*self._differences(times), *(self._term(atom, c) for atom, c in numbers)]
        texts.sort(key=lambda signed: signed[0] == "-")  # a minus first would need parentheses in a product
        if linear.constant or not texts:
            constant = ("-" if linear.constant < 0 else "+", number_text(abs(linear.constant)))
            first_is_negative = bool(texts) and texts[0][0] == "-"
            texts = [constant, *texts] if first_is_negative else [*texts, constant]
        (sign, first), *others = texts
        return (first if sign == "+" else f"-{first}") + "".join(f" {sign} {text}" for sign, text in others)

    def is_integer(self, linear: Linear) -> bool:
        """Whether Polars computes an integer."""
        if linear.constant.denominator > 1:
            return False
        return all(c.denominator == 1 and self._is_integer(atom) for atom, c in linear.terms) or self._are_days(linear)

    def _are_days(self, linear: Linear) -> bool:
        return all(isinstance(atom, str) and self._operands[atom].is_time for atom, _ in linear.terms)

    def _is_integer(self, atom: Atom) -> bool:
        match atom:
            case Product():
                return self.is_integer(atom.left) and self.is_integer(atom.right)
            case Rounded():
                return False
        return self._operands[atom].column.kind is ColumnType.INTEGER

    def _term(self, atom: Atom, coefficient: Fraction) -> tuple[str, str]:
        text = self._atom(atom)
        sign, size = ("-" if coefficient < 0 else "+"), abs(coefficient)
        if size == 1:
            return sign, text
        if _terminates(size):
            return sign, f"{text} * {number_text(size)}"
        exact = text if not self._is_integer(atom) else f"CAST({text} AS DECIMAL(38, 0))"
        times = "" if size.numerator == 1 else f" * {size.numerator}"
        return sign, f"{exact}{times} / {size.denominator}"

    def _atom(self, atom: Atom) -> str:
        match atom:
            case Product():
                return " * ".join(self._factor(part) for part in (atom.left, atom.right))
            case Rounded():
                return self._rounded(atom)
        kinds = {one.column.kind for one in self._operands.values()}
        if {ColumnType.REAL, ColumnType.DECIMAL} <= kinds:  # a decimal fraction is not exact in floating point
            raise Unwritable
        return quoted(atom)

    def _factor(self, linear: Linear) -> str:
        text = self.sum(linear)
        return text if linear.single is not None else f"({text})"

    def _rounded(self, atom: Rounded) -> str:
        if self.is_integer(atom.of):
            return self._factor(atom.of)
        if any(self._operands[name].column.kind is ColumnType.REAL for name in atom.of.columns):
            raise Unwritable
        text, scale = self.sum(atom.of), 10**atom.digits
        scaled = f"({text}) * {scale}" if atom.digits else f"({text})"
        back = f" * {number_text(Fraction(1, scale))}" if atom.digits else ""
        if atom.down:
            return f"FLOOR({scaled}){back}"
        half = number_text(Fraction(1, 2))
        low, _ = interval(atom.of, dict(self._ranges))
        if low >= 0:
            return f"FLOOR({scaled} + {half}){back}"
        return f"CASE WHEN {text} < 0 THEN -FLOOR(-{scaled} + {half}){back} ELSE FLOOR({scaled} + {half}){back} END"

    def _differences(self, times: Sequence[tuple[str, Fraction]]) -> list[tuple[str, str]]:
        """Timestamps that are subtracted from each other, as numbers."""
        if not times:
            return []
        names = [name for name, _ in times]
        days = all(self._operands[name].column.kind is ColumnType.DATE for name in names)
        found = []
        for name, (_, coefficient) in zip(names, times, strict=True):
            factor = coefficient * 86_400 if days else coefficient
            if abs(factor) != 1:
                raise Unwritable
            text = f"CAST({quoted(name)} AS BIGINT)" if days else f"CAST(CAST({quoted(name)} AS TIMESTAMP) AS BIGINT) // {MICROSECONDS}"
            found.append(("+" if factor > 0 else "-", text))
        return found


def _time(target: Operand, linear: Linear, operands: Mapping[str, Operand], *, up: bool) -> str:
    """A date or timestamp: one column plus intervals."""
    times = [(str(atom), c) for atom, c in linear.terms if isinstance(atom, str) and operands[atom].is_time]
    if len(times) != 1 or times[0][1] != 1:
        raise Unwritable
    base, _ = times[0]
    text, from_date = quoted(base), operands[base].column.kind is ColumnType.DATE
    to_date = target.column.kind is ColumnType.DATE
    if from_date and not to_date:
        text = f"CAST({text} AS TIMESTAMP)"
    for atom, coefficient in linear.terms:
        if atom != base:
            text += _interval(atom, coefficient, operands)
    constant = linear.constant
    if constant.denominator > 1:
        raise Unwritable
    if to_date and not from_date and up:
        constant += 86_399
    if constant:
        seconds, word = next((s, w) for s, w in INTERVALS if int(constant) % s == 0)
        count = abs(int(constant)) // seconds
        text += f" {'+' if constant > 0 else '-'} INTERVAL '{count} {word}{'' if count == 1 else 's'}'"
    return f"CAST({text} AS DATE)" if to_date and not from_date else text


def _interval(atom: Atom, coefficient: Fraction, operands: Mapping[str, Operand]) -> str:
    sign = "+" if coefficient > 0 else "-"
    size = abs(coefficient)
    writer = _Writer(operands, {})
    if not isinstance(atom, str):
        raise Unwritable
    if writer.is_integer(Linear(terms=((atom, Fraction(1)),))) and size.denominator == 1:
        seconds, word = next((s, w) for s, w in INTERVALS if int(size) % s == 0)
        factor = int(size) // seconds
        return f" {sign} {quoted(atom)}{f' * {factor}' if factor > 1 else ''} * INTERVAL '1 {word}'"
    if operands[atom].column.kind is not ColumnType.DECIMAL or size.denominator > 1:
        raise Unwritable
    return f" {sign} CAST({quoted(atom)} * {size} AS BIGINT) * INTERVAL '1 second'"


def number_text(number: Fraction) -> str:
    """A constant, exactly; decimals with a cast, because Polars takes their literals for floating-point numbers beside integers."""
    if number.denominator == 1:
        return str(number)
    if not _terminates(number):
        return f"CAST({number.numerator} AS DECIMAL(38, 0)) / {number.denominator}"
    digits = next(n for n in range(1, 60) if (number * 10**n).denominator == 1)
    units = int(number * 10**digits)
    text = f"{'-' if units < 0 else ''}{abs(units) // 10**digits}.{abs(units) % 10**digits:0{digits}}"
    return f"CAST('{text}' AS DECIMAL(38, {digits}))"


def _terminates(number: Fraction) -> bool:
    denominator = number.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1
