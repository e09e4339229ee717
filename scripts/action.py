"""The step of action.yml that seeds: masks the password, runs parloader seed --json, and hands its result to the workflow.

It runs in the environment of the action, which has only parloader. Inputs come as environment variables, and the workflow's files as
GITHUB_OUTPUT and GITHUB_STEP_SUMMARY.
"""

import json
import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parloader.database.target import parse_url
from parloader.errors import ParloaderError


def main() -> int:
    mask_password(os.environ["PARLOADER_URL"])
    try:
        arguments = shlex.split(os.environ["ARGS"])
    except ValueError as error:
        return failed(f"the input args cannot be split into words: {error}")
    if (choice := os.environ["ALL"].lower()) not in ("", "true", "false"):
        return failed(f"the input all is {os.environ['ALL']}; give true or false")
    if choice == "true":
        arguments.insert(0, "--all")
    parloader = Path(sys.executable).with_name("parloader")
    done = subprocess.run([parloader, "seed", "--json", *arguments], stdout=subprocess.PIPE, text=True, check=False)
    append("GITHUB_OUTPUT", output("result", done.stdout.strip()))
    try:
        result = json.loads(done.stdout)
    except ValueError:  # a usage error, or --help
        print(done.stdout)
        return done.returncode
    if "error" in result:
        return failed(f"{result['error']['message']}. {result['error']['next_step']}", done.returncode)
    append("GITHUB_STEP_SUMMARY", summary(result))
    return done.returncode


def mask_password(url: str) -> None:
    """Tells the runner to replace the password in all that it logs from now on."""
    try:
        password = parse_url(url).password
    except ParloaderError:
        return  # seed reports what is wrong with it
    for text in {password, quote(password, safe="")} - {""}:
        print(f"::add-mask::{escaped(text)}", flush=True)


def failed(message: str, code: int = 2) -> int:
    print(f"::error title=parloader seed::{escaped(message)}", flush=True)
    return code


def escaped(text: str) -> str:
    """As the data of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def output(name: str, value: str) -> str:
    """An output in the form for values of several lines, which no value can end early."""
    delimiter = secrets.token_hex(16)
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def summary(result: dict[str, Any]) -> str:
    """The run as a table for the page of the workflow's run."""
    lines = ["| table | rows | seconds |", "|---|---:|---:|"]
    lines += [f"| {table['table']} | {table['rows']:,} | {table['seconds']:.1f} |" for table in result["tables"]]
    return "\n".join([f"parloader: run {result['run_id']}, {result['rows']:,} rows", "", *lines, ""])


def append(variable: str, text: str) -> None:
    with open(os.environ[variable], "a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
