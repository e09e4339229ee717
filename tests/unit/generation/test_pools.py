"""The pools of the providers, and which one a column's name asks for."""

import ipaddress
import json
import re
import struct
import zoneinfo
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.generation import pools
from parloader.inference import column_names
from parloader.inference.column_names import PHRASES, SHORTER
from parloader.plans.generators import PROVIDERS

TEXTS = sorted(set(PROVIDERS) - {*pools.KINDS, pools.VECTOR})

PEOPLE = ("first_name", "last_name", "name", "username", "email")


def values(name: str, length: int = 0) -> list[str]:
    return pools.pool(name, length).to_list()


@pytest.mark.parametrize("name", TEXTS)
def test_a_pool_is_plain_text(name: str) -> None:
    assert all(value and value.isascii() and value == value.strip() and value.isprintable() for value in values(name))
    assert len(set(values(name))) >= 4


@given(name=st.sampled_from(TEXTS), length=st.integers(1, 60))
def test_no_value_is_longer_than_asked_for(name: str, length: int) -> None:
    everything, short = values(name), values(name, length)
    assert len(short) == len(everything)
    assert all(0 < len(value) <= length for value in short)
    # what is short enough stays where it was, so that values that go together still do
    assert all(value == given for value, given in zip(short, everything, strict=True) if len(given) <= length)


def test_values_of_one_person_go_together() -> None:
    people = list(zip(*(values(name) for name in PEOPLE), strict=True))
    assert len(people) == len(set(people)) == 400
    assert all(name == f"{first} {last}" and email.lower().startswith(first.lower()) for first, last, name, _, email in people)
    assert all(email.split("@")[1] in ("example.com", "example.org", "example.net") for *_, email in people)


@pytest.mark.parametrize(
    ("parts", "together"),
    [
        (("country", "country_code", "currency_code"), ("Germany", "DE", "EUR")),
        (("country", "country_code", "currency_code"), ("United Kingdom", "GB", "GBP")),
        (("language", "language_code"), ("German", "de")),
    ],
)
def test_names_and_codes_go_together(parts: tuple[str, ...], together: tuple[str, ...]) -> None:
    assert together in set(zip(*(values(part) for part in parts), strict=True))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("phone", r"\+1[2-9]\d\d55501\d\d"),
        ("country_code", "[A-Z]{2}"),
        ("currency_code", "[A-Z]{3}"),
        ("language_code", "[a-z]{2}"),
        ("locale", "[a-z]{2}_[A-Z]{2}"),
        ("hex_color", "#[0-9a-f]{6}"),
        ("slug", "[a-z0-9]+(-[a-z0-9]+)*"),
        ("words", "[^ ]+( [^ ]+){1,3}"),
        ("url", r"https://example\.(com|org|net)/[a-z-]+"),
        ("host", r"[a-z]+\d\d\.example\.(com|org|net)"),
        ("mac", "00(:[0-9a-f]{2}){5}"),
        ("mime_type", "[a-z]+/[a-z0-9+-]+"),
        ("version", r"\d+\.\d+\.\d+"),
        ("cron", r"\S+ \S+ \S+ \S+ \S+"),
        ("hash", "[0-9a-f]{64}"),
        ("token", "[A-Za-z0-9_-]{32}"),
    ],
)
def test_form(name: str, form: str) -> None:
    assert [value for value in values(name) if not re.fullmatch(form, value)] == []


def test_ip_addresses_are_for_documentation() -> None:
    networks = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert all(any(ipaddress.ip_address(value) in network for network in networks) for value in values("ip"))


def test_time_zones_are_known() -> None:
    assert set(values("time_zone")) <= zoneinfo.available_timezones()


def test_json_is_as_mysql_prints_it() -> None:
    def keys_in_order(value: object) -> bool:
        if not isinstance(value, dict):
            return True
        return list(value) == sorted(value, key=lambda key: (len(key), key)) and all(map(keys_in_order, value.values()))

    for text in values("json"):
        assert json.dumps(json.loads(text)) == text
        assert keys_in_order(json.loads(text))


@pytest.mark.parametrize("kind", list(pools.KINDS))
def test_a_geometry_begins_with_its_srid(kind: str) -> None:
    shapes = pools.pool(kind, srid=4326).to_list()
    assert len(set(shapes)) == len(shapes) == 100
    assert {struct.unpack_from("<IB", shape) for shape in shapes} == {(4326, 1)}


def test_a_polygon_is_closed_and_turns_left() -> None:
    for shape in pools.pool("polygon").to_list():
        rings, count = struct.unpack_from("<II", shape, 9)
        numbers = struct.unpack_from(f"<{2 * count}d", shape, 17)
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        assert rings == 1
        assert len(shape) == 17 + 16 * count
        assert points[0] == points[-1]
        assert all(abs(number) <= pools.FARTHEST for number in numbers)
        assert sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in pairwise(points)) > 0


def test_a_vector_has_its_dimensions() -> None:
    vectors = [struct.unpack("<5f", value) for value in pools.pool("vector", 5)]
    assert len(set(vectors)) == pools.VECTORS
    assert all(-1 <= number <= 1 and number * 128 % 1 == 0 for vector in vectors for number in vector)


@pytest.mark.parametrize(
    ("column", "length", "provider"),
    [
        ("email", 100, "email"),
        ("e_mail", 100, "email"),
        ("userEmail", 100, "email"),
        ("FIRST_NAME", 45, "first_name"),
        ("fname", 45, "first_name"),
        ("customerLastName", 45, "last_name"),
        ("phone", 20, "phone"),
        ("phone2", 20, "phone"),
        ("address_line_2", 100, "street"),
        ("address2", 100, "street"),
        ("district", 20, "city"),
        ("country", 50, "country"),
        ("country", 2, "country_code"),
        ("cc_country", 3, "country_code"),
        ("created_by", 50, "username"),
        ("status", 20, "status"),
        ("film_title", 100, "title"),
        ("description", 255, "paragraph"),
        ("description", 100, "sentence"),
        ("comment", 20, "words"),
        ("IPAddress", 45, "ip"),
        ("password", 64, "hash"),
        ("api_key", 64, "token"),
        ("time_zone_name", 64, "time_zone"),
        ("body", 0, "text"),
        ("user_id", 36, None),
        ("uuid", 36, None),
        ("xyz", 10, None),
        ("", 10, None),
        ("42", 10, None),
    ],
)
def test_guess(column: str, length: int, provider: str | None) -> None:
    assert column_names.provider_for_column(column, length) == provider


def test_what_is_guessed_is_there() -> None:
    assert {*PHRASES, *(shorter for _, shorter in SHORTER.values())} <= set(PROVIDERS)


@given(st.text(max_size=30), st.integers(0, 100))
def test_any_name_can_be_asked_for(column: str, length: int) -> None:
    assert column_names.provider_for_column(column, length) in {None, *PROVIDERS}


def test_the_plans_know_all_pools() -> None:
    texts = json.loads((Path(pools.__file__).parent / "pools.json").read_text(encoding="ascii"))
    assert tuple(sorted((*texts, *pools.KINDS, pools.VECTOR))) == PROVIDERS
