"""Busy streams, where one read holds many events: all views, in any mixture, give the same answer.

Items and deltas are two forms of the same entries; a view gets what no view before it has taken.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from benchmarks.corpus import corpus
from gravitex_async import AsyncGravitex, Delta
from gravitex_async.chat import ChatCompletionChunk
from gravitex_async.gemini import GenerateContentResponse
from gravitex_async.responses import OutputTextDeltaEvent
from gravitex_async.stream import Stream
from gravitex_async.testing import LocalGateway, Tape

AnyStream = Stream[Any, Any]
ASK = [{"role": "user", "content": "?"}]
SIZE = 2_000
# Events in one piece of the body: more than one read, and reads that end inside an event.
EVERY = 12_000

OPENERS: dict[str, Callable[[AsyncGravitex], AnyStream]] = {
    "small-chunk": lambda client: client.chat.completions.stream(model="m", messages=ASK),
    "responses": lambda client: client.responses.stream(model="m", input="?"),
    "gemini": lambda client: client.gemini.generate_content_stream(model="m", contents="?"),
}
DIALECTS = pytest.mark.parametrize("name", OPENERS)


def opened(name: str, client: AsyncGravitex, gateway: LocalGateway) -> AnyStream:
    gateway.play(Tape(corpus(name, SIZE).body, every=EVERY))
    return OPENERS[name](client)


@DIALECTS
async def test_the_answer_does_not_depend_on_the_view(
    name: str, client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """Items, batches, deltas, text, or only the end: the same answer, usage and evidence."""
    plain = opened(name, client, gateway)
    async for _ in plain:
        pass
    assert plain.content == corpus(name, SIZE).content
    for view in ("deltas", "text", "batches", "final"):
        stream = opened(name, client, gateway)
        if view == "final":
            assert await stream.final() == await plain.final()
        else:
            found = [piece async for piece in getattr(stream, view)()]
            assert len(found) > SIZE / 2 or view == "batches"
        assert stream.arrived == plain.arrived
        assert (stream.usage, stream.end.reason) == (plain.usage, plain.end.reason)
        assert stream.end.evidence == plain.end.evidence


@DIALECTS
@pytest.mark.parametrize("seed", range(5))
async def test_views_can_be_mixed(
    name: str,
    seed: int,
    client: AsyncGravitex,
    gateway: LocalGateway,
) -> None:
    """Each event is handed out once, in order, by whichever view was asked; ``last_raw`` is its payload."""
    dice = random.Random(seed)
    payloads = [event.partition(b"data: ")[2].strip() for event in corpus(name, SIZE).events]
    stream = opened(name, client, gateway)
    views: list[AsyncIterator[Any]] = [stream, stream.deltas(), stream.text(), stream.batches()]
    text, position = "", 0
    for view in dice.choices(views, (2, 4, 2, 1), k=SIZE):
        try:
            for _ in range(1 if view is views[-1] else dice.randrange(1, 60)):
                found = await anext(view)
                text += said(found, stream)
                assert stream.last_raw is not None
                position = payloads.index(stream.last_raw, position)
        except StopAsyncIteration:
            break
    assert text == stream.content == corpus(name, SIZE).content


def said(found: Any, stream: AnyStream) -> str:
    """The text of what a view gave."""
    if isinstance(found, (str, Delta)):
        return found if isinstance(found, str) else found.content
    items = found if isinstance(found, list) else [found]
    return "".join(text_of(item) for item in items)


def text_of(item: Any) -> str:
    """The text in a struct of the wire."""
    if isinstance(item, ChatCompletionChunk):
        return item.content
    if isinstance(item, GenerateContentResponse):
        return item.text
    return item.delta if isinstance(item, OutputTextDeltaEvent) else ""
