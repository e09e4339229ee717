"""Codes: check digits by implementations of their own, and a different code for each number."""

import re
from typing import NoReturn

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.errors import UsageError
from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.generation.values.codes import taken_codes
from parloader.plans.codes import NAMED, capacity, parse
from parloader.plans.generators import Code, Generator, Unique, UniqueKind


def no_parents(*_: object) -> NoReturn:
    raise AssertionError


def context(seed: int) -> ColumnContext:
    return ColumnContext(seed=seed, table="t", column="c", rows=1, pick=no_parents)


def values(generator: Generator, numbers: list[int], seed: int = 0) -> list[str]:
    frame = pl.DataFrame({"i": pl.Series(numbers, dtype=pl.Int64)})
    return frame.select(expression(generator, context(seed)).alias("v"))["v"].to_list()


def luhn(code: str) -> bool:
    digits = [int(c) for c in reversed(code)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])) % 10 == 0


def ean(code: str) -> bool:
    return sum(int(c) * (1, 3)[k % 2] for k, c in enumerate(reversed(code))) % 10 == 0


def iban(code: str) -> bool:
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


def isbn10(code: str) -> bool:
    return sum((10 if c == "X" else int(c)) * (k + 1) for k, c in enumerate(code)) % 11 == 0


LETTERS = {"A": 10, "B": 12, "C": 13, "D": 14, "E": 15, "F": 16, "G": 17, "H": 18, "I": 19, "J": 20, "K": 21, "L": 23, "M": 24, "N": 25,
    "O": 26, "P": 27, "Q": 28, "R": 29, "S": 30, "T": 31, "U": 32, "V": 34, "W": 35, "X": 36, "Y": 37, "Z": 38}  # fmt: skip


def container(code: str) -> bool:
    total = sum((LETTERS[c] if c in LETTERS else int(c)) << k for k, c in enumerate(code[:10]))
    return total % 11 % 10 == int(code[10])


def s10(code: str) -> bool:
    check = 11 - sum(int(c) * w for c, w in zip(code[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return int(code[10]) == {10: 0, 11: 5}.get(check, check)


def vin(code: str) -> bool:
    letters = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    rest = sum(int(letters.get(c, c)) * w for c, w in zip(code, weights, strict=True) if w) % 11
    return code[8] == ("X" if rest == 10 else str(rest))


VALID = {"ean": ean, "luhn": luhn, "iban": iban, "isbn10": isbn10, "container": container, "s10": s10, "vin": vin}

LENGTHS = {"ean13": 13, "ean8": 8, "upc": 12, "isbn13": 13, "isbn10": 10, "credit_card": 16, "imei": 15, "container": 11, "tracking": 13,
    "vin": 17, "iban": 22, "iban_de": 22, "iban_fr": 27, "iban_es": 24, "iban_it": 27, "iban_pl": 28, "iban_nl": 18, "iban_gb": 22}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_check_digits_are_valid(name: str) -> None:
    is_valid = VALID[NAMED[name].check]
    for generator in (Code(pattern=name), Unique(form=UniqueKind.CODE, pattern=name)):
        codes = values(generator, list(range(500)))
        assert all(len(code) == LENGTHS[name] and is_valid(code) for code in codes)
        assert len(set(codes)) > 490


def test_known_codes_are_valid() -> None:
    """The implementations above accept codes from elsewhere: of the standards, and of Wikipedia."""
    assert ean("4006381333931")
    assert luhn("4242424242424242")
    assert iban("GB82WEST12345698765432")
    assert isbn10("080442957X")
    assert container("CSQU3054383")
    assert s10("RR473124829GB")
    assert vin("1M8GDM9AXKP042788")


patterns = st.text("#%?&-AZ19", min_size=1, max_size=9).filter(lambda text: any(c in "#%?&" for c in text))


@settings(max_examples=60, deadline=None)
@given(patterns, st.integers(0, 3), st.data())
def test_each_number_has_one_code_and_is_found_in_it(pattern: str, seed: int, data: st.DataObject) -> None:
    most = capacity(pattern)
    numbers = data.draw(st.lists(st.integers(0, most - 1), min_size=1, max_size=20, unique=True))
    codes = values(Unique(form=UniqueKind.CODE, pattern=pattern), numbers, seed)
    assert len(set(codes)) == len(numbers)
    classes = {"#": "[0-9]", "%": "[1-9]", "?": "[A-Z]", "&": "[2-9A-HJ-NPR-Z]"}
    assert all(re.fullmatch("".join(classes.get(c, re.escape(c)) for c in pattern), code) for code in codes)
    lower = [code.lower() for code in codes]
    assert taken_codes(Unique(form=UniqueKind.CODE, pattern=pattern), context(seed), lower).to_list() == numbers


def test_all_codes_of_a_pattern_occur() -> None:
    assert len(set(values(Unique(form=UniqueKind.CODE, pattern="%?#"), list(range(2340))))) == capacity("%?#") == 2340


def test_placeholders_can_be_written() -> None:
    assert values(Code(pattern=r"\#%\\"), [0])[0][0::2] == "#\\"
    with pytest.raises(UsageError, match="ends with a backslash"):
        parse("A\\")
