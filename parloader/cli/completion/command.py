"""The click command completion."""

import click

from parloader.cli.help_pages import EXIT_CODES, Command

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("shell", type=click.Choice(SHELLS), metavar="bash|zsh|fish")
def completion(*, shell: str) -> None:
    """Print the script for completion in bash, zsh or fish.

    A TAB completes commands, options, tables and runs of the database, and files. Load the script when the shell starts:

    \b
    ~/.bashrc:                   eval "$(parloader completion bash)"
    ~/.zshrc, after compinit:    eval "$(parloader completion zsh)"
    ~/.config/fish/config.fish:  parloader completion fish | source
    """
    from parloader.cli.completion.shells import script

    click.echo(script(shell), nl=False)
