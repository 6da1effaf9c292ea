"""The story of a run: what happens, in the order in which it does, however it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import groupby
from typing import Any, get_args

import msgspec
import pytest

from gravitex_async import AsyncGravitex, MisuseError, ServerError, StreamInterrupted, Usage
from gravitex_async.errors import ToolRoundsError
from gravitex_async.testing import Call, LocalGateway, Tape, TokenCounts
from gravitex_async.tools import (
    RunEnded,
    RunEvent,
    TextEvent,
    ToolArguments,
    ToolCallBegun,
    ToolResult,
    ToolRun,
    run_tools,
)

from ..captured import Capture, captures

RESOURCES: dict[str, Callable[[AsyncGravitex], Any]] = {
    "chat": lambda client: client.chat.completions,
    "responses": lambda client: client.responses,
    "gemini": lambda client: client.gemini,
}
ALL = pytest.mark.parametrize("dialect", RESOURCES)


async def weather(city: str) -> dict[str, str]:
    """The weather in a city."""
    return {city: "sunny"}


async def broken(city: str) -> str:
    raise KeyError(city)


def started(client: AsyncGravitex, dialect: str = "chat", **options: Any) -> ToolRun[Any]:
    options = {"tools": [weather, broken], **options}
    return run_tools(RESOURCES[dialect](client), model="m", input="?", **options)


async def read(run: ToolRun[Any]) -> list[RunEvent]:
    return [event async for event in run.events()]


async def read_and_fail(run: ToolRun[Any]) -> tuple[list[RunEvent], Exception | None]:
    """What was told before it failed."""
    events: list[RunEvent] = []
    try:
        async for event in run.events():
            events.append(event)
    except Exception as error:
        return events, error
    return events, None


def told(events: Sequence[RunEvent]) -> list[Any]:
    """The story in short: pieces of one text joined, results and ends with what they say."""
    found: list[Any] = []
    for (_, kind, index), group in groupby(events, lambda e: (e.round, e.type, getattr(e, "index", 0))):
        first, *more = group
        text = "".join(getattr(event, "text", getattr(event, "arguments", "")) for event in (first, *more))
        if isinstance(first, ToolCallBegun):
            found.append((kind, index, first.name))
        elif isinstance(first, ToolArguments):
            found.append((kind, index, msgspec.json.decode(text)))
        elif isinstance(first, ToolResult):
            found += [(kind, one.index, one.value, one.error) for one in (first, *more)]  # type: ignore[union-attr]
        else:
            found.append((kind, text) if text else kind)
    return found


def end_of(events: Sequence[RunEvent]) -> RunEnded:
    """The end, which is there once and last."""
    ends = [event for event in events if event.type == "end"]
    assert [events[-1]] == ends
    return ends[0]


@ALL
async def test_the_story_of_a_run(client: AsyncGravitex, gateway: LocalGateway, dialect: str) -> None:
    """Thinking, text, calls with their arguments, results, rounds with their usage, and the end."""
    calls = [Call("weather", {"city": "Oslo"}, "c1"), Call("broken", {"city": "Rome"}, "c2")]
    gateway.script(reasoning="A question.", text="Let me see.", tool_calls=calls, usage=TokenCounts(10, 5))
    gateway.script("Sunny.", usage=TokenCounts(30, 7))
    run = started(client, dialect)
    events = []
    async for event in run.events():
        # What has happened is in the run, too, by the time it is told.
        assert event.type != "text" or event.text in run.content
        events.append(event)
    begun, *round_1 = (event for event in events if event.round == 1)
    assert begun.type == "round_begun"
    *answer, first, second, ended = round_1
    assert told(answer) == [
        ("thinking", "A question."),
        ("text", "Let me see."),
        ("tool_call", 0, "weather"),
        ("tool_arguments", 0, {"city": "Oslo"}),
        ("tool_call", 1, "broken"),
        ("tool_arguments", 1, {"city": "Rome"}),
    ]
    assert isinstance(first, ToolResult)
    assert isinstance(second, ToolResult)
    assert (first.name, first.value, first.error) == ("weather", {"Oslo": "sunny"}, None)
    assert (second.name, second.value, second.error) == ("broken", None, "KeyError: 'Rome'")
    assert msgspec.json.decode(first.arguments) == {"city": "Oslo"}
    assert ended.type == "round_ended"
    assert (ended.usage, bool(ended.finish_reason)) == (Usage(10, 5, 15, 0, 0, "server"), True)
    end = end_of(events)
    assert (end.state, end.reason, end.round, end.error) == ("completed", "stop", 2, None)
    assert end.finish_reason == run.rounds[-1].finish_reason
    assert end.usage == run.usage == Usage(40, 12, 52, 0, 0, "server")
    assert told([event for event in events if event.round == 2]) == [
        "round_begun", ("text", "Sunny."), "round_ended", "end",
    ]  # fmt: skip
    assert await read(run) == []
    ids = {(event.index, event.id) for event in events if isinstance(event, (ToolCallBegun, ToolResult))}
    assert ids == {(call.index, call.id) for call in run.rounds[0].tool_calls}


@ALL
async def test_cuts_do_not_matter(client: AsyncGravitex, gateway: LocalGateway, dialect: str) -> None:
    """Byte by byte, or at random: the story is the same."""
    stories = []
    for fault in (None, {"kind": "bytewise"}, {"kind": "split", "seed": 1}, {"kind": "split", "seed": 2}):
        gateway.script(
            reasoning="Hm. æøå 🙂", text="Let me see: 🙂.", tool_calls=[("weather", {"city": "Å 🙂"})]
        )
        gateway.script("It is sunny in Å.")
        if fault:
            gateway.fault(**fault, count=2)
        stories.append(told(await read(started(client, dialect))))
    assert stories[1:] == stories[:1] * 3
    assert ("tool_arguments", 0, {"city": "Å 🙂"}) in stories[0]


RECORDED = [
    capture
    for folder in RESOURCES
    for capture in captures(folder, ".sse")
    if not capture.expect.get("error") and capture.status == 200
]


@pytest.mark.parametrize("capture", RECORDED, ids=lambda capture: capture.name)
async def test_recorded_answers(client: AsyncGravitex, gateway: LocalGateway, capture: Capture) -> None:
    """The pieces add up to what the stream holds, whatever a provider sends and wherever it is cut."""
    gateway.play(capture.tape(seed=1))
    run = started(client, capture.name.partition("/")[0], max_rounds=1, tools=[], max_retries=0)
    events, error = await read_and_fail(run)
    assert end_of(events).error == (None if error is None else type(error).__name__)
    stream = run.rounds[0]
    texts: dict[str, str] = {"text": "", "thinking": "", "refusal": ""}
    calls: dict[int, tuple[str, str]] = {}
    for event in events:
        if event.type in texts:
            texts[event.type] += event.text  # type: ignore[union-attr]
        elif event.type == "tool_call":
            assert event.index not in calls
            calls[event.index] = (event.name, "")
        elif event.type == "tool_arguments":
            name, arguments = calls[event.index]
            calls[event.index] = (name, arguments + event.arguments)
        assert msgspec.json.decode(event.to_json(), type=RunEvent) == event
    revised = stream.end.revised
    assert "content" in revised or texts["text"] == stream.content
    assert "reasoning_content" in revised or texts["thinking"] == stream.reasoning_content
    assert "refusal" in revised or texts["refusal"] == stream.refusal
    if "tool_calls" not in revised:
        assert calls == {call.index: (call.name, call.arguments) for call in stream.tool_calls}
    assert end_of(events).usage == stream.usage


async def test_results_come_as_the_tools_finish(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The last call first, while the first one still runs; the request has them in their own order."""
    free = {name: asyncio.Event() for name in "abc"}
    order = iter("cab")

    async def wait(name: str) -> str:
        if name == "c":  # the last to begin
            free[next(order)].set()
        await free[name].wait()
        return name

    gateway.script(tool_calls=[Call("wait", {"name": name}) for name in free])
    run = started(client, tools=[wait])
    given = []
    async for event in run.events():
        if event.type == "tool_result":
            given.append(event.value)
            free[next(order, "c")].set()
    assert given == ["c", "a", "b"]
    sent: Any = gateway.requests[-1].json
    assert [turn["content"] for turn in sent["messages"] if turn["role"] == "tool"] == ["a", "b", "c"]


