"""Events folded one by one, many at a time and in the long way leave the same deltas and the same answer.

``fold`` takes plain text in place and everything else in functions of their own. Whatever the events are
(recorded, with random mistakes, with any field of the structs beside a text), nothing may depend on which of
both an event went through, nor on how many were folded at once.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from gravitex_async._json import loads_tolerant
from gravitex_async.deltas import Delta
from gravitex_async.gemini import GeminiAccumulator, GenerateContentResponse, _accumulate
from gravitex_async.gemini._choices import Candidate
from gravitex_async.gemini._decode import event_decoder
from gravitex_async.gemini._metadata import ModalityTokenCount, UsageMetadata
from gravitex_async.gemini._parts import Content, Part
from gravitex_async.sse import SSEParser

from ..captured import Capture, captures
from ..fields import empty_of, value_of
from .test_accumulate import listed

Tree = dict[str, Any]
Struct = type[msgspec.Struct]
Field = msgspec.structs.FieldInfo

STREAMS = captures("gemini", ".sse")
IN_EVENT: tuple[Struct, ...] = (GenerateContentResponse, Candidate, Content, Part, UsageMetadata)
FIELDS = [
    (struct, field)
    for struct in IN_EVENT
    for field in msgspec.structs.fields(struct)
    if field.encode_name != "*"
]
NAMES = [
    field.encode_name
    for struct in (*IN_EVENT, ModalityTokenCount)
    for field in msgspec.structs.fields(struct)
    if field.encode_name != "*"
] + ["zzz"]

STATE = (
    "content", "reasoning_content", "refusal", "tool_calls", "finish_reason", "usage", "reason", "complete",
    "closed", "progress", "revised", "suspect",
)  # fmt: skip


def payloads_of(capture: Capture) -> list[bytes]:
    """The data of the events of a recording that are JSON objects."""
    parser = SSEParser(strict=False)
    found = [bytes(event.data) for event in [*parser.feed(capture.body), *parser.close()]]
    return [payload for payload in found if payload[:1] == b"{"]


def decoded(payloads: Sequence[bytes]) -> list[GenerateContentResponse]:
    """The items, up to one that cannot be read."""
    decoder = event_decoder(GenerateContentResponse)
    return [
        item
        for payload in payloads
        for item in decoder.feed(b"data: %b\n\n" % payload.replace(b"\r", b" ").replace(b"\n", b" "))
    ]


def read(
    items: Sequence[GenerateContentResponse], trees: Sequence[Any], sizes: Iterator[int]
) -> tuple[list[list[Delta]], dict[str, Any], GenerateContentResponse]:
    """Folds as a stream does, so many items at a time: all deltas, and what the accumulator holds."""
    state = GeminiAccumulator()
    deltas: list[Delta | Sequence[Delta]] = []
    going = True
    start = 0
    while going and start < len(items):
        batch = items[start : start + next(sizes)]
        start += len(batch)
        while batch and going:
            taken = state.fold(batch)
            deltas += taken
            batch = batch[len(taken) :]
            assert state.suspect or not batch
            going = not state.suspect or state.error_in(trees[len(deltas) - 1]) is None
    return [listed(found) for found in deltas], {name: getattr(state, name) for name in STATE}, state.final()


def agree(payloads: Sequence[bytes], monkeypatch: pytest.MonkeyPatch, seed: int = 0) -> list[list[Delta]]:
    """Reads *payloads* in every manner; all must give the same. Returns the deltas."""
    items = decoded(payloads)
    trees = [loads_tolerant(payload) for payload in payloads]
    sent = [msgspec.to_builtins(item) for item in items]
    dice = random.Random(seed)
    at_once = read(items, trees, iter([len(items)] * (len(items) + 1)))
    one_by_one = read(items, trees, iter([1] * (len(items) + 1)))
    at_random = read(items, trees, iter(lambda: dice.randint(1, 7), 0))
    with monkeypatch.context() as patch:
        patch.setattr(_accumulate, "_is_more_than_text", lambda *_: True)
        long_way = read(items, trees, iter([len(items)] * (len(items) + 1)))
    assert at_once == one_by_one == at_random == long_way
    # What is handed out as sent is not changed by the folding of it.
    assert [msgspec.to_builtins(item) for item in items] == sent
    check(at_once[0], at_once[1])
    return at_once[0]


def check(deltas: list[list[Delta]], state: dict[str, Any]) -> None:
    """The deltas of candidate 0 join to what the accumulator holds."""
    mine = [delta for found in deltas for delta in found if delta.index == 0]
    assert "".join(delta.content for delta in mine) == state["content"]
    assert "".join(delta.reasoning_content for delta in mine) == state["reasoning_content"]
    arguments: dict[int, str] = {}
    for call in (call for delta in mine for call in delta.tool_calls):
        arguments[call.index] = arguments.get(call.index, "") + call.arguments
    assert len(arguments) == len(state["tool_calls"])


@pytest.mark.parametrize("capture", STREAMS, ids=lambda capture: capture.name)
def test_recorded_streams(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as they are, and once with their events repeated, as nobody sends them."""
    payloads = payloads_of(capture)
    agree(payloads, monkeypatch)
    agree(payloads * 3, monkeypatch, seed=1)


