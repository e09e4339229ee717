"""Passwords on their way to the workers of a Dask cluster."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from parloader.database.target import Target
from parloader.errors import UsageError
from parloader.workers.credentials import Envelope, pickled, seal, unpickled

TARGET = Target(user="ann", password="s3cret", host="db.example", database="shop")


@dataclass(frozen=True)
class Task:
    target: Target
    nested: "Task | None" = None


@given(st.text())
def test_only_its_envelope_opens_a_sealed_text(text: str) -> None:
    envelope, other = Envelope(), Envelope()
    sealed = seal(text, envelope.public_key)
    assert envelope.open(sealed) == text
    assert len(text) < 4 or text.encode() not in sealed
    with pytest.raises(InvalidTag):
        other.open(sealed)


def test_a_task_is_pickled_without_its_password() -> None:
    task = Task(TARGET, Task(TARGET))
    data, password = pickled(task)
    assert password == "s3cret"
    assert b"s3cret" not in data
    assert b"db.example" in data
    assert unpickled(data, "s3cret") == task


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PARLOADER_URL", raising=False)
    return tmp_path


def own(task: Task) -> Target:
    found: Task = unpickled(pickled(task)[0], None)
    return found.target


def test_a_worker_with_a_url_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOADER_URL", "mysql://bob:w0rker@near.example/shop")
    assert own(Task(TARGET)) == Target(user="bob", password="w0rker", host="near.example", database="shop")


def test_a_worker_with_a_url_for_another_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOADER_URL", "mysql://bob:w0rker@near.example/other")
    with pytest.raises(UsageError, match="names the database other, not shop") as raised:
        own(Task(TARGET))
    assert "w0rker" not in str(raised.value)


def test_a_worker_with_an_option_file(home: Path) -> None:
    (home / ".my.cnf").write_text("[client]\npassword=w0rker\nuser=nobody\n")
    assert own(Task(TARGET)) == Target(user="ann", password="w0rker", host="db.example", database="shop")


def test_a_worker_without_anything(home: Path) -> None:
    assert own(Task(TARGET)).password == ""