async def _aclose(run: ToolRun[Any]) -> None:
    await run.aclose()


async def _abort(run: ToolRun[Any]) -> None:
    run.abort()


async def _abort_in_a_thread(run: ToolRun[Any]) -> None:
    thread = threading.Thread(target=run.abort)
    thread.start()
    thread.join()


@ALL
@pytest.mark.parametrize("stop", [_aclose, _abort, _abort_in_a_thread])
@pytest.mark.parametrize("moment", ["not begun", "text", "tools", "over"])
async def test_a_stop_is_told(
    client: AsyncGravitex,
    gateway: LocalGateway,
    dialect: str,
    stop: Callable[[ToolRun[Any]], Any],
    moment: str,
) -> None:
    """From another task, at any moment: the story ends, at once, and says so; it is no error."""
    there, never = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        there.set()
        await never.wait()

    async def quick() -> str:
        return "done"

    gateway.script(text="word " * 9, tool_calls=[] if moment == "over" else [Call("quick"), Call("wait")])
    if moment == "text":
        gateway.fault("stall", after_events=8)
    run = started(client, dialect, tools=[wait, quick])
    events: list[RunEvent] = []

    async def reader() -> None:
        async for event in run.events():
            events.append(event)
            if event.type in {"text": ("text",), "over": ("end",), "tools": ("tool_result",)}.get(moment, ()):
                there.set()

    if moment == "not begun":
        await stop(run)
    reading = asyncio.ensure_future(reader())
    if moment != "not begun":
        await there.wait()
        await asyncio.sleep(0)
        await stop(run)
    await asyncio.wait_for(reading, 5)
    end = end_of(events)
    assert end.error is None
    assert (end.state, end.round) == {
        "not begun": ("closed", 0),
        "over": ("completed", 1),
    }.get(moment, ("closed", 1))
    assert ("round_ended" in told(events)) == (moment == "over")
    assert len(gateway.requests) == (moment != "not begun")
    assert await read(run) == []


