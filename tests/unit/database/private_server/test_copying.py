"""Copies of folders are equal to them, holes included."""

import os
from pathlib import Path

from parloader.database.private_server.copying import copy_folder, stored_bytes


def test_a_folder_is_copied(tmp_path: Path) -> None:
    source, to = tmp_path / "source", tmp_path / "to"
    (source / "inner/empty").mkdir(parents=True)
    (source / "inner/file").write_bytes(os.urandom(3_000_001))
    (source / "inner/file").chmod(0o640)
    (source / "nothing").touch()
    (source / "skipped").write_text("x")
    (source / "link").symlink_to("inner/file")
    copy_folder(source, to, lambda path: path.name != "skipped", durable=True)
    assert sorted(str(path.relative_to(to)) for path in to.rglob("*")) == ["inner", "inner/empty", "inner/file", "link", "nothing"]
    assert (to / "inner/file").read_bytes() == (source / "inner/file").read_bytes()
    assert (to / "inner/file").stat().st_mode == (source / "inner/file").stat().st_mode
    assert (to / "link").readlink() == Path("inner/file")


def test_holes_stay_holes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    with open(source / "sparse", "wb") as file:
        for offset in (0, 50_000_000, 120_000_000):
            file.seek(offset)
            file.write(b"data" * 3000)
        file.truncate(200_000_000)
    copy_folder(source, tmp_path / "to", lambda _: True, durable=False)
    assert (tmp_path / "to/sparse").read_bytes() == (source / "sparse").read_bytes()
    assert stored_bytes(tmp_path / "to") <= max(stored_bytes(source), 1_000_000)
