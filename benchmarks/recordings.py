"""Recorded answers of real services as streams of any length. Needs the standard library only.

Strategy
    Most recordings are short, and a short stream measures its opening. So each is stretched: what stands
    between its first event and the first that closes it is repeated, byte for byte, until the stream has the
    wanted size. What makes one provider dearer than another (line ends, nulls, usage in every event,
    fragments of calls, padding, comments) is in every copy.

    chat, gemini  The first event, then the middle in whole turns, then the rest. Closing is an event with a
                  finish reason, a blocked prompt, ``[DONE]``, or usage without a choice.
    responses     Each run of deltas of one text is repeated where it stands; events that repeat a whole text
                  are given the long one, and ``sequence_number`` is counted anew, so that the stream is one
                  that a server might send. Only these closing events are written again as JSON.

    A recording is never cut: one that thinks first would be nothing but thinking.

    Left out, and counted: recordings of an error, of no end, and those with nothing in the middle.

The recordings are not part of the project: ``$GRAVITEX_SHARED/captures``, else ``../shared/captures``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import count, groupby
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.corpus import Corpus, corpus
from benchmarks.replay import ROOT

__all__ = ["DIALECTS", "Recording", "folder", "played", "recordings", "stretched"]

DIALECTS = ("chat", "responses", "gemini")
MOST_BYTES = 8 * 1024 * 1024
"""Of one stream: events of 20 KB need no thousands of copies to outweigh the opening."""

_BLOCK = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)|.+\Z", re.DOTALL)
_DATA = re.compile(rb"^data: ?(.*?)\r?$", re.MULTILINE)
_NUMBER = re.compile(rb'("sequence_number": ?)\d+')
# Where the whole of a text that came in deltas is said again.
_WHOLE = frozenset({"text", "refusal", "arguments", "input", "code", "diff", "command"})


class Unfit(ValueError):
    """A recording that cannot be stretched; the message says why."""


class Event(NamedTuple):
    """A block as sent, its separator included, and its payload; None for a comment or ``[DONE]``."""

    block: bytes
    payload: Any


class Recording(NamedTuple):
    """One file, and the name under which the server plays it."""

    name: str
    path: Path


def folder() -> Path | None:
    """Where the recordings are; None where there are none."""
    path = Path(os.environ.get("GRAVITEX_SHARED") or ROOT.parent / "shared") / "captures"
    return path if path.is_dir() else None


@lru_cache
def recordings(dialect: str) -> tuple[Recording, ...]:
    """All recorded streams of *dialect*, in the order of their file names."""
    home = folder()
    paths = sorted((home / dialect).glob("*.sse")) if home else []
    return tuple(Recording(f"recorded-{dialect}-{number}", path) for number, path in enumerate(paths))


def played(name: str, size: int) -> Corpus:
    """The stream that the server plays under *name*: a recording's, or a made one of ``corpus.py``."""
    if not name.startswith("recorded-"):
        return corpus(name, size)
    _, dialect, number = name.split("-")
    return stretched(recordings(dialect)[int(number)].path, size)


@lru_cache(maxsize=4)
def stretched(path: Path, size: int) -> Corpus:
    """The recording in *path* with at least *size* events, or ``MOST_BYTES`` of them.

    Raises:
        ValueError: There is nothing in it that could be repeated; the message says why.
    """
    dialect = path.parent.name
    events = [_event(block) for block in _BLOCK.findall(path.read_bytes())]
    if any(_is_error(event) for event in events):
        raise Unfit("an error")
    stretch = _stretched_runs if dialect == "responses" else _stretched_middle
    blocks, copies = stretch(events, size)
    extra = sum(event.payload is None for event in events)
    return Corpus(path.stem, dialect, tuple(blocks), len(blocks) - extra - copies)


def _event(block: bytes) -> Event:
    lines = _DATA.findall(block)
    payload = b"\n".join(lines).strip()
    return Event(block, None if payload in (b"", b"[DONE]") else json.loads(payload))


def _is_error(event: Event) -> bool:
    if event.payload is None:
        return event.block.startswith(b"error:")
    return bool(event.payload.get("error")) or event.payload.get("type") == "response.failed"


def _turns(size: int, events: list[Event], unit: list[Event]) -> int:
    """How often *unit* of *events* has to stand there."""
    if not unit:
        raise Unfit("nothing in the middle")
    rest = len(events) - len(unit)
    by_size = -(-(size - rest) // len(unit))
    by_bytes = -(-MOST_BYTES // sum(len(event.block) for event in unit))
    return max(1, min(by_size, by_bytes))


def _stretched_middle(events: list[Event], size: int) -> tuple[list[bytes], int]:
    """The blocks, and how many comments are among the copies."""
    first = next((at for at, event in enumerate(events) if event.payload is not None), len(events)) + 1
    end = next((at for at, event in enumerate(events) if _closes(event)), None)
    if end is None:
        raise Unfit("no end")
    middle = events[first:end]
    turns = _turns(size, events, middle if any(event.payload for event in middle) else [])
    blocks = [event.block for event in (*events[:first], *middle * turns, *events[end:])]
    return blocks, (turns - 1) * sum(event.payload is None for event in middle)


def _closes(event: Event) -> bool:
    payload = event.payload
    if payload is None:
        return b"[DONE]" in event.block
    if "candidates" in payload or "promptFeedback" in payload:
        blocked = "blockReason" in payload.get("promptFeedback", {})
        return blocked or any("finishReason" in each for each in payload.get("candidates", ()))
    choices = payload.get("choices") or ()
    if not choices:
        return payload.get("usage") is not None
    return any(choice.get("finish_reason") for choice in choices)


def _stretched_runs(events: list[Event], size: int) -> tuple[list[bytes], int]:
    deltas = [event for event in events if _run_of(event) is not None]
    turns = _turns(size, events, deltas)
    texts: dict[tuple[Any, ...], tuple[str, str]] = {}
    blocks: list[bytes] = []
    for run, group in groupby(events, key=_run_of):
        found = list(group)
        if run is None:
            blocks += _with_whole_texts(found, dict(texts.values()))
            continue
        piece = "".join(event.payload["delta"] for event in found)
        short, long = texts.get(run, ("", ""))
        texts[run] = short + piece, long + piece * turns
        blocks += [event.block for event in found] * turns
    return list(_renumbered(blocks)), 0


def _run_of(event: Event) -> tuple[Any, ...] | None:
    """Which text a delta belongs to; None for any other event."""
    payload = event.payload
    if payload is None or not str(payload.get("type")).endswith(".delta"):
        return None
    if not isinstance(payload.get("delta"), str):
        return None
    # Not by its item's id where there is a place: GitHub Copilot writes another one into every event.
    item = payload.get("output_index", payload.get("item_id"))
    places = ("content_index", "summary_index", "command_index")
    return payload["type"], item, *(payload.get(place) for place in places)


def _with_whole_texts(events: list[Event], texts: dict[str, str]) -> Iterator[bytes]:
    for event in events:
        payload = _replaced(event.payload, texts)
        if payload == event.payload:
            yield event.block
        else:
            written = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
            yield _DATA.sub(lambda _, data=b"data: " + written: data, event.block)


def _replaced(value: Any, texts: dict[str, str], name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, texts, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, texts, name) for each in value]
    return texts.get(value, value) if name in _WHOLE and isinstance(value, str) else value


def _renumbered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    numbers = count()
    for block in blocks:
        yield _NUMBER.sub(lambda found: b"%b%d" % (found[1], next(numbers)), block, count=1)
