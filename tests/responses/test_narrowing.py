"""What asking for ``type`` tells type checkers: which event, item, part or annotation it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from gravitex_async.responses import Annotation, ContentPart, OutputItem, ResponsesStreamEvent
from gravitex_async.responses._decode import EVENT_TYPES
from gravitex_async.responses._items import ItemFamily
from gravitex_async.responses._open import members
from gravitex_async.responses._parts import AnnotationFamily, PartFamily

NARROWING = Path(__file__).with_name("narrowing.py")
UNIONS = (ResponsesStreamEvent, OutputItem, ContentPart, Annotation)


@pytest.mark.parametrize(
    "command",
    [["mypy", "--strict", "--python-version", "3.11"], ["pyright", "--pythonpath", sys.executable]],
    ids=["mypy", "pyright"],
)
def test_type_checkers_follow(command: list[str]) -> None:
    """Both find the struct behind a type, and complain about nothing."""
    pytest.importorskip(command[0])
    root = NARROWING.parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-m", *command, str(NARROWING)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("union", UNIONS)
def test_each_says_its_tag(union: object) -> None:
    """What a struct says to type checkers is what the decoder looks for, and what an instance says."""
    for cls in get_args(union):
        tag = cls.__struct_config__.tag
        if tag is None:
            assert cls.__name__.startswith("Unknown")
            assert cls(type="brand_new").type == "brand_new"
            continue
        (hint,) = get_args(get_type_hints(cls)["type"])
        assert (cls.type, get_args(hint)) == (tag, (tag,))


def test_the_unions_are_whole() -> None:
    """Whatever a stream or an answer may hold is in the union of its kind, once."""
    for union, known in (
        (ResponsesStreamEvent, EVENT_TYPES),
        (OutputItem, members(ItemFamily)),
        (ContentPart, members(PartFamily)),
        (Annotation, members(AnnotationFamily)),
    ):
        classes = get_args(union)
        assert len(classes) == len(known) + 1
        module = sys.modules["gravitex_async.responses"]
        base = classes[-1].__mro__[1]
        every = {
            cls for cls in vars(module).values()
            if isinstance(cls, type) and issubclass(cls, base) and getattr(cls, "__struct_config__", None)
            and (cls.__struct_config__.tag or cls is classes[-1])
        }  # fmt: skip
        assert set(classes) == every
