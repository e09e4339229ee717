"""Too little memory, or too few threads, is said before anything large is imported."""

import resource
import threading

import pytest

from parloader.errors import OutOfResources
from parloader.process_limits import no_file, require_resources


def test_enough_of_everything() -> None:
    before = threading.active_count()
    require_resources(workers=2)
    assert threading.active_count() <= before + 30


@pytest.mark.parametrize(("option", "number"), [("-v", resource.RLIMIT_AS), ("-d", resource.RLIMIT_DATA)])
def test_too_little_memory_names_the_limit_and_what_is_needed(option: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {number: (2**27, resource.RLIM_INFINITY)}
    monkeypatch.setattr(resource, "getrlimit", lambda asked: limits.get(asked, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
    with pytest.raises(OutOfResources, match=rf"a process may have 131,072 kB of memory \(ulimit {option}\)") as error:
        require_resources()
    assert f"ulimit {option} " in error.value.next_step


def test_too_few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(OutOfResources, match="the system refuses to start a thread"):
        require_resources()


def test_only_limits_that_are_set_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (20, 20))
    assert "limits: 20 open files of a process, ulimit -n" in str(no_file())
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert "limits" not in no_file().message
