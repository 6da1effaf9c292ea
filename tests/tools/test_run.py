"""The tool loop: the same small program in every dialect, and what can go wrong in it."""

from __future__ import annotations

import asyncio
import gc
import pickle
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, Delta, MisuseError, ServerError, Usage
from gravitex_async.chat import ChatCompletion
from gravitex_async.errors import ToolRoundsError
from gravitex_async.responses import Response
from gravitex_async.testing import Call, LocalGateway, TokenCounts
from gravitex_async.tools import Tool, ToolRun, run_tools

from ..documents import sample

RESOURCES: dict[str, Callable[[AsyncGravitex], Any]] = {
    "chat": lambda client: client.chat.completions,
    "responses": lambda client: client.responses,
    "gemini": lambda client: client.gemini,
}
ALL = pytest.mark.parametrize("dialect", RESOURCES)


async def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


def add(a: int, b: int = 1) -> int:
    """The sum of two numbers."""
    return a + b


def results(gateway: LocalGateway, request: int = -1) -> list[tuple[str, str, Any]]:
    """Id, name and result of every tool result in a request, whatever its dialect."""
    body: Any = gateway.requests[request].json
    found = []
    names = {}
    for turn in turns(body):
        if turn.get("role") == "tool":
            found.append((turn["tool_call_id"], turn["name"], turn["content"]))
        elif turn.get("type") == "function_call_output":
            found.append((turn["call_id"], names[turn["call_id"]], turn["output"]))
        elif turn.get("type") == "function_call":
            names[turn["call_id"]] = turn["name"]
        for part in turn.get("parts") or ():
            if "functionResponse" in part:
                given = part["functionResponse"]
                found.append((given.get("id", ""), given["name"], given["response"]))
    return found


def turns(body: Any) -> list[Any]:
    """The conversation in a request, whatever its dialect."""
    found: list[Any] = body.get("messages") or body.get("contents") or body["input"]
    return found


def said(result: Any) -> str:
    """The text in a result: Gemini's is an object."""
    return result if isinstance(result, str) else str(next(iter(result.values())))


@ALL
async def test_the_same_small_program_everywhere(
    client: AsyncGravitex, gateway: LocalGateway, dialect: str
) -> None:
    """Calls run at once, their results go back in order, and everything streams."""
    gateway.script(
        text="Let me see.",
        tool_calls=[Call("weather", {"city": "Oslo"}, "c1"), Call("add", {"a": 2}, "c2")],
        usage=TokenCounts(10, 5),
    )
    gateway.script(text="Sunny, and three.", usage=TokenCounts(30, 7))
    resource = RESOURCES[dialect](client)
    async with run_tools(
        resource, model="m", input="Weather in Oslo, and 2 + 1?", tools=[weather, add]
    ) as run:
        deltas = [delta async for delta in run]
        answer = await run.final()
    assert all(isinstance(delta, Delta) for delta in deltas)
    assert "".join(delta.content for delta in deltas) == "Let me see.Sunny, and three."
    assert run.content == "Sunny, and three."
    assert [name for _, name, _ in results(gateway)] == ["weather", "add"]
    assert [said(result) for *_, result in results(gateway)] == ["sunny in Oslo", "3"]
    assert run.usage == Usage(40, 12, 52, 0, 0, "server")
    assert len(run.rounds) == 2
    assert run.rounds[-1].arrived == answer
    assert len(gateway.requests) == 2
    sent: Any = gateway.requests[-1].json
    assert run.messages == [*turns(sent), *run.rounds[-1].to_input()]
    assert run.input == run.messages


@ALL
async def test_a_run_goes_on_where_it_was(client: AsyncGravitex, gateway: LocalGateway, dialect: str) -> None:
    """The messages of a run are the input of the next one."""
    gateway.script(tool_calls=[Call("weather", {"city": "Oslo"})])
    first = run_tools(RESOURCES[dialect](client), model="m", input="Weather?", tools=[weather])
    await first.final()
    second = run_tools(RESOURCES[dialect](client), model="m", input=first.messages, tools=[weather])
    await second.final()
    assert second.messages[: len(first.messages)] == first.messages
    assert len(second.messages) == len(first.messages) + 1


async def test_definitions_in_chat(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Functions are described from their signatures; definitions of the caller's go out as they are."""
    search = {"type": "function", "function": {"name": "googleSearch"}}
    run = run_tools(
        client,
        model="m",
        messages=[{"role": "user", "content": "hi"}],
        tools=[weather, search],
        temperature=0,
    )
    assert isinstance(await run.final(), ChatCompletion)
    body: Any = gateway.requests[-1].json
    assert body["temperature"] == 0
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "The weather in a city.",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                    "additionalProperties": False,
                },
            },
        },
        search,
    ]


