"""Draws a real run of parloader as an SVG: runs the commands in a pseudo-terminal, feeds their bytes to pyte, and lets Rich export its screen."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
import pymysql
import pyte
from pymysql.constants import CLIENT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]

SCHEMA = ROOT / "docs/examples/shop.sql"

PICTURE = ROOT / "docs/images/run.svg"

COMMANDS = (
    "parloader seed --table orders --rows 1000000 --procs 2",
    "parloader verify",
    "parloader clean --yes",
)

# Relative to the folder of the commands, so that the picture shows no path of this machine
SOCKET = "mysql.sock"

COLUMNS = 100

# More lines than the commands print, because lines that scroll away would be missing from the picture
LINES = 100

READ_BYTES = 65536


@contextmanager
def shop(home: Path) -> Iterator[dict[str, str]]:
    """The environment of a terminal whose PARLOADER_URL names a private server's database `shop` with the example schema in it."""
    environment = {**os.environ, "PARLOADER_HOME": str(home), "TERM": "xterm-256color"}
    environment.pop("PARLOADER_URL", None)
    subprocess.run(["parloader", "server", "start", "-q"], env=environment, check=True, stdout=subprocess.DEVNULL)
    try:
        (home / SOCKET).symlink_to("socket")
        with (
            pymysql.connect(user="root", unix_socket=str(home / SOCKET), client_flag=CLIENT.MULTI_STATEMENTS) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(f"CREATE DATABASE shop; USE shop; {SCHEMA.read_text(encoding='utf-8')}")
            while cursor.nextset():
                pass
        yield {**environment, "PARLOADER_URL": f"mysql://root:@localhost/shop?unix_socket={SOCKET}"}
    finally:
        subprocess.run(["parloader", "server", "stop", "-q"], env=environment, check=True, stdout=subprocess.DEVNULL)


def run_in_terminal(command: str, environment: Mapping[str, str], folder: Path, stream: pyte.ByteStream) -> None:
    """Runs the command in a new pseudo-terminal and feeds its output to the stream. CalledProcessError: it failed."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command.split(), env=environment, cwd=folder, stdin=child, stdout=child, stderr=child, start_new_session=True
    )
    os.close(child)
    for data in iter(lambda: _read(parent), b""):
        stream.feed(data)
    os.close(parent)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)


def _read(terminal: int) -> bytes:
    """The next output of the terminal; empty at the end, which Linux reports as an error."""
    try:
        return os.read(terminal, READ_BYTES)
    except OSError:
        return b""


def svg_of(screen: pyte.Screen) -> str:
    """The screen's lines up to the last one with text, as an SVG. Prompts and their commands are bold."""
    lines = "\n".join(screen.display).rstrip().split("\n")
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        for line in lines:
            text = Text(line.rstrip())
            if line.startswith("$ "):
                text.stylize("bold bright_green", 0, 1)
                text.stylize("bold", 1)
            console.print(text, soft_wrap=True)
        svg = console.export_svg(title="parloader", unique_id="parloader")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # they name fonts on another host


@click.command()
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), default=PICTURE, help="Write the picture here.")
def main(write: Path) -> None:
    """Draw docs/images/run.svg."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder) / "home") as environment:
        for number, command in enumerate(COMMANDS):
            stream.feed(("\r\n" * (number > 0) + f"$ {command}\r\n").encode())
            run_in_terminal(command, environment, Path(folder) / "home", stream)
    write.parent.mkdir(parents=True, exist_ok=True)
    write.write_text(svg_of(screen), encoding="utf-8")
    click.echo(f"wrote {write}", err=True)


if __name__ == "__main__":
    main()
