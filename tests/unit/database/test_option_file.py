"""Reading ~/.my.cnf as the mysql client does."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.database import option_file
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
    ],
)
def test_tls_settings(line: str, mode: SslMode | None) -> None:
    FILE.write_text(f"[client]\n{line}\nssl-ca=~/ca.pem\n")
    tls = option_file.defaults().tls
    assert tls.explicit_mode is mode
    assert tls.ca == str(Path.home() / "ca.pem")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"user = s3cret\n", "line 1 is neither a [group] nor an option in a group"),
        (b"[client\nuser = s3cret\n", "line 1 is neither"),
        (b"[client]\nport = s3cret\n", "the port is not a number from 1 to 65535"),
        (b"[client]\nport = 70000\n", "the port"),
        (b"[client]\nssl-mode = maybe\n", "unknown ssl-mode 'maybe'"),
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
    parsed = "".join(f"--{name}={value}\n" for name, value in option_file.options(lines).items())
    assert shown.stdout.decode() == parsed
