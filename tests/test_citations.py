"""What docstrings and comments refer to can be read: by everybody who has the repository, or on the web."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from .test_layout import FILES as TRACKED
from .test_layout import ROOT, shown

FOLDERS = ("gravitex_async", "tests", "benchmarks", "examples")
FILES = [path for path in TRACKED if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in FOLDERS]
GUIDE = ROOT / "gravitex_async" / "decoding" / "README.md"
SECTIONS = re.findall(r"^## (.+)$", GUIDE.read_text("utf-8"), re.MULTILINE)
WRITTEN = {"/".join(path.parts[start:]) for path in TRACKED for start in range(len(path.parts))}

# Several sections may be named at once: see "Usage" and "Tool calls" in decoding/README.md.
CITATION = re.compile(r'((?:"[^"]+"(?:,| and)? )+)in decoding/README\.md')
NAME = re.compile(r"(?<![\w/.\]<>)])[\w-]+(?:/[\w-]+)*\.(?:md|json|rst|txt|pdf)\b(?!\.\w)")
# Words that lead to a section, a row or a rule of something that is not here. A section of an RFC is public.
ELSEWHERE = re.compile(
    r"\breference: |\bDESIGN\b|\b[Ll]aws? \d|\b[Pp]ains? \d|\b(?:checklist )?rows? \d+"
    r"|(?<!RFC \d{4} )(?<!\d, )\bsections? \d|\(\d{3}, "
)

SUSPECT = re.compile(f"{NAME.pattern}|{ELSEWHERE.pattern}|decoding/README")


@functools.cache
def prose(path: Path) -> list[tuple[int, str]]:
    """The docstrings and comments of a file, each on one line, without web addresses."""
    source = path.read_text("utf-8")
    if not SUSPECT.search(" ".join(source.replace("#", " ").split())):
        return []  # most files: to parse them all would take seconds
    found = [*_docstrings(source), *_comments(source)]
    return [(line, " ".join(re.sub(r"https?://\S+", "", text).split())) for line, text in found]


def _docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Every text that stands as a statement: of modules, classes, functions and fields."""
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield node.lineno, value.value


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Comments; those on lines that follow each other are one."""
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] != last + 1:
            yield first, " ".join(block)
            block = []
        last = token.start[0]
        first = first if block else last
        block.append(token.string.lstrip("# "))
    if block:
        yield first, " ".join(block)


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_citations_lead_to_a_section(path: Path) -> None:
    """Every mention of the page on what providers send names sections of it that exist."""
    wrong = []
    for line, text in prose(path):
        cited = CITATION.findall(text)
        named = [name for group in cited for name in re.findall(r'"([^"]+)"', group)]
        wrong += [(line, name) for name in named if name not in SECTIONS]
        if text.count("decoding/README.md") != len(cited):
            wrong.append((line, text))
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_nothing_cites_what_is_not_here(path: Path) -> None:
    """A document that a reader cannot open explains nothing."""
    wrong = []
    for line, text in prose(path):
        wrong += [(line, found) for found in NAME.findall(text) if found not in WRITTEN]
        wrong += [(line, found[0]) for found in ELSEWHERE.finditer(text)]
    assert wrong == []


def test_the_page_is_whole_and_comes_with_the_package() -> None:
    """Its list of sections is that of its headings, and an installed package has it."""
    text = GUIDE.read_text("utf-8")
    assert re.findall(r"^- \[(.+)\]\(#[\w-]+\)$", text, re.MULTILINE) == SECTIONS
    assert resources.files("gravitex_async").joinpath("decoding/README.md").is_file()
