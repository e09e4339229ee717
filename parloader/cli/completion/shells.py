"""Answers the scripts of the shells, and prints them. Imported for a TAB and for parloader completion alone."""

import os
from importlib.resources import files

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, split_arg_string

VARIABLE = "_PARLOADER_COMPLETE"
"""Set if a shell asks; click reads it too."""

# Behind the last word, so that a blank or quotation mark at the end of the line is recognized
CURSOR = "\0"

# Behind these, bash begins a new word, which alone it replaces
BASH_WORD_BREAKS = ("=", ":")


class _Shell(ShellComplete):
    """A shell's script sends the line up to the cursor in _PARLOADER_LINE, and gets a line for each candidate: its type, text and help."""

    def source(self) -> str:
        return script(self.name)

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words behind the program, and the last one, which is not finished."""
        *words, last = split_arg_string(os.environ.get("_PARLOADER_LINE", "") + CURSOR)
        return words[1:], last.removesuffix(CURSOR)

    def format_completion(self, item: "CompletionItem[str]") -> str:
        return "\t".join(filter(None, (item.type, item.value or "-", " ".join((item.help or "").split()))))

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        return [item for item in super().get_completions(args, incomplete) if item.value.isprintable()]


class Zsh(_Shell):
    name = "zsh"


class Fish(_Shell):
    name = "fish"


class Bash(_Shell):
    """bash also sends the word at the cursor, in _PARLOADER_WORD: a part of the last word, if that has word breaks."""

    name = "bash"

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        items = super().get_completions(args, incomplete)
        typed = incomplete.partition("=")[2] if incomplete.startswith("--") and "=" in incomplete else incomplete
        word = os.environ.get("_PARLOADER_WORD", "")
        kept = len(typed) if word in BASH_WORD_BREAKS else len(typed) - len(word) if typed.endswith(word) else 0
        return [CompletionItem(item.value[kept:], type=item.type, help=item.help) if item.type == "plain" else item for item in items]


for _shell in (Bash, Zsh, Fish):
    add_completion_class(_shell)


def script(shell: str) -> str:
    """The text that the shell has to run for completion."""
    return (files(__package__ or "") / f"parloader.{shell}").read_text(encoding="utf-8")
