"""Stop from another hand: one task reads, and somebody else presses stop. That is no mistake of anybody's.

Every view hands out what had arrived and ends; ``final`` gives the answer as far as it had arrived; what is
left says that it was closed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gravitex_async.errors import MisuseError
from gravitex_async.testing import Call, LocalGateway
from gravitex_async.tools import run_tools

from .conftest import MESSAGES, client_of
from .upstream import EVENTS, FIRST, MOMENTS, Answer, Upstream, no_token, open_stream, silence, whole, words

WORDS = "word " * 3


async def _all(view: Any) -> list[Any]:
    return [piece async for piece in view]


async def _iterate(stream: Any) -> str:
    return f"{len(await _all(stream))} items"


async def _deltas(stream: Any) -> str:
    return "".join(delta.content for delta in await _all(stream.deltas()))


async def _split(stream: Any) -> str:
    return "".join(delta.content for delta in await _all(stream.deltas(split_thinking=True)))


async def _text(stream: Any) -> str:
    return "".join(await _all(stream.text()))


async def _batches(stream: Any) -> str:
    return f"{sum(map(len, await _all(stream.batches())))} items"


async def _partial(stream: Any) -> str:
    return str(await _all(stream.partial(list[str])))


async def _final(stream: Any) -> str:
    assert await stream.final() == stream.arrived
    return str(stream.content)


async def _entered(stream: Any) -> str:
    async with stream:
        return await _text(stream)


VIEWS: list[tuple[Callable[[Any], Awaitable[str]], str, str]] = [
    (_iterate, "0 items", "3 items"),
    (_deltas, "", WORDS),
    (_split, "", WORDS),
    (_text, "", WORDS),
    (_batches, "0 items", "3 items"),
    (_partial, "[]", "[]"),
    (_final, "", WORDS),
    (_entered, "", WORDS),
]


async def _abort(stream: Any) -> None:
    stream.abort()


async def _aclose(stream: Any) -> None:
    await stream.aclose()


async def _abort_in_a_thread(stream: Any) -> None:
    thread = threading.Thread(target=stream.abort)
    thread.start()
    thread.join()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("view", "nothing", "everything"), VIEWS)
@pytest.mark.parametrize("stop", [_abort, _aclose, _abort_in_a_thread])
async def test_a_waiting_reader_comes_to_the_end(
    stop: Callable[[Any], Awaitable[None]],
    view: Callable[[Any], Awaitable[str]],
    nothing: str,
    everything: str,
    moment: str,
) -> None:
    """Whatever it waits for and however it reads."""
    async with Upstream(MOMENTS[moment]) as upstream:
        stream = open_stream(upstream.client)
        reader = asyncio.ensure_future(view(stream))
        await upstream.said_it()
        await stop(stream)
        expected = everything if moment == "in mid-answer" else nothing
        assert await asyncio.wait_for(reader, 5) == expected
        assert stream.end.state == "closed"
        assert stream.end.evidence.finish_seen is False
        await upstream.is_left()


@pytest.mark.parametrize("dialect", EVENTS)
@pytest.mark.parametrize(("view", "nothing", "everything"), VIEWS)
async def test_a_reader_between_two_reads_comes_to_the_end(
    dialect: str, view: Callable[[Any], Awaitable[str]], nothing: str, everything: str
) -> None:
    """It cannot know that the button was pressed; in every dialect."""
    async with Upstream(words(dialect)) as upstream:
        stream = open_stream(upstream.client, dialect)
        text = stream.text()
        for _ in range(3):
            await text.__anext__()
        stream.abort()
        assert await _all(text) == []
        assert await view(stream) == (everything if view is _final else nothing)
        assert stream.content == WORDS
        await upstream.is_left()


async def test_what_had_arrived_is_handed_out_first() -> None:
    """The pieces that a view gives add up to ``content``, with a stop in the middle of a read too."""
    async with Upstream(words()) as upstream:
        stream = open_stream(upstream.client)
        text = stream.text()
        pieces = [await text.__anext__()]
        stream.abort()
        pieces += await _all(text)
        assert "".join(pieces) == stream.content == WORDS


@pytest.mark.parametrize("first", ["503", "cut behind a comment"])
@pytest.mark.parametrize("answer", [silence, no_token])
async def test_a_stop_after_a_first_try(answer: Answer, first: str) -> None:
    """There is no third one."""
    async with Upstream(*FIRST[first], answer) as upstream:
        stream = open_stream(upstream.client)
        reader = asyncio.ensure_future(stream.final())
        await upstream.said_it()
        stream.abort()
        await asyncio.wait_for(reader, 5)
        await upstream.is_left()
        assert upstream.requests == 2


async def test_a_stop_before_anything_was_sent() -> None:
    """Nothing is sent then."""
    async with Upstream(words()) as upstream:
        stream = open_stream(upstream.client)
        stream.abort()
        assert await _all(stream.deltas()) == []
        assert (await stream.final()).choices == []
        assert upstream.requests == 0


@pytest.mark.parametrize("answer", [no_token, words()])
@pytest.mark.parametrize("stop", [_abort, _aclose, _abort_in_a_thread])
async def test_an_answer_that_began_while_nobody_waited_is_closed(
    stop: Callable[[Any], Awaitable[None]], answer: Answer
) -> None:
    """A wait was cancelled while the stream was opening; who stops it then still holds it."""
    begin = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await begin.wait()
        await answer(writer)

    async with Upstream(late) as upstream:
        stream = open_stream(upstream.client)
        reader = asyncio.ensure_future(stream.__anext__())
        await upstream.came(1)
        reader.cancel()
        await asyncio.wait([reader])
        begin.set()
        await upstream.said_it()
        await stop(stream)
        await upstream.is_left()
        assert stream.end.state == "closed"


@pytest.mark.parametrize("warm", [False, True], ids=["a task opens", "sent at once"])
async def test_a_stop_at_the_moment_the_answer_begins(warm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is over, and the reader that waits for it has not gone on yet."""
    monkeypatch.setenv("GRAVITEX_PRIVATE_AIOHTTP", "on")  # else nothing is sent at once
    begin = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await begin.wait()
        await words()(writer)

    async with Upstream(*[whole("chat")] * warm, late) as upstream:
        if warm:
            await open_stream(upstream.client).final()
        stream = open_stream(upstream.client)
        reader = asyncio.ensure_future(_text(stream))
        await upstream.came(1 + warm)
        opening = stream._engine._opening
        if warm:
            told = opening._begun.then
            opening._begun.then = lambda: (told(), stream.abort())
        else:
            opening._task.add_done_callback(lambda _: stream.abort())
        begin.set()
        assert await asyncio.wait_for(reader, 5) == ""
        await upstream.is_left()


