"""The chat dialect of the gateway: default answers, scripts, validation."""

from __future__ import annotations

import pytest

from gravitex_async._json import loads
from gravitex_async.testing import Call, Script, TokenCounts

from .conftest import HELLO, content

CHAT = "/v1/chat/completions"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        },
    },
}


def ask(text: str, **fields: object) -> dict:
    return {**HELLO, "messages": [{"role": "user", "content": text}], **fields}


async def test_plain_answer_has_text_reason_and_usage(reader):
    """Without a script the words of the user come back as a whole completion."""
    answer = await reader.json(CHAT, HELLO)
    choice = answer["choices"][0]
    assert choice["message"] == {"role": "assistant", "content": "You said: Hello there, my friend"}
    assert (answer["object"], choice["finish_reason"]) == ("chat.completion", "stop")
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 1


async def test_stream_says_the_same_word_by_word(reader):
    """A stream opens with the role, ends with finish reason, usage and ``[DONE]``, and says the same text."""
    chunks = await reader.chat()
    assert content(chunks) == "You said: Hello there, my friend"
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[-3]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-2]["choices"] == []
    assert chunks[-2]["usage"]["total_tokens"] > 1
    assert chunks[-1] == "[DONE]"
    assert len(chunks) > 7


async def test_same_question_same_text(reader):
    """Default answers depend on the question alone (ids count up)."""
    first, second = [await reader.chat() for _ in range(2)]
    assert [c["choices"] for c in first[:-1]] == [c["choices"] for c in second[:-1]]
    assert first[0]["id"] != second[0]["id"]


