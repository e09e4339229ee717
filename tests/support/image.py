"""The steps of a Dockerfile, carried out without a container engine: each stage in a folder with a minimal Debian, by chroot in namespaces of its own."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PASSED_ON = re.compile(r"PIP_\w+|SSL_CERT_\w+|\w+_proxy|\w+_PROXY")
"""What pip and apt need to know of this machine's network; an engine passes on its own."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage: the image that it begins with, its name ("" without AS) and its instructions as (keyword, the rest of the line)."""

    base: str
    name: str
    steps: list[tuple[str, str]]

    def all(self, keyword: str) -> list[str]:
        return [rest for step, rest in self.steps if step == keyword]

    def last(self, keyword: str) -> str:
        return self.all(keyword)[-1]


def stages(dockerfile: str) -> list[Stage]:
    """The stages of a Dockerfile. Understands comments and continued lines, but no heredoc and no parser directive."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    found: list[Stage] = []
    for instruction in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if not instruction.strip():
            continue
        keyword, rest = instruction.split(None, 1)
        if keyword == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base=base.strip(), name=name.strip(), steps=[]))
        else:
            found[-1].steps.append((keyword, rest.strip()))
    return found


@dataclass(kw_only=True)
class Image:
    """A stage that is being built in the folder `root`, a minimal system. Needs root."""

    root: Path
    context: Path
    arguments: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
    folder: str = "/"
    user: str = "0:0"
    volumes: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)

    def build(self, stage: Stage, others: "dict[str, Image]") -> None:
        for keyword, rest in stage.steps:
            match keyword:
                case "RUN":
                    self.run(
                        ["/bin/sh", "-c", rest],
                        extra=self.arguments | {name: os.environ[name] for name in os.environ if PASSED_ON.fullmatch(name)},
                    )
                case "COPY":
                    self._copy(shlex.split(rest), others)
                case "ARG":
                    name, _, default = rest.partition("=")
                    self.arguments.setdefault(name, default.strip('"'))
                case "ENV":
                    for word in shlex.split(rest):
                        name, _, value = word.partition("=")
                        self.environment[name] = re.sub(r"\$(\w+)", lambda found: self.environment[found[1]], value)
                case "WORKDIR":
                    self.folder = rest
                    self._inside(rest).mkdir(parents=True, exist_ok=True)
                case "USER":
                    self.user = rest
                case "VOLUME":
                    self.volumes.append(rest)
                case "ENTRYPOINT":
                    self.entrypoint = json.loads(rest)
                case "LABEL" | "CMD":
                    pass
                case _:
                    raise ValueError(f"{keyword} is not known here")

    def _copy(self, words: list[str], others: "dict[str, Image]") -> None:
        source = self.context
        if words[0].startswith("--from="):
            source = others[words.pop(0).removeprefix("--from=")].root
        *names, target = words
        for name in names:
            path = source / name.lstrip("/")
            place = self._inside(target)
            if path.is_dir():
                shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, place)

    def _inside(self, path: str) -> Path:
        return self.root / str(Path(self.folder, path)).lstrip("/")

    def command(
        self,
        words: Sequence[str],
        *,
        extra: dict[str, str] | None = None,
        user: str = "",
        read_only: bool = False,
        mounts: dict[Path, str] | None = None,
    ) -> list[str]:
        """The command line of a container: `words` as process 1 of a process namespace of its own, in the image's folder, as its user or as `user`.

        A user without privileges has no capabilities and gets none. `mounts`: folders of this machine, and where they are seen. With `read_only`,
        nothing else can be written.
        """
        uid, gid = (user or self.user).split(":")
        root = shlex.quote(str(self.root))
        script = ["set -e", f"mount --bind {root} {root}", f"cd {root}"]
        script += [f"mount --bind {shlex.quote(str(path))} .{place}" for path, place in (mounts or {}).items()]
        script += ["mount -t proc proc proc"]
        script += ["mount -o remount,bind,ro ."] if read_only else []
        setpriv = f"setpriv --reuid={uid} --regid={gid} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all".split()
        environment = [f"{name}={value}" for name, value in (self.environment | (extra or {})).items()]
        inside = [*(setpriv if uid != "0" else []), "env", "-i", "-C", self.folder, *environment, *words]
        script += [f"exec chroot . {shlex.join(inside)}"]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", "\n".join(script)]

    def run(
        self,
        words: Sequence[str],
        *,
        extra: dict[str, str] | None = None,
        user: str = "",
        read_only: bool = False,
        mounts: dict[Path, str] | None = None,
        check: int = 0,
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a container to its end, without input, and checks its exit code."""
        command = self.command(words, extra=extra, user=user, read_only=read_only, mounts=mounts)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == check, f"{shlex.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done
