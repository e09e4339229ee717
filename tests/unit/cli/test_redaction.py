import os

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from parloader.cli.commands import cli
from parloader.cli.redaction import redact
from parloader.database.target import parse_url
from parloader.errors import UsageError

SECRET = "s3cret"

SHAPES = [
    "mysql://ann:s3cret@db/shop",
    "mysql://ann:s3cret@db:3306/shop?unix_socket=/a@b",
    "mysql://:s3cret@db/shop",
    "mysql://ann:pa:s3cret@db/shop",
    "mysql://ann:pass@s3cret@db/shop",
    "mysql://ann:pa/s3cret@db/shop",
    "mysql://ann:pa?s3cret@db/shop",
    "mysql://ann:pa?s3cret=1@db/shop",
    "mysql://ann:pa@x?s3cret=1@db/shop",
    "mysql://ann:pa#s3cret@db/shop",
    "mysql://ann:pa s3cret@db/shop",
    "mysql://ann:pa\ns3cret@db/shop",
    "mysql:///ann:s3cret@db/shop",
    "mysql:/ann:s3cret@db/shop",
    "mysql:ann:s3cret@db/shop",
    "ann:s3cret@db/shop",
    "postgresql://ann:s3cret@db/shop",
    "mysql://ann:s3cret",
    "mysql://ann:s3cret/shop",
    "mysql://ann:s3cret@",
    "mysql://ann:s3cret@db:port/shop",
    "mysql://ann:s3cret@db:99999/shop",
    "mysql://ann:s3cret@[::1/shop",
]


@pytest.mark.parametrize("url", SHAPES)
@pytest.mark.parametrize("before", ["", "--url=", "--ur=", "-u"])
def test_the_password_of_any_url_is_masked(url: str, before: str) -> None:
    shown = redact(before + url)
    assert SECRET not in shown
    assert "***" in shown
    assert shown.startswith(before)


@pytest.mark.parametrize(
    "text",
    [
        "mysql://ann@db/shop",
        "mysql://ann@db:3306/shop?ssl-mode=REQUIRED",
        "mysql://db:3306/shop",
        "mysql://db:3306",
        "--set",
        "start=2020-01-01T00:00:00",
        "No such command 'x'. Try: y",
        "/usr/bin/python",
    ],
)
def test_text_without_a_password_is_unchanged(text: str) -> None:
    assert redact(text) == text


@given(password=st.text(min_size=3), before=st.sampled_from(["", "--url="]))
def test_no_password_passes(password: str, before: str) -> None:
    shown = redact(f"{before}mysql://ann:{password}@db/shop")
    assert shown == f"{before}mysql://ann:***@db/shop"


@pytest.mark.parametrize("url", SHAPES)
def test_no_message_about_a_url_shows_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code in (2, 4), done.stderr
        return done.output + str(done.exception)

    try:
        target = parse_url(url)
    except UsageError as error:
        assert SECRET not in str(error)  # noqa: PT017
        assert SECRET not in said("status", "-v", "--url", url)
        monkeypatch.setenv("PARLOADER_URL", url)
        assert SECRET not in said("status", "-v")
    else:
        assert SECRET not in repr(target)
    # given in a wrong place
    monkeypatch.delenv("PARLOADER_URL", raising=False)
    assert SECRET not in said("status", url)
    assert SECRET not in said(url)
    assert SECRET not in said(f"--url={url}", "status")
    assert SECRET not in said("seed", f"--ur={url}")
    assert SECRET not in said("seed", "--rows", url)
    assert "=" in url or SECRET not in said("seed", "--set", url)  # whose message quotes the text before the =
    assert SECRET not in said("status", "--ssl-mode", url)
    assert SECRET not in said("server", url)


def test_child_processes_do_not_inherit_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOADER_URL", "postgresql://ann:s3cret@db/shop")
    monkeypatch.setenv("PARLOADER_REPLICA_URL", "mysql://ann:s3cret@db/shop")
    assert "for postgresql" in CliRunner().invoke(cli, ["status"]).stderr
    assert "PARLOADER_URL" not in os.environ
    assert "PARLOADER_REPLICA_URL" not in os.environ
