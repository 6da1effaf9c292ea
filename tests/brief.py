"""Two accumulators on one stream: one folds everything, one reads in brief what it can. They must agree.

Also the events of a stream with random mistakes in them.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gravitex_async._json import loads_tolerant
from gravitex_async.decoding._events import EventDecoder
from gravitex_async.deltas import Delta
from gravitex_async.sse import SSEParser
from gravitex_async.stream._accumulator import Accumulator

Make = Callable[[], "tuple[EventDecoder[Any], Accumulator[Any, Any]]"]
Strict = Callable[[bytes], Any]

STATE = (
    "content", "reasoning_content", "refusal", "tool_calls", "finish_reason", "usage", "reason", "complete",
    "closed", "progress",
)  # fmt: skip


def payloads_of(body: bytes) -> list[bytes]:
    """The data of the events of *body* that are JSON objects."""
    parser = SSEParser(strict=False)
    found = [bytes(event.data) for event in [*parser.feed(body), *parser.close()]]
    return [payload for payload in found if payload[:1] == b"{" and b"\n" not in payload]


def encoded(*events: Mapping[str, Any]) -> list[bytes]:
    """Events as payloads."""
    return [json.dumps(event).encode() for event in events]


class Agreed(NamedTuple):
    """How many of the events were read in brief, and how many there were."""

    brief: int
    all: int


class _Reader:
    """One of the two: a decoder, its accumulator, and all deltas so far."""

    def __init__(self, make: Make) -> None:
        self.decoder, self.folded = make()
        self.deltas: list[list[Delta]] = []

    def decode(self, run: Sequence[bytes]) -> list[Any]:
        return [item for payload in run for item in self.decoder.feed(b"data: %b\n\n" % payload)]

    def fold(self, items: list[Any], run: Sequence[bytes]) -> bool:
        """Folds as a stream does; returns whether the stream goes on."""
        folded = self.folded
        folded.made = []
        at, going = -1, True
        while going and (at := folded.fold(items, at + 1)) < len(items):
            going = folded.error_in(loads_tolerant(run[at])) is None
        self.deltas += [[made] if isinstance(made, Delta) else list(made) for made in folded.made]
        folded.made = None
        return going

    def brief(self, run: Sequence[bytes]) -> bool:
        marker: list[Any] = []
        self.folded.made = marker
        found = self.folded.brief(run)
        assert self.folded.made is marker
        assert marker == []
        self.folded.made = None
        self.deltas += [[delta] for delta in found or ()]
        return found is not None

    def state(self) -> list[Any]:
        more = [getattr(self.folded, name, None) for name in ("sequence_number", "response_id")]
        return [*(getattr(self.folded, name) for name in STATE), *more, self.folded.final()]


def agree(make: Make, strict: Strict, payloads: Sequence[bytes], seed: object, longest: int = 40) -> Agreed:
    """Reads *payloads* in both ways, in runs of random length, and compares deltas and state on the way."""
    dice = random.Random(str(seed))
    full, short = _Reader(make), _Reader(make)
    count = start = 0
    while start < len(payloads):
        run = payloads[start : start + dice.randint(1, longest)]
        start += len(run)
        items = full.decode(run)
        if len(items) < len(run):  # the stream ends here, with an error
            assert not short.brief(run)
            break
        before = None
        if dice.random() < 0.1:
            before = short.state()
            assert before == full.state()
        going = full.fold(items, run)
        taken = dice.random() < 0.9 and short.brief(run)
        if taken:
            assert going
            assert all(reads(strict, payload) for payload in run)
            short.decode(run)  # so that both decoders know the same halves of characters
            count += len(run)
        else:
            assert before is None or before == short.state()
            assert short.fold(short.decode(run), run) == going
        assert short.deltas == full.deltas
        full.deltas, short.deltas = [], []
        if not going:
            break
    assert short.state() == full.state()
    return Agreed(count, len(payloads))


def reads(strict: Strict, payload: bytes) -> bool:
    """Whether the full, strict decoder takes *payload*."""
    try:
        strict(payload)
    except (ValueError, RecursionError):
        return False
    return True


def agree_on_mistakes(
    make: Make, strict: Strict, payloads: Sequence[bytes], names: Sequence[str], seed: object
) -> Agreed:
    """The same with *payloads* that were changed; those the strict decoder refuses are refused in brief."""
    changed = list(mistaken(payloads, names, seed))
    head = list(payloads[:3])
    good = []
    for payload in changed:
        if reads(strict, payload):
            good.append(payload)
            continue
        reader = _Reader(make)
        reader.fold(reader.decode(head), head)
        assert not reader.brief([payload])
    taken = 0
    # A run ends at an error: each gets a stream of its own.
    for start in range(0, len(good), 20):
        some = [*head, *good[start : start + 20]]
        taken += agree(make, strict, some, (seed, start), longest=2).brief
    return Agreed(taken, len(good))


VALUES: tuple[Any, ...] = (
    None, "", "x", "é", "0", 0, 1, -1, 1.0, 1.5, 2**70, True, False, [], {}, [None], [{}], ["x"], {"a": 1},
    {"message": "no"}, [{"text": "x"}], "STOP",
)  # fmt: skip


def mistaken(payloads: Sequence[bytes], names: Sequence[str], seed: object) -> Iterator[bytes]:
    """Each payload once with a byte changed, and once with a field added, removed, renamed or retyped."""
    dice = random.Random(str(seed))
    for payload in payloads:
        data = bytearray(payload)
        data[dice.randrange(len(data))] = dice.choice(b'"\\{}[],:0x \n\x00\xff\xc3')
        yield bytes(data).replace(b"\n", b" ")
        tree = json.loads(payload)
        for _ in range(dice.choice((1, 1, 2))):
            _change(dice.choice(list(_containers(tree))), names, dice)
        yield json.dumps(tree, ensure_ascii=dice.random() < 0.5, separators=(",", ":")).encode()


def _containers(tree: Any) -> Iterator[Any]:
    if isinstance(tree, (dict, list)):
        yield tree
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from _containers(value)


def _change(container: Any, names: Sequence[str], dice: random.Random) -> None:
    value = copy.deepcopy(dice.choice(VALUES))
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    kind = dice.choice(("add", "add", "add", "set", "set", "remove"))
    if kind == "add" or not keys:
        if isinstance(container, dict):
            container[dice.choice(names)] = value
        else:
            container.append(value)
    elif kind == "set":
        container[dice.choice(keys)] = value
    else:
        del container[dice.choice(keys)]
