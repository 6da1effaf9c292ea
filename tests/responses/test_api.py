"""``client.responses`` against a gateway: plain, streamed, retrieved, resumed, failed."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from gravitex_async import (
    APIError,
    AsyncGravitex,
    BadRequestError,
    DecodeError,
    MisuseError,
    NotFoundError,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from gravitex_async._json import dumps
from gravitex_async.responses import (
    CompletedEvent,
    MessageItem,
    OutputTextDeltaEvent,
    ReasoningItem,
    Response,
    ResponsesStream,
    UnknownEvent,
    tool_result,
)
from gravitex_async.testing import Call, LocalGateway, Tape

from .wire import COMPLETED, CREATED, event, frame, message, text

ASK: dict[str, Any] = {"model": "gpt-5.2", "input": "Hello there"}


async def test_plain_answer(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A plain call gives the response, its body kept as it came."""
    answer = await client.responses.create(**ASK)
    assert isinstance(answer, Response)
    assert (answer.output_text, answer.status) == ("You said: Hello there", "completed")
    assert answer.raw is not None
    assert b'"resp_local_' in answer.raw
    assert gateway.requests[-1].json == ASK


@pytest.mark.parametrize("style", ["official", "documents"])
async def test_streamed_answer(gateway: LocalGateway, client: AsyncGravitex, style: str) -> None:
    """Events, deltas, text and the final response say the same, in OpenAI's form and in the documents'."""
    tool = {"type": "function", "name": "f", "parameters": {}}
    script: dict[str, Any] = {"text": ["Hel", "lo"], "tool_calls": [Call("f", ["{", "}"], "call_1")]}
    for _ in range(3):
        gateway.script(**script, style=style)
    events = [event async for event in client.responses.stream(**ASK, tools=[tool])]
    assert sum(isinstance(event, OutputTextDeltaEvent) for event in events) == 2
    assert isinstance(events[-1], CompletedEvent)
    stream = await client.responses.create(**ASK, tools=[tool], stream=True)
    deltas = [delta async for delta in stream.deltas()]
    assert "".join(delta.content for delta in deltas) == "Hello"
    assert [(call.id, call.name, call.arguments) for call in stream.tool_calls] == [("call_1", "f", "{}")]
    assert deltas[-1].finish_reason == stream.finish_reason == "completed"
    async with client.responses.stream(**ASK, tools=[tool]) as stream:
        assert [piece async for piece in stream.text()] == ["Hel", "lo"]
        final = await stream.final()
    assert (final.output_text, final.tool_calls, final.status) == ("Hello", stream.tool_calls, "completed")
    assert (stream.end.state, stream.end.reason) == ("completed", "tool_calls")
    assert stream.usage.source == "server"


