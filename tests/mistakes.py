"""The events of a stream, as payloads, and the same with random mistakes in them."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gravitex_async.sse import SSEParser


def payloads_of(body: bytes) -> list[bytes]:
    """The data of the events of *body* that are JSON objects."""
    parser = SSEParser(strict=False)
    found = [bytes(event.data) for event in [*parser.feed(body), *parser.close()]]
    return [payload for payload in found if payload[:1] == b"{" and b"\n" not in payload]


def encoded(*events: Mapping[str, Any]) -> list[bytes]:
    """Events as payloads."""
    return [json.dumps(event).encode() for event in events]


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
