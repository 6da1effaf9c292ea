"""What a docstring says of a function and of its parameters: Google's, NumPy's and Sphinx's styles.

A docstring is cut into sections; a Sphinx field is a section by itself. The text before the first section
describes the function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from textwrap import dedent

__all__ = ["described"]

_PARAMETERS = {"Args", "Arguments", "Parameters", "Keyword Args", "Keyword Arguments", "Other Parameters"}
_OTHERS = {"Returns", "Return", "Yields", "Raises", "Example", "Examples", "Note", "Notes", "Attributes",
           "See Also", "References", "Warning", "Warnings"}  # fmt: skip
_FIELD = re.compile(r":\w+[^:]*:")
_SPHINX = re.compile(r":param(?:eter)?\s+(?:[^:]*\s)?\*{0,2}(?P<name>\w+)\s*:\s*(?P<text>.*)")
_GOOGLE = re.compile(r"\*{0,2}(?P<name>\w+)\s*(?:\([^)]*\))?\s*:\s*(?P<text>.*)")
_NUMPY = re.compile(r"\*{0,2}(?P<name>\w+)\s*(?::.*)?(?P<text>)$")


def described(docstring: str | None) -> tuple[str, dict[str, str]]:
    """The description of a function, and of each parameter its docstring speaks of."""
    (_, description), *sections = _sections(cleandoc(docstring or "").splitlines())
    found: dict[str, str] = {}
    for heading, body in sections:
        field = _SPHINX.match(heading)
        if field:
            found[field["name"]] = _joined([field["text"], *body])
        elif heading in _PARAMETERS:
            found.update(_entries(body))
    return "\n".join(description).strip(), found


def _sections(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line in lines:
        heading = line.strip().removesuffix(":")
        if line[:1].strip() and heading in _PARAMETERS | _OTHERS:
            sections.append((heading, []))
        elif _FIELD.match(line):
            sections.append((line, []))
        else:
            sections[-1][1].append(line)
    return sections


def _entries(body: list[str]) -> Iterator[tuple[str, str]]:
    """The parameters a section lists: their names begin a line, what is indented goes on."""
    underlined = bool(body) and set(body[0].strip()) == {"-"}
    pattern = _NUMPY if underlined else _GOOGLE
    found: list[tuple[str, list[str]]] = []
    for line in dedent("\n".join(body[underlined:])).splitlines():
        entry = pattern.match(line) if line[:1].strip() else None
        if entry:
            found.append((entry["name"], [entry["text"]]))
        elif found:
            found[-1][1].append(line)
    return ((name, _joined(text)) for name, text in found)


def _joined(lines: Iterable[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())