async def test_a_turn_with_a_tool(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An answer and the result of its call are the input of the next turn."""
    gateway.script(reasoning=["think"], tool_calls=[Call("get_weather", {"city": "Shanghai"}, "call_1")])
    history: list[Any] = [{"role": "user", "content": "Weather in Shanghai?"}]
    async with client.responses.stream(model="gpt-5.2", input=history) as stream:
        answer = await stream.final()
    assert isinstance(answer.output[0], ReasoningItem)
    turn = [*history, *answer.to_input(), *(tool_result(call, "sunny") for call in answer.tool_calls)]
    gateway.script(text="Sunny.")
    second = await client.responses.create(model="gpt-5.2", input=turn)
    assert second.output_text == "Sunny."
    sent = gateway.requests[-1].json["input"]  # type: ignore[call-overload]
    assert [item.get("type", "message") for item in sent] == [
        "message", "reasoning", "function_call", "function_call_output",
    ]  # fmt: skip
    assert sent[3] == {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}


async def test_options_of_a_call(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """Headers, query and body of the caller's own reach the gateway."""
    await client.responses.create(
        **ASK, extra_headers={"X-Own": "1"}, extra_query={"api-version": "2"}, extra_body={"new": [None]}
    )
    request = gateway.requests[-1]
    assert (request.headers["X-Own"], request.query["api-version"]) == ("1", "2")
    assert request.json == {**ASK, "new": [None]}


async def test_misuse_sends_nothing(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """What is refused here never reaches the gateway; streams are refused when they are made."""
    for method in (client.responses.create, client.responses.stream):
        with pytest.raises(MisuseError, match="temperature"):
            method(**ASK, temperature=3)  # type: ignore[operator]
        with pytest.raises(TypeError, match="extra_body"):
            method(**ASK, effort="low")  # type: ignore[operator]
        with pytest.raises(TypeError, match="input"):
            method(model="m")  # type: ignore[operator]
    assert gateway.requests == []


# Ends


async def test_a_cut_stream_raises(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A body that ends before its last event is an interruption, and carries what arrived."""
    gateway.play(Tape(frame(CREATED, text("Hel"), text("lo"))))
    stream = client.responses.stream(**ASK)
    with pytest.raises(StreamInterrupted) as caught:
        await stream.final()
    partial = caught.value.partial
    assert (partial.output_text, partial.status, partial.id) == ("Hello", "in_progress", "resp_1")
    assert stream.end.state == "interrupted"


async def test_an_incomplete_answer_does_not_raise(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An answer that ran out of tokens ended well; its end says that it is not whole."""
    gateway.script(text=["Hel"], finish_reason="length")
    async with client.responses.stream(**ASK) as stream:
        final = await stream.final()
    assert (final.output_text, final.status, final.finish_reason) == (
        "Hel",
        "incomplete",
        "max_output_tokens",
    )
    assert (stream.end.state, stream.end.reason) == ("incomplete", "length")


@pytest.mark.parametrize(
    "form", ["responses-error", "responses-failed", "event-flat", "event-nested", "data"]
)
async def test_an_error_in_the_stream(gateway: LocalGateway, client: AsyncGravitex, form: str) -> None:
    """An error inside a stream raises once, in every form, as the class its status would give."""
    gateway.script(text=["a", "b"])
    gateway.fault("error-event", form=form, after_events=6, code="rate_limit_exceeded", message="slow down")
    stream = client.responses.stream(**ASK)
    with pytest.raises(RateLimitError, match="slow down") as caught:
        async for _ in stream:
            pass
    assert caught.value.partial.output_text == stream.content
    assert stream.end.state == "failed"


async def test_a_failed_answer_raises(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A plain answer that says it failed raises, and is the error's partial."""
    body = {"id": "resp_1", "object": "response", "status": "failed", "output": [message("m", "Hel")],
            "error": {"code": "server_error", "message": "boom"}}  # fmt: skip
    gateway.play(Tape(dumps(body), content_type="application/json"), times=2)
    with pytest.raises(ServerError, match="boom") as caught:
        await client.responses.create(**ASK)
    assert caught.value.partial.output_text == "Hel"
    with pytest.raises(ServerError, match="boom"):
        await client.responses.stream(**ASK).final()


async def test_another_error_has_no_partial(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An error that is no response carries none."""
    gateway.play(Tape(b'{"error":{"message":"no"}}', content_type="application/json"))
    with pytest.raises(APIError, match="no") as caught:
        await client.responses.create(**ASK)
    assert caught.value.partial is None


async def test_a_body_where_a_stream_was_asked_for(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A whole response in place of a stream is delivered as its last event, with text and deltas."""
    gateway.fault("json-whole", count=3)
    (only,) = [event async for event in client.responses.stream(**ASK)]
    assert isinstance(only, CompletedEvent)
    assert [piece async for piece in client.responses.stream(**ASK).text()] == ["You said: Hello there"]
    final = await client.responses.stream(**ASK).final()
    assert final.output_text == "You said: Hello there"


async def test_events_where_a_body_was_asked_for(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stream in place of a plain answer is read as one."""
    gateway.play(Tape(frame(CREATED, text("Hello"), COMPLETED)))
    answer = await client.responses.create(**ASK)
    assert (answer.output_text, answer.status) == ("Hello", "completed")


async def test_a_malformed_event(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A known event that is malformed is a DecodeError behind what came before it."""
    gateway.play(Tape(frame(CREATED, text("Hello"), event("output_text.delta", delta=[1]), COMPLETED)))
    stream = client.responses.stream(**ASK)
    with pytest.raises(DecodeError, match="delta"):
        async for _ in stream:
            pass
    assert stream.content == "Hello"


async def test_unknown_events_go_through(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An event nobody knows reaches the caller, and its payload too."""
    gateway.play(Tape(frame(CREATED, event("brand_new", x=1), text("Hello"), COMPLETED)))
    stream = client.responses.stream(**ASK)
    raw = []
    async for item in stream:
        if isinstance(item, UnknownEvent):
            raw.append((item.type, item.raw, stream.last_raw))
    payload = b'{"type":"response.brand_new","x":1}'
    assert raw == [("response.brand_new", payload, payload)]
    assert stream.content == "Hello"


async def test_a_dropped_stream_closes_its_connection(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stream that nobody holds is freed at once, garbage collector or not, and its connection closed."""
    gateway.script(text=["word "] * 1000, pace=0.01)
    gc.collect()
    gc.disable()
    try:
        stream = client.responses.stream(**ASK)
        async for item in stream:
            if isinstance(item, OutputTextDeltaEvent):
                break
        assert stream.content
        gone = weakref.ref(stream)
        del stream, item
        assert gone() is None
    finally:
        gc.enable()
    assert (await gateway.wait_closed()).state == "closed_by_peer"


# Retrieving


async def test_retrieve(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stored response can be asked for again, whole or as its events from any number on."""
    answer = await client.responses.create(**ASK)
    assert answer.id is not None
    again = await client.responses.retrieve(answer.id, extra_headers={"X-Own": "1"})
    assert again == answer
    request = gateway.requests[-1]
    assert (request.method, request.path, request.body) == ("GET", f"/v1/responses/{answer.id}", b"")
    assert request.headers["X-Own"] == "1"
    events = [event async for event in client.responses.retrieve(answer.id, stream=True)]
    later = client.responses.retrieve(answer.id, stream=True, starting_after=events[3].sequence_number)
    assert [event async for event in later] == events[4:]
    assert later.arrived.output_text == answer.output_text
    assert gateway.requests[-1].query["starting_after"] == str(events[3].sequence_number)


async def test_retrieve_what_is_not_there(client: AsyncGravitex) -> None:
    """An unknown id is the gateway's 404; an unknown keyword is a mistake of the caller's."""
    with pytest.raises(NotFoundError):
        await client.responses.retrieve("resp_none")
    with pytest.raises(NotFoundError):
        await client.responses.retrieve("resp_none", stream=True)
    with pytest.raises(TypeError, match="include"):
        client.responses.retrieve("resp_none", include=["x"])  # type: ignore[call-overload]


async def test_retrieve_a_failed_response(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A response that failed is what was asked for; an error that is none raises."""
    failed = {"id": "resp_1", "object": "response", "status": "failed", "error": {"code": "server_error"}}
    gateway.play(Tape(dumps(failed), content_type="application/json"))
    found = await client.responses.retrieve("resp_1")
    assert (found.status, found.finish_reason) == ("failed", "failed")
    odd = {**failed, "output": 5}
    gateway.play(Tape(dumps(odd), content_type="application/json"))
    with pytest.raises(ServerError):
        await client.responses.retrieve("resp_1")


async def test_resume(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stream that broke off is taken up behind its last event; nothing is lost, and nothing told twice."""
    gateway.script(text=["one ", "two ", "three ", "four"], reasoning=["thought"])
    gateway.fault("reset", after_events=11)
    broken = client.responses.stream(**ASK)
    with pytest.raises(StreamInterrupted):
        await broken.final()
    assert broken.sequence_number == 10
    resumed = client.responses.resume(broken)
    assert isinstance(resumed, ResponsesStream)
    assert resumed.content == broken.content == "one "
    assert [piece async for piece in resumed.text()] == ["two ", "three ", "four"]
    final = await resumed.final()
    assert (final.output_text, final.reasoning_content) == ("one two three four", "thought")
    assert (broken.content, resumed.response_id) == ("one ", broken.response_id)


async def test_resume_again(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A resumed stream that breaks off can be resumed too."""
    gateway.script(text=["one ", "two ", "three"])
    gateway.fault("reset", after_events=5, count=2)
    stream = client.responses.stream(**ASK)
    with pytest.raises(StreamInterrupted):
        await stream.final()
    stream = client.responses.resume(stream)
    with pytest.raises(StreamInterrupted):
        await stream.final()
    assert (await client.responses.resume(stream).final()).output_text == "one two three"


async def test_resume_needs_something_to_resume(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """A stream that ended well, or whose events are not numbered, cannot be taken up."""
    done = client.responses.stream(**ASK)
    await done.final()
    gateway.play(Tape(frame(CREATED, text("x"))))
    bare = client.responses.stream(**ASK)
    with pytest.raises(StreamInterrupted):
        await bare.final()
    for stream in (done, bare, client.responses.stream(**ASK)):
        with pytest.raises(MisuseError, match="broke off"):
            client.responses.resume(stream)


async def test_item_of_a_snapshot_is_the_callers(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """An event's item is as it was sent, whatever is added to the response later."""
    gateway.script(text=["a", "b"])
    events = [event async for event in client.responses.stream(**ASK)]
    added = next(event for event in events if event.type == "response.output_item.added")
    assert isinstance(added.item, MessageItem)  # type: ignore[attr-defined]
    assert added.item.content == []  # type: ignore[attr-defined]


async def test_bad_request(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """The gateway's own refusal surfaces with its words."""
    gateway.script(
        error={"error": {"message": "Unsupported parameter: reasoning", "param": "reasoning"}}, status=400
    )
    with pytest.raises(BadRequestError, match="Unsupported parameter") as caught:
        await client.responses.create(**ASK, reasoning={"effort": "high"})
    assert caught.value.param == "reasoning"
