"""What the package's page on PyPI shows: the README with links that work there, and the project's addresses.

No file here knows the repository's address: a build takes it from PARLOADER_REPOSITORY, for example https://HOST/OWNER/parloader. Without it,
the metadata has no addresses, and the README's links to other files become plain text.
"""

import os
import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

VARIABLE = "PARLOADER_REPOSITORY"

LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<path>[^)\s]+)\)")

ATTRIBUTE = re.compile(r'\b(?P<name>src|srcset|href)="(?P<path>[^"]+)"')

ELSEWHERE = ("http://", "https://", "mailto:", "#")


class Page(MetadataHookInterface):
    """The fields `readme` and `urls`."""

    def update(self, metadata: dict[str, object]) -> None:
        repository, tag = os.environ.get(VARIABLE, "").rstrip("/"), f"v{metadata['version']}"
        if repository and not repository.startswith("https://"):
            raise ValueError(f"{VARIABLE} is {repository}; give an address that begins with https://")
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": rewritten(readme, repository, tag)}
        metadata["urls"] = urls(repository, tag) if repository else {}


def urls(repository: str, tag: str) -> dict[str, str]:
    return {
        "Repository": repository,
        "Documentation": f"{repository}/blob/{tag}/docs/README.md",
        "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def rewritten(readme: str, repository: str, tag: str) -> str:
    """The README, whose relative links lead to the files of this version in the repository; without one, only their texts are left."""

    def link(found: re.Match[str]) -> str:
        if found["path"].startswith(ELSEWHERE):
            return found[0]
        if repository:
            return f"{found['image']}[{found['text']}]({address(found['path'], bool(found['image']))})"
        return "" if found["image"] else found["text"]

    def attribute(found: re.Match[str]) -> str:
        if found["path"].startswith(ELSEWHERE) or not repository:
            return found[0]
        return f'{found["name"]}="{address(found["path"], found["name"] != "href")}"'

    def address(path: str, is_image: bool) -> str:
        return f"{repository}/{'raw' if is_image else 'blob'}/{tag}/{path}"

    return ATTRIBUTE.sub(attribute, LINK.sub(link, readme))
