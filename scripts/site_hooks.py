"""What MkDocs does beyond its own when scripts/site builds the site (mkdocs.yml, `hooks`).

The pages read well in a repository's browser too, so what only the site can have is added here: its navigation, from the tables in
docs/README.md and docs/recipes/README.md; the changelog, and other files of the repository that pages link to; the reference of commands.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from site_commands import command_reference
from site_python import python_reference

ROOT = Path(__file__).resolve().parent.parent

INDEX, RECIPES = "README.md", "recipes/README.md"

CHANGELOG = "changelog.md"

# Where the site has files of the repository that lie outside docs/
OUTSIDE = "repository"

REFERENCES = {"<!-- The site lists all commands here. -->": command_reference, "<!-- The site lists all names here. -->": python_reference}


def listed_pages(text: str) -> list[str]:
    """The pages in the first cells of the tables, in order, as the site calls them."""
    return [CHANGELOG if page == "../CHANGELOG.md" else page for page in re.findall(r"^\| \[[^]]*\]\((\S+?\.md)\)", text, re.MULTILINE)]


def navigation(index: str, recipes: str) -> list[Any]:
    """A tab for each second-level heading of docs/README.md, a section for each third-level one, and the recipes by the headings of their page."""
    tabs: list[Any] = [{"Overview": INDEX}]
    for heading, pages in _sections(index, "##"):
        sections = _sections(pages, "###")
        nested: list[Any] = [*listed_pages(pages.partition("\n### ")[0]), *({title: listed_pages(text)} for title, text in sections)]
        if RECIPES in nested:
            nested = [RECIPES, *({title: [f"recipes/{page}" for page in listed_pages(text)]} for title, text in _sections(recipes, "##"))]
        tabs.append({heading: nested})
    return tabs


def _sections(text: str, level: str) -> list[tuple[str, str]]:
    """The headings of this level, and the text below each."""
    _, *parts = re.split(rf"^{level} (.+)$", text, flags=re.MULTILINE)
    return list(zip(parts[::2], parts[1::2], strict=True))


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    docs = Path(config.docs_dir)
    config.nav = navigation((docs / INDEX).read_text(encoding="utf-8"), (docs / RECIPES).read_text(encoding="utf-8"))
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    files.append(File.generated(config, CHANGELOG, content=changelog.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    for marker, reference in REFERENCES.items():
        if marker in markdown:
            markdown = markdown.replace(marker, reference())
    page.meta["hide"] = ["navigation"] if page.file.src_uri == INDEX else [] if "\n## " in markdown else ["toc"]  # no empty columns

    def leading_outside(link: re.Match[str]) -> str:
        path, anchor = link[1], link[2] or ""
        target = (Path(config.docs_dir) / Path(page.file.src_uri).parent / path).resolve()
        if target.is_relative_to(config.docs_dir) or not target.is_file():
            return link[0]  # MkDocs checks it
        up = "../" * page.file.src_uri.count("/")
        if target.name == "CHANGELOG.md":
            return f"]({up}{CHANGELOG}{anchor})"
        if target == ROOT / "README.md":
            return f"]({up}{INDEX}{anchor})"
        uri = f"{OUTSIDE}/{target.relative_to(ROOT).as_posix()}"
        if files.get_file_from_path(uri) is None:
            files.append(File.generated(config, uri, abs_src_path=str(target)))
        return f"]({up}{uri}{anchor})"

    return re.sub(r"\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)", leading_outside, markdown)