@pytest.mark.parametrize("capture", STREAMS, ids=lambda capture: capture.name)
def test_recorded_streams_with_mistakes(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields added, removed, retyped."""
    payloads = payloads_of(capture)[:12]
    for seed in range(6):
        agree([*payloads, *mistaken(payloads, seed), *payloads], monkeypatch, seed)


VALUES: tuple[Any, ...] = (
    None, "", "x", "é", "0", 0, 1, -1, 1.5, True, False, [], {}, [None], [{}], {"a": 1}, {"message": "no"},
    [{"text": "x"}], "STOP",
)  # fmt: skip


def mistaken(payloads: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Each payload with a field added, removed or retyped."""
    dice = random.Random(seed)
    for payload in payloads:
        tree = json.loads(payload)
        place = dice.choice([found for found in objects_in(tree) if found])
        name = dice.choice([*place, *NAMES])
        if name in place and dice.random() < 0.3:
            del place[name]
        else:
            place[name] = copy.deepcopy(dice.choice(VALUES))
        yield json.dumps(tree).encode()


def objects_in(tree: Any) -> Iterator[Tree]:
    if isinstance(tree, dict):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from objects_in(value)


# Any field beside a text


def event(number: int, thought: bool) -> Tree:
    part: Tree = {"text": f"{number} ", **({"thought": True} if thought else {})}
    return {
        "candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}],
        "usageMetadata": {"candidatesTokenCount": number, "totalTokenCount": 8 + number},
        "modelVersion": "m",
        "responseId": "r",
    }  # fmt: skip


def place_of(struct: Struct, tree: Tree) -> Tree:
    """The object of an event that *struct* stands for."""
    candidate = tree["candidates"][0]
    places: dict[Struct, Tree] = {
        GenerateContentResponse: tree,
        Candidate: candidate,
        Content: candidate["content"],
        Part: candidate["content"]["parts"][0],
        UsageMetadata: tree["usageMetadata"],
    }
    return places[struct]


@pytest.mark.parametrize("thought", [False, True])
@pytest.mark.parametrize(
    ("struct", "field"), FIELDS, ids=[f"{struct.__name__}.{field.name}" for struct, field in FIELDS]
)
def test_any_field_beside_a_text(
    struct: Struct, field: Field, thought: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a value, with nothing in it and with null, in one event, in several, and among others."""
    values = [value_of(field.type, field.name), empty_of(field.type), None]
    for value in values:
        for places in ([0], [1], [2, 3], [5], [0, 1, 2, 3, 4, 5]):
            trees = [event(number, thought) for number in range(6)]
            for place in places:
                place_of(struct, trees[place])[field.encode_name] = value
            agree([json.dumps(tree).encode() for tree in trees], monkeypatch)


@pytest.mark.parametrize("struct", IN_EVENT)
def test_a_field_that_nobody_knows_beside_a_text(struct: Struct, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept, and the text as well."""
    trees = [event(number, False) for number in range(6)]
    place_of(struct, trees[3])["sealed"] = {"x": 1}
    deltas = agree([json.dumps(tree).encode() for tree in trees], monkeypatch)
    assert "".join(delta.content for found in deltas for delta in found) == "0 1 2 3 4 5 "
