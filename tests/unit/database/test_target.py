from dataclasses import replace

import pytest

from parloader.database.compression import FAR_SECONDS, Compress
from parloader.database.target import Defaults, Node, Target, parse_url
from parloader.errors import UsageError

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("mysql://ann:s3cret@db.example:3307/shop", Target(user="ann", password=SECRET, host="db.example", port=3307, database="shop")),
        ("mariadb://ann@db.example/shop", Target(user="ann", host="db.example", database="shop")),
        ("mysql+pymysql://ann:s3cret@db.example/shop", Target(user="ann", password=SECRET, host="db.example", database="shop")),
        ("mariadb+pymysql://ann@db.example/shop", Target(user="ann", host="db.example", database="shop")),
        ("mysql://ann@localhost/shop?unix_socket=/run/my.sock", Target(user="ann", database="shop", unix_socket="/run/my.sock")),
        ("mysql://ann@/shop?unix_socket=/run/my.sock", Target(user="ann", database="shop", unix_socket="/run/my.sock")),
        ("mysql://ann@localhost/shop?charset=utf8mb4", Target(user="ann", database="shop")),
        ("mysql://ann@[::1]:3307/shop", Target(user="ann", host="::1", port=3307, database="shop")),
        ("mysql://a%40b:p%40%3A%2F%25@db/my%20shop", Target(user="a@b", password="p@:/%", host="db", database="my shop")),
        ("mysql://ann@db/50%2525", Target(user="ann", host="db", database="50%25")),
        (
            "mysql://ann:s3cret@a:3307,b,[::1]:3309,[2001:db8::7]/shop",
            Target(
                user="ann",
                password=SECRET,
                host="a",
                port=3307,
                others=(Node("b"), Node("::1", 3309), Node("2001:db8::7")),
                database="shop",
            ),
        ),
        ("mysql://ann@a,b:3306,a:3306,b/shop", Target(user="ann", host="a", others=(Node("b"),), database="shop")),
    ],
)
def test_a_url_names_a_target(url: str, target: Target) -> None:
    parsed = parse_url(url)
    assert parsed == target
    assert parsed.password == target.password


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://ann:s3cret@db/shop", "the URL is for postgresql"),
        ("sqlite:///shop.db", "the URL is for sqlite"),
        ("mysql://ann:s3cret@db", "names no database"),
        ("mysql://ann:s3cret@db/", "names no database"),
        ("mysql://db/shop", "names no user"),
        ("mysql://:s3cret@db/shop", "names no user"),
        ("mysql://ann:s3cret@db/shop?ssl_capath=/x", "unknown parameter, ssl_capath"),
        ("mysql://ann:s3cret@db/shop?local_infile=1&charset=utf8mb4", "unknown parameter, local_infile"),
        ("ann:s3cret@db/shop", "the URL is not valid"),
        ("s3cret", "the URL is not valid"),
        ("", "the URL is not valid"),
        ("mysql://ann:s3cret@db:port/shop", "the URL is not valid"),
        # not a port: the driver would take it modulo 65536, or ignore it
        ("mysql://ann:s3cret@db:70000/shop", "port"),
        ("mysql://ann:s3cret@db:0/shop", "port"),
        ("mysql://ann:s3cret@db:-1/shop", "port"),
        # it is unclear which one is meant
        ("mysql://ann@localhost/shop?unix_socket=/a&unix_socket=/b", "unix_socket"),
        # an @ that is not written as %40: the part after it would be taken for the host, and shown
        ("mysql://ann:pass@s3cret@db/shop", "has an @"),
        ("mysql://ann:pass@x?s3cret=@db/shop", "has an @"),
        ("mysql://ann:pass@x/s3cret@db/shop", "has an @"),
        ("mysql://s3cret@ann@db/shop", "has an @"),
        ("mysql://ann:s3cret@a,,b/shop", "a host between the commas"),
        ("mysql://ann:s3cret@a,b,/shop", "a host between the commas"),
        ("mysql://ann:s3cret@a, b/shop", "a host between the commas"),
        ("mysql://ann:s3cret@a:1,:2/shop", "a host between the commas"),
        ("mysql://ann:s3cret@a:1,b:port/shop", "the URL is not valid"),
        ("mysql://ann:s3cret@a:1,b:70000/shop", "port"),
        ("mysql://ann:s3cret@a:1:2,b/shop", "the URL is not valid"),
        ("mysql://ann:s3cret@[::1,b/shop", "the URL is not valid"),
        ("mysql://ann:s3cret@[::1]x,b/shop", "the URL is not valid"),
        ("mysql://ann:s3cret@a,b/shop?unix_socket=/run/my.sock", "a unix_socket and several hosts"),
        ("mysql://ann@localhost/shop?ssl-mode=required&ssl_mode=disabled", "ssl-mode twice"),
    ],
)
def test_an_invalid_url_is_refused_without_showing_the_password(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_url(url)
    assert "mysql://USER:PASSWORD@HOST" in caught.value.next_step
    assert SECRET not in str(caught.value)


def test_no_text_of_a_target_shows_the_password() -> None:
    target = parse_url(f"mysql://ann:{SECRET}@db/shop")
    shown = [str(target), repr(target), f"{target}", target.where, repr([target]), str({"target": target})]
    assert not [text for text in shown if SECRET in text]
    assert str(target) == "shop at db:3306 as ann"


def test_several_nodes_are_shown_and_tried_in_turn() -> None:
    target = parse_url(f"mysql://ann:{SECRET}@a,b:3307,c/shop")
    a, b, c = target.nodes
    assert str(target) == "shop at a:3306,b:3307,c:3306 as ann"
    assert target.starting_with(4).nodes == target.preferring(b).nodes == (b, c, a)
    assert str(target.at(c)) == "shop at c:3306 as ann"
    assert str(Node("::1", 3307)) == "[::1]:3307"
    assert target.starting_with(0) == target.starting_with(3) == target
    assert target.at(a).starting_with(7) == target.at(a)


def test_defaults_for_several_nodes() -> None:
    defaults = Defaults(user="ann", host="elsewhere", port=3310, unix_socket="/run/my.sock")
    assert parse_url("mysql://a,b:3307/shop", defaults).nodes == (Node("a", 3310), Node("b", 3307))
    assert parse_url("mysql://a,b:3307/shop", defaults).unix_socket is None


def test_the_socket_takes_precedence_over_the_host() -> None:
    assert str(Target(user="ann", database="shop", unix_socket="/run/my.sock")) == "shop at /run/my.sock as ann"


def test_compress_is_taken_from_the_url_the_option_or_the_file() -> None:
    url, file = "mysql://ann@db/shop", Defaults(compress=Compress.ON)
    assert parse_url(url).compress is Compress.AUTO
    assert parse_url(f"{url}?compress=ON").compress is Compress.ON
    assert parse_url(url, compress=Compress.OFF).compress is Compress.OFF
    assert parse_url(url, file).compress is Compress.ON
    assert parse_url(f"{url}?compress=auto", file).compress is Compress.AUTO
    assert parse_url(url, file, compress=Compress.OFF).compress is Compress.OFF
    assert parse_url(f"{url}?unix_socket=/run/my.sock", file).compress is Compress.AUTO
    with pytest.raises(UsageError, match="the URL has compress=on, but --compress is off"):
        parse_url(f"{url}?compress=on", compress=Compress.OFF)
    with pytest.raises(UsageError, match="unknown value of compress, 'zstd'"):
        parse_url(f"{url}?compress=zstd")


def test_auto_compresses_what_is_far_and_no_socket() -> None:
    target = parse_url("mysql://ann@db/shop")
    near, far = replace(target, round_trip_seconds=FAR_SECONDS), replace(target, round_trip_seconds=2 * FAR_SECONDS)
    on_socket = replace(far, unix_socket="/run/my.sock")
    assert [each.compresses for each in (target, near, far, on_socket)] == [False, False, True, False]
    assert [replace(each, compress=Compress.ON).compresses for each in (target, near, far, on_socket)] == [True] * 4
    assert not any(replace(each, compress=Compress.OFF).compresses for each in (target, near, far, on_socket))
