import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parloader.files import write_atomically


def test_the_new_text_replaces_the_old(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    for text in ("old\n", "größer\n"):
        write_atomically(file, text)
        assert file.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_leaves_the_old_text(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    write_atomically(file, "old\n")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "new \ud800\n")
    assert file.read_text() == "old\n"


def test_a_file_that_cannot_be_written_leaves_nothing_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "shop.toml"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(folder, "new\n")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_device_or_pipe_gets_the_text_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(max_workers=1) as thread:
        reading = thread.submit(pipe.read_text)
        write_atomically(pipe, "text")
        assert reading.result() == "text"
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "settings" / "shop.toml", tmp_path / "shop.toml"
    file.parent.mkdir()
    file.write_text("old")
    link.symlink_to(file)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]