async def test_a_tool_that_will_not_stop_holds_nobody_up(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """The story ends while the tool still runs."""
    begun, asked, free = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        try:
            await free.wait()
        except asyncio.CancelledError:
            asked.set()
            await free.wait()

    gateway.script(tool_calls=[Call("stubborn")])
    run = started(client, tools=[stubborn])
    reading = asyncio.ensure_future(read(run))
    await begun.wait()
    run.abort()
    assert end_of(await asyncio.wait_for(reading, 2)).state == "closed"
    await asyncio.wait_for(asked.wait(), 2)
    free.set()


async def test_leaving_a_run_that_is_over_changes_nothing(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """The end of ``async with`` is no stop."""
    async with started(client) as run:
        await run.final()
    assert end_of(await read(run)).state == "completed"


async def test_closing_the_stream_of_a_round_is_told(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """It ends the run."""
    gateway.script("one two three")
    run = started(client)
    events = []
    async for event in run.events():
        events.append(event)
        run.rounds[0].abort()
    assert end_of(events).state == "closed"
    assert "round_ended" not in told(events)


async def test_cancelling_a_read_loses_nothing(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """In the midst of the text, of a call, of the tools: the story goes on where it was."""
    free = asyncio.Event()
    times = []

    async def wait(city: str) -> str:
        times.append(city)
        await free.wait()
        return "done"

    gateway.script(text="one two", tool_calls=[Call("wait", {"city": "Oslo"})])
    gateway.script("three four")
    gateway.fault("drip", seconds=0.0002, count=2)
    run = started(client, tools=[wait])
    events: list[RunEvent] = []
    view = run.events()
    cancelled = 0
    while not events or events[-1].type != "end":
        reading = asyncio.ensure_future(anext(view))
        while not reading.done():
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if reading.cancel():
                cancelled += 1
            await asyncio.wait([reading])
            if reading.cancelled():
                if times and cancelled % 50 == 0:
                    free.set()
                reading = asyncio.ensure_future(anext(view))
        events.append(reading.result())
    assert told(events) == [
        "round_begun", ("text", "one two"), ("tool_call", 0, "wait"), ("tool_arguments", 0, {"city": "Oslo"}),
        ("tool_result", 0, "done", None), "round_ended",
        "round_begun", ("text", "three four"), "round_ended", "end",
    ]  # fmt: skip
    assert times == ["Oslo"]
    assert cancelled > 50


async def test_a_second_view_goes_on(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The story is the run's: no view tells what another has told."""
    gateway.script(text="one two", tool_calls=[("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})])
    gateway.script("three")
    run = started(client)
    events: list[RunEvent] = []
    while True:
        try:
            events.append(await anext(run.events()))
        except StopAsyncIteration:
            break
    gateway.script(text="one two", tool_calls=[("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})])
    gateway.script("three")
    assert told(events) == told(await read(started(client)))


async def test_other_views_between(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """What another view has read is not told; the rounds, the results and the end are."""
    gateway.script(text="one two", tool_calls=[("weather", {"city": "Oslo"})])
    gateway.script("three four")
    run = started(client)
    assert await anext(run.text()) == "one"
    story = run.events()
    events = [await anext(story), await anext(story)]
    assert told(events) == ["round_begun", ("text", " two")]
    async for text in run.text():
        if text == "three":
            break
    assert told([event async for event in story]) == [
        "round_ended", "round_begun", ("text", " four"), "round_ended", "end",
    ]  # fmt: skip
    whole = started(client)
    await whole.final()
    assert told(await read(whole)) == ["round_begun", "round_ended", "end"]


def broken_off(gateway: LocalGateway) -> None:
    gateway.script("one two three")
    gateway.fault("truncate", after_events=3)


def refused(gateway: LocalGateway) -> None:
    gateway.script(error="broken", status=500)


def calls_on(gateway: LocalGateway) -> None:
    gateway.script(tool_calls=[("weather", {"city": "Oslo"})], times=None)


@ALL
@pytest.mark.parametrize(
    ("fail", "error", "state"),
    [
        (broken_off, StreamInterrupted, "interrupted"),
        (refused, ServerError, "failed"),
        (calls_on, ToolRoundsError, "incomplete"),
    ],
)
async def test_a_failure_is_told_and_raised(
    client: AsyncGravitex,
    gateway: LocalGateway,
    dialect: str,
    fail: Callable[[LocalGateway], None],
    error: type[Exception],
    state: str,
) -> None:
    """The end says what was wrong, to whoever is told of it; reading on raises, as often as it is tried."""
    fail(gateway)
    run = started(client, dialect, max_rounds=2, max_retries=0)
    events, first = await read_and_fail(run)
    nothing, second = await read_and_fail(run)
    assert (type(first), type(second), nothing) == (error, error, [])
    assert (end_of(events).state, end_of(events).error) == (state, error.__name__)
    with pytest.raises(error):
        await run.final()


async def test_two_readers_are_no_end(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A mistake of whoever comes second does not end the story of the first."""
    begun, free = asyncio.Event(), asyncio.Event()

    async def wait() -> str:
        begun.set()
        await free.wait()
        return "done"

    gateway.script(tool_calls=[Call("wait")])
    run = started(client, tools=[wait])
    reading = asyncio.ensure_future(read(run))
    await begun.wait()
    with pytest.raises(MisuseError, match="one reader"):
        await anext(run.events())
    free.set()
    assert end_of(await reading).state == "completed"


async def test_calls_that_do_not_run(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Of a cut answer, of tools that are the caller's own: they are told, and have no result."""
    gateway.script(tool_calls=[Call("weather", '{"city": "Os')], finish_reason="length")
    events = await read(started(client))
    assert [event for event in events if event.type == "tool_call"]
    assert not [event for event in events if event.type == "tool_result"]
    assert (end_of(events).state, end_of(events).reason) == ("incomplete", "length")
    gateway.script(tool_calls=[Call("pay", {"sum": 3})])
    pay = {"type": "function", "function": {"name": "pay"}}
    events = await read(started(client, tools=[pay]))
    assert told(events) == [
        "round_begun", ("tool_call", 0, "pay"), ("tool_arguments", 0, {"sum": 3}), "round_ended", "end",
    ]  # fmt: skip
    assert (end_of(events).state, end_of(events).reason) == ("completed", "tool_calls")


def fragment(**fields: Any) -> bytes:
    choice = {"delta": {"tool_calls": [{"index": 0, **fields}]}}
    return b"data: " + msgspec.json.encode({"choices": [choice]}) + b"\n\n"


@pytest.mark.parametrize("named", [True, False])
async def test_a_name_that_comes_late(client: AsyncGravitex, gateway: LocalGateway, named: bool) -> None:
    """A call is told of when its name is known, else when the answer is whole; nothing of it is lost."""
    end = b'data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n'
    body = fragment(id="c1", function={"arguments": '{"city":'})
    body += fragment(function={"name": "weather"}) * named + fragment(function={"arguments": '"Oslo"}'}) + end
    gateway.play(Tape(body))
    events = await read(started(client))
    call = next(event for event in events if event.type == "tool_call")
    assert (call.id, call.name) == ("c1", "weather" if named else "")
    assert ("tool_arguments", 0, {"city": "Oslo"}) in told(events)


async def test_other_choices_are_not_told(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The story is that of choice 0."""
    body = (
        b'data: {"choices":[{"index":1,"delta":{"content":"no"}},{"index":0,"delta":{"content":"yes"}}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"},'
        b'{"index":1,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    gateway.play(Tape(body))
    assert told(await read(started(client))) == ["round_begun", ("text", "yes"), "round_ended", "end"]


async def test_a_refusal_is_told(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Piece by piece, as text is."""
    gateway.script(refusal="I will not.")
    assert ("refusal", "I will not.") in told(await read(started(client)))


async def test_events_travel(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A web backend sends them to its page as they are, and whoever reads them there has the same."""

    async def lines() -> AsyncIterator[str]:
        async for event in started(client).events():
            yield f"data: {event.to_json()}\n\n"

    gateway.script(text="a", tool_calls=[("weather", {"city": "Oslo"}), ("broken", {"city": "Rome"})])
    gateway.script("b")
    sent = [line async for line in lines()]
    events = [msgspec.json.decode(line.removeprefix("data: "), type=RunEvent) for line in sent]
    assert [f"data: {event.to_json()}\n\n" for event in events] == sent
    assert [dict(event)["type"] for event in events] == [event.type for event in events]
    assert msgspec.convert(events[0].to_dict(), RunEvent) == events[0]
    assert {event.type for event in events} <= {str(cls.__struct_config__.tag) for cls in get_args(RunEvent)}


def test_every_event_says_its_type_in_three_places_alike() -> None:
    """On the wire, at run time, and to type checkers."""
    for cls in get_args(RunEvent):
        annotation = cls.__annotations__["type"]
        assert annotation.replace('"', "'") == f"ClassVar[Literal[{cls.type!r}]]"
        assert cls.__struct_config__.tag == cls.type
    assert TextEvent(round=1, text="a").to_dict() == {"type": "text", "round": 1, "text": "a"}