async def test_definitions_in_gemini(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """One element declares the functions, the server's own tools stand beside it."""

    def now() -> str:
        """The time."""
        return "now"

    def free(data: dict[str, Any]) -> str:
        """Anything."""
        return "free"

    tools = [weather, now, free, {"googleSearch": {}}]
    await run_tools(client.gemini, model="m", contents="hi", tools=tools).final()
    body: Any = gateway.requests[-1].json
    declared = body["tools"][0]["functionDeclarations"]
    assert body["tools"][1:] == [{"googleSearch": {}}]
    assert declared[0]["parameters"]["properties"] == {"city": {"type": "string"}}
    assert declared[1] == {"name": "now", "description": "The time."}
    assert declared[2]["parametersJsonSchema"]["required"] == ["data"]


async def test_definitions_in_responses(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The flat form; not strict, which would refuse parameters that may be absent."""
    search = {"type": "web_search_preview"}
    run = run_tools(client.responses, model="m", input="hi", tools=[add, search], store=False)
    assert isinstance(await run.final(), Response)
    body: Any = gateway.requests[-1].json
    assert body["store"] is False
    assert body["tools"][1] == search
    declared = body["tools"][0]
    assert (declared["type"], declared["name"], declared["strict"]) == ("function", "add", False)
    assert declared["parameters"]["required"] == ["a"]


async def test_the_nested_form_in_responses(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """The form that Gravitex documents, for who asks for it; definitions go out as they are written."""
    flat = {"type": "function", "name": "pay", "parameters": {"type": "object", "properties": {}}}
    gateway.script(tool_calls=[Call("weather", {"city": "Oslo"})])
    run = run_tools(client.responses, model="m", input="?", tools=[weather, flat], tool_form="nested")
    await run.final()
    body: Any = gateway.requests[0].json
    documented = sample("002", '"function"')["tools"][0]
    declared = body["tools"][0]
    assert declared.keys() == documented.keys()
    assert declared["function"].keys() - {"strict"} == documented["function"].keys()
    assert declared["function"]["name"] == "weather"
    assert body["tools"][1] == flat
    assert len(gateway.requests) == 2


@pytest.mark.parametrize("dialect", ["chat", "gemini"])
def test_other_dialects_have_one_form(client: AsyncGravitex, dialect: str) -> None:
    """To ask for another is a mistake."""
    with pytest.raises(MisuseError, match=r"tool_form='nested' is for client\.responses"):
        run_tools(RESOURCES[dialect](client), model="m", input="?", tools=[weather], tool_form="nested")
    with pytest.raises(MisuseError, match="expected tool_form as 'flat' or 'nested', got 'flatt'"):
        run_tools(RESOURCES[dialect](client), model="m", input="?", tools=[weather], tool_form="flatt")


class Unprintable:
    pass


async def failing(city: str) -> str:
    raise KeyError(city)


async def slow() -> str:
    await asyncio.Event().wait()
    return "never"


async def gives_up() -> str:
    raise asyncio.CancelledError


PROBLEMS = [
    (Call("failing", {"city": "Oslo"}), "Error: KeyError: 'Oslo'"),
    (Call("slow", "{}"), "Error: TimeoutError: slow did not finish within 0.05 s"),
    (Call("gives_up", "{}"), "Error: RuntimeError: gives_up was cancelled"),
    (Call("wether", "{}"), "Error: LookupError: there is no tool 'wether'; the tools are: failing, slow, "),
    (Call("weather", '{"town": "Oslo"}'), "Error: ValueError: bad arguments for weather: Object contains"),
    (
        Call("weather", '{"city": "Os'),
        "Error: ValueError: bad arguments for weather: Input data was truncated",
    ),
    (Call("opaque", "{}"), "Error: TypeError: the result of opaque has no JSON form: "),
]


@ALL
async def test_what_goes_wrong_is_told_to_the_model(
    client: AsyncGravitex, gateway: LocalGateway, dialect: str
) -> None:
    """In words it can act on; the other calls of the round are not disturbed."""

    def opaque() -> Unprintable:
        return Unprintable()

    # Gemini has no arguments that are no JSON.
    problems = PROBLEMS if dialect != "gemini" else [one for one in PROBLEMS if "truncated" not in one[1]]
    gateway.script(tool_calls=[call for call, _ in problems] + [Call("weather", {"city": "Rome"})])
    tools = [failing, Tool(slow, timeout=0.05), gives_up, weather, opaque]
    await run_tools(RESOURCES[dialect](client), model="m", input="?", tools=tools).final()
    given = [said(result) for *_, result in results(gateway)]
    for text, (_, expected) in zip(given, problems, strict=False):
        assert text.startswith(expected)
    assert given[-1] == "sunny in Rome"


async def test_ids_match_what_came(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Whatever style of id the model has."""
    ids = ["call_1", "toolu_01", "x", "9f"]
    gateway.script(tool_calls=[Call("weather", {"city": id_}, id_) for id_ in ids])
    await run_tools(client, model="m", input="?", tools=[weather]).final()
    assert [(id_, result) for id_, _, result in results(gateway)] == [(id_, f"sunny in {id_}") for id_ in ids]


async def test_calls_of_one_round_run_at_once(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Each waits for the other: one after the other they would never end."""
    barrier = threading.Barrier(2, timeout=5)
    met = asyncio.Event()

    def in_thread() -> str:
        barrier.wait()
        return "met"

    async def first() -> str:
        await met.wait()
        return "met"

    async def second() -> str:
        met.set()
        return "met"

    gateway.script(tool_calls=[Call(name) for name in ("in_thread", "in_thread", "first", "second")])
    await run_tools(client, model="m", input="?", tools=[in_thread, first, second]).final()
    assert [result for *_, result in results(gateway)] == ["met"] * 4


@ALL
async def test_the_rounds_are_limited(client: AsyncGravitex, gateway: LocalGateway, dialect: str) -> None:
    """The error carries the conversation, the last answer and what it all cost; and it pickles."""
    gateway.script(tool_calls=[Call("weather", {"city": "Oslo"})], usage=TokenCounts(1, 1), times=None)
    run = run_tools(RESOURCES[dialect](client), model="m", input="?", tools=[weather], max_rounds=3)
    for _ in range(2):
        with pytest.raises(ToolRoundsError, match="still calls weather after 3 rounds") as caught:
            await run.final()
    assert len(gateway.requests) == 3
    error = pickle.loads(pickle.dumps(caught.value)) if dialect == "chat" else caught.value
    assert error.usage.total_tokens == 6
    assert error.messages == run.messages
    assert len(error.messages) == 5
    assert error.partial == run.rounds[-1].arrived


async def test_a_forced_call_is_forced_once(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Forced in every round the model could never answer."""
    forced: Any = {"type": "function", "function": {"name": "weather"}}
    for choice in ("required", forced):
        run = run_tools(client, model="m", input="?", tools=[weather], tool_choice=choice)
        assert "sunny" in str((await run.final()).choices[0].message.content)
        first, second = (request.json for request in gateway.requests[-2:])
        assert first["tool_choice"] == choice  # type: ignore[index]  # a JSON object
        assert "tool_choice" not in second  # type: ignore[operator]  # a JSON object
    config = {"function_calling_config": {"mode": "ANY"}, "retrieval_config": {"language_code": "no"}}
    await run_tools(client.gemini, model="m", input="?", tools=[weather], tool_config=config).final()
    first, second = (request.json for request in gateway.requests[-2:])
    assert first["toolConfig"]["functionCallingConfig"] == {"mode": "ANY"}  # type: ignore[index]  # JSON
    assert second["toolConfig"] == {"retrievalConfig": {"languageCode": "no"}}  # type: ignore[index]  # JSON


async def test_a_call_of_the_caller_s_own_ends_the_run(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A function given as a definition is the caller's to answer; nothing of that round runs."""
    ran = []

    def note(text: str) -> None:
        ran.append(text)

    pay = {
        "type": "function",
        "function": {"name": "pay", "parameters": {"type": "object", "properties": {}}},
    }
    gateway.script(tool_calls=[Call("note", {"text": "a"}), Call("pay")])
    run = run_tools(client, model="m", input="?", tools=[note, pay])
    answer = await run.final()
    assert [call.name for call in run.rounds[-1].tool_calls] == ["note", "pay"]
    assert run.messages[-1] == answer.to_input()[0]
    assert not ran


async def test_a_cut_answer_ends_the_run(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Its calls may not be whole."""
    gateway.script(tool_calls=[Call("weather", '{"city": "Os')], finish_reason="length")
    run = run_tools(client, model="m", input="?", tools=[weather])
    assert (await run.final()).choices[0].finish_reason == "length"
    assert len(gateway.requests) == 1


async def test_rounds_can_be_read_one_by_one(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Each is an ordinary stream, in any view; what is left of one is read before the next begins."""
    gateway.script(text="one two", tool_calls=[Call("weather", {"city": "Oslo"})])
    gateway.script("three four")
    seen = []
    run = run_tools(client, model="m", input="?", tools=[weather])
    async for stream in run.streams():
        async for text in stream.text():
            seen.append(text)
            break
    assert seen == ["one", "three"]
    assert [stream.content for stream in run.rounds] == ["one two", "three four"]


async def test_views_can_be_changed_on_the_way(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A second view goes on where the first one stood."""
    gateway.script(text="one two three", tool_calls=[Call("weather", {"city": "Oslo"})])
    gateway.script("four")
    run = run_tools(client, model="m", input="?", tools=[weather])
    assert await anext(run.text()) == "one"
    assert [text async for text in run.text()] == [" two", " three", "four"]
    assert [text async for text in run.text()] == []


async def test_a_round_that_fails_raises(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """As its stream would, and the exchanges before it can go into another run."""
    gateway.script(tool_calls=[Call("weather", {"city": "Oslo"})])
    gateway.script(error="broken", status=500)
    run = run_tools(client, model="m", input="?", tools=[weather], max_retries=0)
    for _ in range(2):
        with pytest.raises(ServerError, match="broken"):
            await run.final()
    assert [turn["role"] for turn in run.messages] == ["user", "assistant", "tool"]
    again = run_tools(client, model="m", input=run.messages, tools=[weather])
    assert "sunny in Oslo" in str((await again.final()).choices[0].message.content)


@pytest.mark.parametrize("view", ["final", "deltas", "text", "streams", "events"])
async def test_cancelling_a_read_while_tools_run_loses_nothing(
    client: AsyncGravitex, gateway: LocalGateway, view: str
) -> None:
    """They run on, once, and the next read takes what they gave."""
    begun, free = asyncio.Event(), asyncio.Event()
    times = []

    async def slowly() -> str:
        times.append(1)
        begun.set()
        await free.wait()
        return "done"

    async def read() -> None:
        if view == "final":
            await run.final()
        else:
            async for _ in getattr(run, view)():
                pass

    gateway.script(tool_calls=[Call("slowly")])
    run = run_tools(client, model="m", input="?", tools=[slowly])
    reading = asyncio.ensure_future(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert len(run.messages) == 1
    free.set()
    await read()
    assert (await run.final()).choices[0].message.content == "The tool says: done"
    assert (len(times), len(gateway.requests)) == (1, 2)


async def leave_by_the_block(run: ToolRun[Any], reading: asyncio.Future[Any]) -> None:
    async with run:
        reading.cancel()


async def leave_by_aclose(run: ToolRun[Any], reading: asyncio.Future[Any]) -> None:
    await run.aclose()


@pytest.mark.parametrize("leave", [leave_by_the_block, leave_by_aclose])
async def test_leaving_while_tools_run_cancels_them(
    client: AsyncGravitex, gateway: LocalGateway, leave: Callable[..., Awaitable[None]]
) -> None:
    """They are let clean up; the history holds whole exchanges only."""
    begun = asyncio.Event()
    ends = []

    async def forever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ends.append("cleaned up")

    gateway.script(tool_calls=[Call("forever"), Call("forever")])
    run = run_tools(client, model="m", input="?", tools=[forever])
    reading = asyncio.ensure_future(run.final())
    await begun.wait()
    await leave(run, reading)
    assert ends == ["cleaned up"] * 2
    await asyncio.wait([reading])
    assert len(run.messages) == 1
    assert [text async for text in run.text()] == []
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("how", ["dropped", "cancelled"])
async def test_dropping_a_run_cancels_its_tools(
    client: AsyncGravitex, gateway: LocalGateway, how: str
) -> None:
    """Without a garbage collector: whoever holds neither run nor view gets no results."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def forever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def quick() -> str:
        await begun.wait()
        return "done"

    async def read(until: str) -> None:
        async for event in run_tools(client, model="m", input="?", tools=[forever, quick]).events():
            if event.type == until:
                break

    gateway.script(tool_calls=[Call("forever"), Call("quick")])
    gc.disable()
    try:
        if how == "dropped":
            await read("tool_result")
        else:
            reading = asyncio.ensure_future(read("end"))
            await begun.wait()
            reading.cancel()
            await asyncio.wait([reading])
        await asyncio.wait_for(ended.wait(), 5)
    finally:
        gc.enable()


async def test_a_tool_may_end_its_own_run(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """As any other task may."""
    ended = asyncio.Event()

    async def enough() -> None:
        try:
            await run.aclose()
        finally:
            ended.set()

    gateway.script(tool_calls=[Call("enough")])
    run = run_tools(client, model="m", input="?", tools=[enough])
    await asyncio.wait_for(run.final(), 5)
    await asyncio.wait_for(ended.wait(), 5)
    assert len(gateway.requests) == 1


async def test_what_is_no_ordinary_exception_goes_through(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """It is not for the model; the other tools of the round are cancelled first."""
    ends = []

    class Stop(BaseException):
        pass

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cleaned up")

    async def stop() -> None:
        await asyncio.sleep(0)
        raise Stop

    gateway.script(tool_calls=[Call("forever"), Call("stop")])
    run = run_tools(client, model="m", input="?", tools=[forever, stop])
    for _ in range(2):
        with pytest.raises(Stop):
            await run.final()
    assert ends == ["cleaned up"]


async def test_cancelling_a_read_loses_nothing(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A limit around one step of a run can be followed by the next step."""
    gateway.script(text=["a", "b"], tool_calls=[Call("weather", {"city": "Oslo"})])
    gateway.fault("stall", after_events=2)
    run = run_tools(client, model="m", input="?", tools=[weather])
    view = run.deltas()
    assert (await anext(view)).content == "a"
    for _ in range(2):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(view), 0.02)
    assert run.content == "a"
    run.abort()
    await gateway.wait_connections(0)


async def test_leaving_closes_the_stream(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """By the block's end, or by dropping the run with the garbage collector off."""
    gateway.fault("stall", after_events=2, count=None)
    async with run_tools(client, model="m", input="count to 9", tools=[weather]) as run:
        async for _ in run:
            break
    assert (await gateway.wait_closed(0)).closed_by_peer
    assert (await run.final()).choices[0].message.content == run.content != ""
    gc.disable()
    try:
        async for _ in run_tools(client, model="m", input="count to 9", tools=[weather]):
            break
        assert (await gateway.wait_closed(1)).closed_by_peer
    finally:
        gc.enable()


async def test_one_reader_at_a_time(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """A second one would run the tools twice."""
    begun, free = asyncio.Event(), asyncio.Event()

    async def wait() -> str:
        begun.set()
        await free.wait()
        return "done"

    gateway.script(tool_calls=[Call("wait")])
    run = run_tools(client, model="m", input="?", tools=[wait])
    reading = asyncio.ensure_future(run.final())
    await begun.wait()
    with pytest.raises(MisuseError, match="one reader"):
        await run.final()
    free.set()
    await reading


async def test_a_timeout_around_everything_can_be_switched_off(
    client: AsyncGravitex, gateway: LocalGateway
) -> None:
    """A tool's own limit goes before that of the run."""
    gateway.script(tool_calls=[Call("slow"), Call("weather", {"city": "Oslo"})])
    run = run_tools(client, model="m", input="?", tools=[slow, Tool(weather, timeout=9)], tool_timeout=0.01)
    await run.final()
    assert [result for *_, result in results(gateway)][1] == "sunny in Oslo"
    gateway.script(tool_calls=[Call("weather", {"city": "Oslo"})])
    await run_tools(client, model="m", input="?", tools=[weather], tool_timeout=None).final()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "neither"),
        ({"input": "a", "messages": [{"role": "user", "content": "a"}]}, "both"),
        ({"input": "a", "max_rounds": 0}, "expected max_rounds as a whole number from 1, got 0"),
        ({"input": "a", "max_rounds": "3"}, "got '3'"),
        ({"input": "a", "max_rounds": True}, "got True"),
        ({"input": "a", "tool_timeout": "20"}, "expected tool_timeout as seconds above 0 or None, got '20'"),
        ({"input": "a", "tool_timeout": 0}, "None is no limit"),
        ({"input": "a", "tools": [weather, Tool(add, name="weather")]}, "different names"),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(
    client: AsyncGravitex, arguments: dict[str, Any], complaint: str
) -> None:
    """In the call itself, not at the first read."""
    with pytest.raises(MisuseError, match=complaint):
        run_tools(client, **{"model": "m", "tools": [weather], **arguments})


async def test_a_repr_says_where_a_run_stands(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The round and its stream; nothing of what is said."""
    run = run_tools(client, model="m", input="sEcReT?", tools=[weather], max_rounds=3)
    assert repr(run) == "<ToolRun round 0 of 3: not sent>"
    gateway.script("sEcReT")
    await run.final()
    assert re.fullmatch(r"<ToolRun round 1 of 3: <ChatStream completed: stop, \d events>>", repr(run))
    assert repr(gateway).startswith(f"<LocalGateway {gateway.url} <1 requests")


def test_what_is_no_resource() -> None:
    """The message names what can be given."""
    with pytest.raises(MisuseError, match=r"client\.gemini"):
        run_tools("chat", model="m", input="a", tools=[])
