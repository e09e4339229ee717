"""Takes a picture of a report: loads the example schema with a lost connection and a pause, and lets Chromium draw the page."""

import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import click
import pymysql
from picture import ROOT, SOCKET, shop
from PIL import Image

PICTURE = ROOT / "docs/images/report.png"

COMMAND = "parloader seed --all --rows 300000 --procs 2 --batch 2000 --report report.html"

# How long the load is paused
PAUSE_SECONDS = 1.5

WIDTH, HEIGHT = 1280, 1270

COLOURS = 128

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def load(environment: Mapping[str, str], folder: Path) -> str:
    """The page of a load that loses a connection and is paused."""
    process = subprocess.Popen(COMMAND.split(), env=environment, cwd=folder)
    with pymysql.connect(user="root", unix_socket=str(folder / SOCKET), database="shop", autocommit=True) as connection:
        kill_a_writer(connection, process, table="orders")
        wait_for(connection, process, "SELECT COUNT(*) > 60000 FROM order_item")
    subprocess.run(["parloader", "pause"], env=environment, cwd=folder, check=True)
    time.sleep(PAUSE_SECONDS)
    subprocess.run(["parloader", "resume"], env=environment, cwd=folder, check=True)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, COMMAND)
    page = (folder / "report.html").read_text(encoding="utf-8")
    return re.sub(rf"\b{re.escape(platform.node())}\b", "laptop", page)


def wait_for(connection: "pymysql.Connection[pymysql.cursors.Cursor]", process: "subprocess.Popen[bytes]", question: str) -> None:
    """Returns when the answer is yes."""
    while process.poll() is None:
        with connection.cursor() as cursor:
            cursor.execute(question)
            if (cursor.fetchone() or (0,))[0]:
                return
        time.sleep(0.05)
    raise click.ClickException("the load ended too early; repeat with more rows")


def kill_a_writer(connection: "pymysql.Connection[pymysql.cursors.Cursor]", process: "subprocess.Popen[bytes]", table: str) -> None:
    """Ends a connection that is inserting into the table."""
    question = f"SELECT id FROM information_schema.processlist WHERE db = 'shop' AND info LIKE 'INSERT INTO `{table}`%' LIMIT 1"
    wait_for(connection, process, question)
    with connection.cursor() as cursor:
        cursor.execute(question)
        if found := cursor.fetchone():
            cursor.execute(f"KILL {found[0]}")


def draw(page: Path, picture: Path, folder: Path) -> None:
    """Lets the browser draw the page, and keeps few colours."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise click.ClickException("the picture needs Chromium (sudo apt-get install chromium)")
    options = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --hide-scrollbars"
    drawn = folder / "drawn.png"
    subprocess.run(
        [
            browser,
            *options.split(),
            f"--user-data-dir={folder / 'browser'}",
            "--blink-settings=preferredColorScheme=1",  # light
            f"--screenshot={drawn}",
            f"--window-size={WIDTH},{HEIGHT}",
            page.as_uri(),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


@click.command()
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), default=PICTURE, help="Write the picture here.")
def main(write: Path) -> None:
    """Draw docs/images/report.png."""
    with tempfile.TemporaryDirectory() as name, shop(Path(name) / "home") as environment:
        folder = Path(name)
        page = folder / "page.html"
        page.write_text(load(environment, folder / "home"), encoding="utf-8")
        draw(page, write, folder)
    click.echo(f"wrote {write}, {write.stat().st_size:,} bytes", err=True)


if __name__ == "__main__":
    main()