# Runs of tools


def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


async def test_a_run_of_tools_comes_to_the_end() -> None:
    """Its reader gets what had arrived; the turn that was cut is not part of the conversation."""
    async with Upstream(words()) as upstream:
        run = run_tools(upstream.client, model="m", input=MESSAGES, tools=[weather])
        reader = asyncio.ensure_future(_all(run.text()))
        await upstream.said_it()
        run.abort()
        assert "".join(await asyncio.wait_for(reader, 5)) == run.content == WORDS
        assert await _all(run.deltas()) == []
        assert (await run.final()).choices[0].message.content == WORDS
        assert run.messages == MESSAGES
        await upstream.is_left()


async def test_closing_the_stream_of_a_round_ends_the_run() -> None:
    """No further round begins."""
    async with Upstream(words()) as upstream:
        run = run_tools(upstream.client, model="m", input=MESSAGES, tools=[weather])
        async for stream in run.streams():
            await stream.text().__anext__()
            stream.abort()
        assert (len(run.rounds), run.messages, upstream.requests) == (1, MESSAGES, 1)


@pytest.mark.parametrize("stop", [_abort, _aclose, _abort_in_a_thread])
async def test_a_stop_while_tools_run_ends_them_too(
    gateway: LocalGateway, stop: Callable[[Any], Awaitable[None]]
) -> None:
    """The reader comes to the end at once, the tool is cancelled, and no round begins."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    gateway.script(tool_calls=[Call("wait")])
    async with client_of(gateway.url) as client:
        run = run_tools(client, model="m", input="?", tools=[wait])
        reader = asyncio.ensure_future(_all(run.text()))
        await begun.wait()
        await stop(run)
        assert await asyncio.wait_for(reader, 5) == []
        await asyncio.wait_for(ended.wait(), 5)
        assert [message["role"] for message in run.messages] == ["user"]
        assert len(gateway.requests) == 1


async def test_a_run_that_was_left_before_it_began_has_no_answer() -> None:
    """Its views are empty; there is nothing that ``final`` could give."""
    async with Upstream(words()) as upstream:
        run = run_tools(upstream.client, model="m", input=MESSAGES, tools=[weather])
        run.abort()
        assert await _all(run.text()) == []
        with pytest.raises(MisuseError, match="before its first round"):
            await run.final()
        assert upstream.requests == 0