@pytest.mark.parametrize(
    ("options", "last", "null"),
    [({}, True, False), ({"include_usage": True}, True, True), ({"include_usage": False}, False, False)],
)
async def test_usage_is_sent_unless_refused(reader, options, last, null):
    """The gateway sends usage unless the client says no; null on other chunks when asked for by name."""
    chunks = await reader.chat(stream_options=options)
    assert bool(chunks[-2].get("usage")) is last
    assert ("usage" in chunks[0]) is null


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking": {"type": "enabled"}},
        {"enable_thinking": True},
        {"reasoning_effort": "low"},
        {"reasoning": {"effort": "low"}},
        {"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}},
        {"extra_body": {"google": {"thinking_config": {"thinking_budget": 100}}}},
        {"model": "deepseek-r1"},
        {"model": "gemini-2.5-flash-thinking-8192"},
        {"model": "grok-4-fast-reasoning"},
    ],
)
async def test_thinking_comes_when_asked_for(reader, fields):
    """Each family's way of asking for thinking gives reasoning before the text, and counts it."""
    chunks = await reader.chat(**fields)
    assert content(chunks, name="reasoning_content")
    assert chunks[-2]["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0


@pytest.mark.parametrize(
    "fields",
    [{}, {"thinking": {"type": "disabled"}, "model": "deepseek-r1"}, {"model": "grok-4-fast-non-reasoning"},
     {"enable_thinking": True, "stream": False}, {"model": "gemini-2.5-flash-nothinking"}],
)  # fmt: skip
async def test_no_thinking_otherwise(reader, fields):
    """Thinking that is off, or that needs a stream, does not come."""
    if fields.get("stream") is False:
        answer = await reader.json(CHAT, {**HELLO, **fields})
        assert "reasoning_content" not in answer["choices"][0]["message"]
    else:
        assert not content(await reader.chat(**fields), name="reasoning_content")


@pytest.mark.parametrize("flag", ["gravitex_thinking_to_content", "nebula_thinking_to_content"])
async def test_thinking_to_content(reader, flag):
    """The flag moves reasoning into the content, between tags, on streams."""
    reader.gateway.script(text="four", reasoning=["two and ", "two"])
    chunks = await reader.chat(**{flag: True})
    assert content(chunks) == "<think>\ntwo and two\n</think>\nfour"
    assert not content(chunks, name="reasoning_content")


async def test_tool_call_then_an_answer_about_its_result(reader):
    """A question about the weather calls the tool; its result leads to a text."""
    body = ask("How is the weather in Paris?", tools=[WEATHER], stream=True)
    chunks = await reader.events(CHAT, body)
    deltas = [c["choices"][0]["delta"] for c in chunks[:-1] if c["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    arguments = loads("".join(call["function"]["arguments"] for call in calls))
    assert arguments == {"city": "How is the weather in Paris?", "days": 1}
    assert (calls[0]["id"][:5], calls[0]["function"]["name"]) == ("call_", "get_weather")
    assert len(calls) > 3
    assert chunks[-3]["choices"][0]["finish_reason"] == "tool_calls"
    turn = [
        {"role": "assistant", "tool_calls": []},
        {"role": "tool", "tool_call_id": "x", "content": "sunny"},
    ]
    answer = await reader.json(CHAT, {**body, "stream": False, "messages": [*body["messages"], *turn]})
    assert answer["choices"][0]["message"]["content"] == "The tool says: sunny"


@pytest.mark.parametrize(("choice", "called"), [("none", False), ("required", True), ("auto", False)])
async def test_tool_choice(reader, choice, called):
    """``required`` forces a call, ``none`` forbids one; auto looks at the question."""
    answer = await reader.json(CHAT, ask("Hello", tools=[WEATHER], tool_choice=choice))
    assert bool(answer["choices"][0]["message"].get("tool_calls")) is called


async def test_json_that_fits_the_schema(reader):
    """A response format gives JSON of that shape."""
    schema = {
        "type": "object",
        "$defs": {"Size": {"enum": ["S", "M"]}},
        "properties": {
            "name": {"type": "string"},
            "sizes": {"type": "array", "items": {"$ref": "#/$defs/Size"}},
            "price": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        },
    }
    form = {"type": "json_schema", "json_schema": {"name": "shirt", "schema": schema}}
    answer = await reader.json(CHAT, ask("blue", response_format=form))
    assert loads(answer["choices"][0]["message"]["content"]) == {"name": "blue", "sizes": ["S"], "price": 1.5}


async def test_choices_alternate(reader):
    """With n choices the chunks of a stream alternate, and the texts differ."""
    chunks = await reader.chat(n=3)
    texts = {content(chunks, index) for index in range(3)}
    assert len(texts) == 3
    assert [c["choices"][0]["index"] for c in chunks[:6]] == [0, 1, 2, 0, 1, 2]


async def test_counting_and_max_tokens(reader):
    """ "count to N" gives N deltas; max_tokens cuts them and says so."""
    chunks = await reader.chat(messages=[{"role": "user", "content": "count to 500"}], max_tokens=20)
    assert content(chunks) == "".join(f"{number} " for number in range(1, 21))
    assert chunks[-3]["choices"][0]["finish_reason"] == "length"


async def test_script_says_everything(reader):
    """A script sets every part of the answer, the exact deltas included."""
    reader.gateway.script(
        text=["Hel", "lo"],
        reasoning="because",
        refusal="no",
        tool_calls=[Call("f", ["{", "}"], "call_x"), ("g", {"a": 1})],
        finish_reason="content_filter",
        usage=TokenCounts(7, 5, 2, 3),
        model="other",
    )
    chunks = await reader.chat()
    assert [c["choices"][0]["delta"]["content"] for c in chunks[2:4]] == ["Hel", "lo"]
    assert content(chunks, name="reasoning_content") == "because"
    assert content(chunks, name="refusal") == "no"
    assert chunks[0]["model"] == "other"
    assert chunks[-3]["choices"][0]["finish_reason"] == "content_filter"
    assert chunks[-2]["usage"]["prompt_tokens_details"] == {"cached_tokens": 3}
    calls = [call for c in chunks[:-3] for call in c["choices"][0]["delta"].get("tool_calls", ())]
    assert next(call["id"] for call in calls if "id" in call) == "call_x"
    assert {call["index"] for call in calls} == {0, 1}


async def test_scripts_match(reader):
    """Each request takes the oldest script that matches it: by model, dialect or predicate."""
    reader.gateway.script("for gpt-5", match="gpt-5.2")
    reader.gateway.script("for gemini", match="gemini")
    reader.gateway.script(Script(text="long"), match=lambda request: len(request.body) > 200)
    assert content(await reader.chat()) == "You said: Hello there, my friend"
    assert content(await reader.chat(user="x" * 200)) == "long"
    assert content(await reader.chat(model="gpt-5.2")) == "for gpt-5"


async def test_script_order(reader):
    """Scripts without a match are first in, first out; ``times`` repeats one."""
    reader.gateway.script("one", times=2)
    reader.gateway.script("two")
    assert [content(await reader.chat()) for _ in range(3)] == ["one", "one", "two"]


async def test_scripted_error(reader):
    """An authored error is a status and a body, as written."""
    reader.gateway.script(error={"error": "plain"}, status=418)
    async with reader.post(CHAT, HELLO) as response:
        assert (response.status, await response.json()) == (418, {"error": "plain"})


async def test_scripted_choices(reader):
    """A script gives each choice its own text."""
    reader.gateway.script(text="a", choices=[Script(text="b")])
    chunks = await reader.chat(n=2)
    assert (content(chunks, 0), content(chunks, 1)) == ("a", "b")


@pytest.mark.parametrize(
    ("body", "message"),
    [({"messages": HELLO["messages"]}, "model is required"), ({"model": "m"}, "field messages is required")],
)
async def test_missing_fields(reader, body, message):
    """What is missing is named, with status 400."""
    async with reader.post(CHAT, body) as response:
        assert response.status == 400
        assert message in (await response.json())["error"]["message"]
