"""The types of options that name files and folders. Imports nothing large."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parloader.errors import UsageError
from parloader.files import why_unreadable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class FileName(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """The name of a file, which need not exist."""

    name = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem[str]]":
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]

    kind = "file"
    """for completion, which offers files or folders"""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = os.fspath(value)
        if not text.strip() or "\0" in text:
            self.fail(f"{text!r} is not the name of a {self.name}", param, ctx)
        return text


class OutputFile(FileName):
    """A file to write, as a Path. What would prevent that is reported before the work whose result it is to have. `suffixes`: how it may end."""

    def __init__(self, *suffixes: str) -> None:
        self.suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(super().convert(value, param, ctx))
        if self.suffixes and path.suffix not in self.suffixes:
            self.fail(f"{path} does not end in {' or '.join(self.suffixes)}", param, ctx)
        folder = Path(os.path.realpath(path)).parent
        try:
            path.exists()
            is_folder, has_folder = path.is_dir(), folder.is_dir()
        except OSError as error:  # the name is too long
            self.fail(f"{path} cannot be written: {why_unreadable(error)}. Choose another name", param, ctx)
        if is_folder:
            self.fail(f"{path} is a folder; name a file in it", param, ctx)
        if not has_folder:
            self.fail(f"there is no folder {folder} for {path.name}; create it, or choose another one", param, ctx)
        if not os.access(path if path.exists() else folder, os.W_OK):
            self.fail(f"{path} cannot be written: permission denied; choose another file, or change its permissions", param, ctx)
        return path


class FolderName(FileName):
    """The name of a folder for new files, as a Path. It need not exist."""

    name = "folder"
    kind = "dir"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        text = super().convert(value, param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:  # Polars writes to no such file
            self.fail(f"{text!r} is not UTF-8; choose another name", param, ctx)
        return Path(text)


def require_different_files(context: click.Context) -> None:
    """UsageError: two options of the command name the same file to write."""
    written: dict[str, str] = {}
    for option in context.command.params:
        file = context.params.get(option.name or "")
        if isinstance(option.type, OutputFile) and file is not None:
            other = written.setdefault(os.path.realpath(file), option.opts[-1])
            if other != option.opts[-1]:
                raise UsageError(f"{other} and {option.opts[-1]} both name {file}", "Name two files")
