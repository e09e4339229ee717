"""Reading ~/.my.cnf as the mysql client does."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.database import option_file
from parloader.database.compression import Compress
from parloader.database.target import Defaults, Target, parse_url
from parloader.database.tls import SslMode
from parloader.errors import UsageError

FILE = Path(".my.cnf")  # each test runs in its own folder, which is also its home


def test_without_a_file_there_are_no_defaults() -> None:
    assert option_file.defaults() == Defaults()


def test_it_fills_in_what_the_url_leaves_out() -> None:
    FILE.write_text(
        """
[mysqld]
port = 1
[client]
user = ann
password = "p#ss word" # not this
host=db.example
port=3307
[mysqldump]
user = other
[parloader]
database = shop
port = 3308
"""
    )
    defaults = option_file.defaults()
    assert "p#ss" not in repr(defaults)
    whole = Target(user="ann", password="p#ss word", host="db.example", port=3308, database="shop")
    assert parse_url("mysql:///", defaults) == whole
    assert parse_url("mysql:///", defaults).password == "p#ss word"
    assert parse_url("mysql://bob:@h:1/d", defaults) == Target(user="bob", password="", host="h", port=1, database="d")
    assert parse_url("mysql://bob:@h:1/d", defaults).password == ""


def test_its_socket_applies_to_a_url_without_a_host() -> None:
    FILE.write_text("[client]\nuser=ann\ndatabase=shop\nsocket=/run/my.sock\n")
    assert parse_url("mysql:///", option_file.defaults()).unix_socket == "/run/my.sock"
    assert parse_url("mysql://db/", option_file.defaults()).unix_socket is None
    FILE.write_text("[client]\nuser=ann\ndatabase=shop\nsocket=/run/my.sock\nhost=db.example\n")
    assert parse_url("mysql:///", option_file.defaults()).where == "db.example:3306"


@pytest.mark.parametrize(
    ("line", "mode"),
    [
        ("ssl-mode=verify_identity", SslMode.VERIFY_IDENTITY),
        ("ssl_mode=REQUIRED", SslMode.REQUIRED),
        ("ssl-verify-server-cert", SslMode.VERIFY_IDENTITY),
        ("ssl_verify_server_cert = 0", None),
        ("loose-ssl-mode=required", SslMode.REQUIRED),
        ("skip-ssl", SslMode.DISABLED),
        ("ssl = 0", SslMode.DISABLED),
        ("enable_ssl", SslMode.REQUIRED),
        ("disable-ssl-verify-server-cert", None),
    ],
)
def test_tls_settings(line: str, mode: SslMode | None) -> None:
    FILE.write_text(f"[client]\n{line}\nssl-ca=~/ca.pem\n")
    tls = option_file.defaults().tls
    assert tls.explicit_mode is mode
    assert tls.ca == str(Path.home() / "ca.pem")


@pytest.mark.parametrize(
    ("content", "user"),
    [
        ("[client]\nuser=a\n[client-mariadb]\nuser=b", "b"),
        ("[client-mariadb]\nuser=b\n[client]\nuser=a", "a"),  # the clients take the last one in the file, whatever its group
        ("[client-server]\nuser=s\n[mysql]\nuser=no\n[mariadb-client]\nuser=no", "s"),
        ("[parloader]\nuser=p\n[client]\nuser=a", "p"),
        ("[client]\n!include included.cnf\nuser=a", "a"),
        ("[client]\nuser=a\n!include included.cnf", "included"),
        ("[client]\nuser=a\n!include\tincluded.cnf  ", "included"),
        ("!includedir conf.d\n", "last"),
        ("[client]\nuser=a\n!include nothing.cnf\n!unknown directive\n", "a"),
        ("!include conf.d/10.cnf\n", "included"),  # which includes the other one
        ("\ufeff[client]\nuser=a", "a"),
        ("[client]\n  user = 'a#b'  # comment", "a#b"),
        ("[ client ]\nloose_user=a", "a"),
    ],
)
def test_groups_and_includes(content: str, user: str) -> None:
    Path("conf.d").mkdir()
    Path("included.cnf").write_text("[client]\nuser=included\n")
    Path("conf.d/10.cnf").write_text(f"!include {Path('included.cnf').absolute()}\n")
    Path("conf.d/20.cnf").write_text("[client]\nuser=last\n")
    Path("conf.d/30.txt").write_text("[client]\nuser=no\n")
    FILE.write_text(content, encoding="utf-8")
    assert option_file.defaults().user == user


@pytest.mark.parametrize(
    ("lines", "socket", "where"),
    [
        ("socket=/s", "/s", "/s"),
        ("socket=/s\nprotocol=tcp", None, "localhost:3306"),
        ("socket=/s\nprotocol=TCP\nhost=localhost\nport=3307", None, "localhost:3307"),
        ("socket=/s\nprotocol=SOCKET\nhost=localhost", "/s", "/s"),
    ],
)
def test_the_protocol(lines: str, socket: str | None, where: str) -> None:
    FILE.write_text(f"[client]\nuser=ann\ndatabase=shop\n{lines}\n")
    target = parse_url("mysql:///", option_file.defaults())
    assert (target.unix_socket, target.where) == (socket, where)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("protocol=socket", "has protocol=socket, but no `socket`"),
        ("protocol=socket\nsocket=/s\nhost=db.example", "has protocol=socket, but the host db.example"),
        ("protocol=pipe", "exists on Windows only"),
        ("protocol=udp", "the protocol is neither tcp nor socket"),
    ],
)
def test_a_protocol_that_cannot_be_used(lines: str, message: str) -> None:
    FILE.write_text(f"[client]\nuser=ann\ndatabase=shop\n{lines}\n")
    with pytest.raises(UsageError, match=message):
        parse_url("mysql:///", option_file.defaults())


def test_a_url_with_a_host_needs_no_protocol() -> None:
    FILE.write_text("[client]\nuser=ann\ndatabase=shop\nprotocol=socket\n")
    assert parse_url("mysql://db/", option_file.defaults()).where == "db:3306"


@pytest.mark.parametrize("other", [".my.cnf", "other.cnf"])
def test_files_that_include_each_other(other: str) -> None:
    FILE.write_text(f"!include {other}\n")
    Path("other.cnf").write_text("!include .my.cnf\n")
    with pytest.raises(UsageError, match=r"includes .*, which includes it"):
        option_file.defaults()


def test_includes_that_multiply() -> None:
    for n in range(9):
        Path(f"{n}.cnf").write_text(f"!include {n + 1}.cnf\n" * 10)
    FILE.write_text("!include 0.cnf\n")
    with pytest.raises(UsageError, match="includes more than 1000 files"):
        option_file.defaults()


@pytest.mark.parametrize("included", [False, True])
def test_what_is_no_file(included: bool) -> None:
    place = Path("place.cnf") if included else FILE
    if included:
        FILE.write_text("!include place.cnf\n")
    os.mkfifo(place)
    with pytest.raises(UsageError, match=r"\.cnf cannot be read: it is not a regular file"):
        option_file.defaults()
    place.unlink()
    place.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match=r"\.cnf cannot be read: it is not a regular file"):
        option_file.defaults()
    place.unlink()
    place.symlink_to("/dev/null")
    assert option_file.defaults() == Defaults()
    place.unlink()
    place.symlink_to(place.absolute())
    with pytest.raises(UsageError, match=r"cannot be read|includes it"):
        option_file.defaults()
    place.unlink()
    with place.open("wb") as large:
        large.truncate(10**12)
    with pytest.raises(UsageError, match="is larger than 1,000,000 bytes"):
        option_file.defaults()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"user = s3cret\n", "line 1 is neither a [group] nor an option in a group"),
        (b"[client\nuser = s3cret\n", "line 1 is neither"),
        (b"[client]\nport = s3cret\n", "the port is not a number from 1 to 65535"),
        (b"[client]\nport = 70000\n", "the port"),
        (b"[client]\nssl-mode = maybe\n", "unknown ssl-mode 'maybe'"),
        (b"[client]\ncompress = maybe\n", "unknown value of compress, 'maybe'"),
        (b"[client]\nport = %s\n" % (b"9" * 5000), "the port"),
        (b"!includedir nowhere\n", "line 1 includes nowhere, which cannot be read: No such file or directory"),
        (b"\n!include \n", "line 2 has !include without a path"),
        (b"\xff\xfe", "it is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_parsed(content: bytes, message: str) -> None:
    FILE.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        option_file.defaults()
    assert message in str(caught.value)
    assert ".my.cnf" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("line", ["port = x", "protocol = udp", "protocol = pipe", "ssl-mode = maybe"])
def test_an_invalid_value_in_an_included_file_names_that_file(line: str) -> None:
    FILE.write_text("[client]\nport = 3306\n!include other.cnf\n")
    Path("other.cnf").write_text(f"[client]\n{line}\n")
    with pytest.raises(UsageError) as caught:
        option_file.defaults()
    assert caught.value.message.startswith("other.cnf: ")


def test_a_file_that_cannot_be_read() -> None:
    FILE.mkdir()
    with pytest.raises(UsageError, match=r"my.cnf cannot be read: Is a directory"):
        option_file.defaults()


def test_a_world_writable_file_is_refused() -> None:
    FILE.write_text("[client]\nuser=ann\n")
    FILE.chmod(0o602)
    with pytest.raises(UsageError, match="chmod 600"):
        option_file.defaults()


LINES = st.text(st.sampled_from("ab \\\"'#=sntq;"), max_size=12)


@pytest.mark.skipif(not shutil.which("my_print_defaults"), reason="no MySQL or MariaDB client to compare with")
@settings(max_examples=40)
@given(values=st.lists(LINES, min_size=1, max_size=8))
def test_values_are_read_as_the_client_reads_them(values: list[str]) -> None:
    lines = ["[client]", *(f"option{n} = {value}" for n, value in enumerate(values))]
    file = Path("compared.cnf").absolute()
    file.write_text("\n".join(lines) + "\n")
    shown = subprocess.run(
        ["my_print_defaults", f"--defaults-file={file}", "client"], capture_output=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    parsed = "".join(f"--{name}={setting.value}\n" for name, setting in option_file.options(file).items())
    assert shown.stdout.decode() == parsed


@pytest.mark.parametrize(
    ("line", "compress"),
    [
        ("compress", Compress.ON),
        ("compress = 1", Compress.ON),
        ("compress = auto", Compress.AUTO),
        ("compress = OFF", Compress.OFF),
        ("skip-compress", Compress.OFF),
        ("user = bob", None),
    ],
)
def test_compression(line: str, compress: Compress | None) -> None:
    """Of the clients it is a switch."""
    FILE.write_text(f"[client]\n{line}\n")
    assert option_file.defaults().compress is compress
