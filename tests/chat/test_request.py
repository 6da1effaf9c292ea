"""Arguments to bodies: exactly what was asked, in the order it was asked, and nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import pytest

from gravitex_async import MisuseError
from gravitex_async._json import dumps
from gravitex_async.chat import ChatCompletionMessage, ChatParams
from gravitex_async.chat._request import chat_body

ASK = [{"role": "user", "content": "hi"}]


def body(
    model: str = "m", messages: Any = ASK, *, stream: bool = False, host: str = "h", **params: Any
) -> Any:
    """The body as the gateway would see it."""
    made = chat_body("create", model, messages, cast("ChatParams", params), stream=stream, host=host)
    return msgspec.json.decode(dumps(made))


def test_unset_fields_are_absent() -> None:
    """None means "not given": nothing is sent for it."""
    nothing = dict.fromkeys(ChatParams.__annotations__)
    assert body(**nothing) == {"model": "m", "messages": ASK}


def test_order_is_kept() -> None:
    """Fields stand in the order of the call: caches of prompts and readers of logs are glad of it."""
    made = chat_body(
        "create", "m", ASK, {"seed": 1, "top_p": 0.5, "n": 2, "stop": ["x"]}, stream=True, host="h"
    )
    assert list(made) == ["model", "messages", "seed", "top_p", "n", "stop", "stream", "stream_options"]


def test_falsy_values_are_values() -> None:
    """0, False, "" and empty lists were asked for and are sent."""
    given: dict[str, Any] = {"temperature": 0, "logprobs": False, "user": "", "tools": [], "metadata": {}}
    assert body(**given) == {"model": "m", "messages": ASK, **given}


def test_an_unknown_keyword_names_the_way_out() -> None:
    """A typo is found at once; what this client does not know can be sent all the same."""
    with pytest.raises(TypeError, match=r"create\(\) got an unexpected .* 'warmth'.*extra_body"):
        body(warmth=1)
    with pytest.raises(TypeError, match=r"'temprature'; did you mean temperature\?"):
        body(temprature=1)
    assert body(extra_body={"temprature": 1})["temprature"] == 1


def test_extra_body_comes_last_and_over_everything() -> None:
    """Its keys land at the top level, over the typed ones, out-of-range values included."""
    made = body(
        stream=True, temperature=1, extra_body={"temperature": 9, "stream_options": None, "x": {"y": []}}
    )
    assert (made["temperature"], made["stream_options"], made["x"]) == (9, None, {"y": []})


@pytest.mark.parametrize("options", ["extra_headers", "extra_query", "timeout", "max_retries"])
def test_options_of_the_call_are_not_in_the_body(options: str) -> None:
    """They are about how the request is sent."""
    assert options not in body(**{options: {} if options.startswith("extra") else 1})


# Usage in streams


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, {"include_usage": True}),
        ({"include_usage": False}, {"include_usage": False}),
        ({"include_obfuscation": False}, {"include_usage": True, "include_obfuscation": False}),
        ({}, None),
    ],
)
def test_streams_ask_for_usage(given: Any, sent: Any) -> None:
    """Unless told otherwise: usage must not depend on which backend answers."""
    assert body(stream=True, stream_options=given).get("stream_options") == sent


def test_plain_calls_do_not_mention_streaming() -> None:
    """Neither ``stream`` nor ``stream_options``."""
    assert not {"stream", "stream_options"} & body().keys()


# What is refused before anything is sent


@pytest.mark.parametrize("model", ["", None, 7, ["m"]])
def test_a_model_is_needed(model: Any) -> None:
    """The gateway would say "model is required"; so do we, at once."""
    with pytest.raises(MisuseError, match="model"):
        body(model=model)


@pytest.mark.parametrize("messages", [[], (), "hi", b"hi", {"role": "user"}, None, 7])
def test_messages_are_needed(messages: Any) -> None:
    """A string or a single message is a common slip, and a bad request."""
    with pytest.raises(MisuseError, match="messages"):
        body(messages=messages)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("temperature", [0, 1.3, 2], [2.1, -0.1]), ("top_p", [0, 0.5, 1], [1.01, -1])],
)
def test_documented_ranges(name: str, good: list[float], bad: list[float]) -> None:
    """Values inside pass untouched; those outside are refused, and the message says how to send them."""
    for value in good:
        assert body(**{name: value})[name] == value
    for value in bad:
        with pytest.raises(MisuseError, match=f"{name}.*extra_body"):
            body(**{name: value})


def test_what_is_no_number_is_left_to_the_gateway() -> None:
    """Ranges are for numbers; a string may mean something to some backend."""
    assert body(temperature="hot")["temperature"] == "hot"


def test_thinking_budgets() -> None:
    """-1 is automatic, 0 off, above it tokens; below -1 is nothing."""
    for budget in (-1, 0, 6000):
        google = {"thinking_config": {"thinking_budget": budget}}
        assert body(stream=True, google=google)["extra_body"] == {"google": google}
    with pytest.raises(MisuseError, match="thinking_budget"):
        body(stream=True, google={"thinking_config": {"thinking_budget": -2}})


# Names that differ on the wire


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("https://api.gravitex.ai", "gravitex_thinking_to_content"),
        ("https://llm.ai-nebula.com", "nebula_thinking_to_content"),
    ],
)
def test_thinking_to_content_has_the_hosts_name(host: str, name: str) -> None:
    """One argument, two names: the host decides."""
    made = body(stream=True, host=host, thinking_to_content=True)
    assert made[name] is True
    assert "thinking_to_content" not in made


def test_generation_config_is_camel_case_but_for_schemas() -> None:
    """Keys of our own naming change; the keys of a caller's schema are the caller's."""
    made = body(generation_config={
        "thinking_config": {"thinking_level": "LOW"}, "responseMimeType": "application/json",
        "response_json_schema": {"properties": {"my_key": {}}},
    })  # fmt: skip
    assert made["generationConfig"] == {
        "thinkingConfig": {"thinkingLevel": "LOW"}, "responseMimeType": "application/json",
        "responseJsonSchema": {"properties": {"my_key": {}}},
    }  # fmt: skip


# Qwen


@pytest.mark.parametrize("model", ["qwen3-omni-flash", "Qwen/Qwen3-32B", "qwen-max", "openrouter/qwen/qwen3"])
def test_qwen_reads_its_parameters_in_one_place(model: str) -> None:
    """Extended parameters, temperature and top_p go inside ``parameters``; the rest stays on top."""
    made = body(model, stream=True, temperature=0.3, top_p=0.9, enable_thinking=True, incremental_output=True)
    assert made["parameters"] == {"temperature": 0.3, "top_p": 0.9, "incremental_output": True}
    assert made["enable_thinking"] is True
    assert not {"temperature", "top_p", "incremental_output"} & made.keys()


def test_other_models_keep_their_temperature_on_top() -> None:
    """Only what has no meaning elsewhere moves for them."""
    made = body("glm-5", temperature=0.3, enable_search=True)
    assert (made["temperature"], made["parameters"]) == (0.3, {"enable_search": True})


@pytest.mark.parametrize("stream", [False, True])
def test_qwen_keywords_join_the_callers_parameters(stream: bool) -> None:
    """Beside ``parameters`` they go inside too, and the caller's own keys win."""
    own = {"search_options": {"region": "CN"}, "top_p": 0.1}
    made = body("qwen3", stream=stream, temperature=0.3, top_p=0.9, enable_search=True, parameters=own)
    assert made["parameters"] == {"temperature": 0.3, "top_p": 0.1, "enable_search": True, **own}
    assert not {"temperature", "top_p", "enable_search"} & made.keys()
    assert own == {"search_options": {"region": "CN"}, "top_p": 0.1}


def test_parameters_of_the_extra_body() -> None:
    """A bag given in the way of other clients is the caller's own just as well."""
    bag: dict[str, Any] = {"parameters": {"enable_search": False}}
    made = body("qwen3", temperature=0.3, enable_search=True, extra_body=bag)
    assert made["parameters"] == {"temperature": 0.3, "enable_search": False}
    bag = {"parameters": {"a": 1}, "temperature": 1}
    assert body("qwen3", temperature=0.3, extra_body=bag)["parameters"] == {"temperature": 0.3, "a": 1}
    assert body("qwen3", extra_body={"temperature": 1})["temperature"] == 1


def test_parameters_of_any_form() -> None:
    """A dataclass is a bag as good as a dict; a list is none, and is not guessed at."""

    @dataclass
    class Bag:
        top_k: int = 3

    made = body("qwen3", temperature=0.3, parameters=Bag())
    assert made["parameters"] == {"temperature": 0.3, "top_k": 3}
    with pytest.raises(MisuseError, match="expected parameters as an object"):
        body("qwen3", temperature=0.3, parameters=["enable_search"])


def test_parameters_alone_are_sent_as_given() -> None:
    """Without other Qwen keywords there is nothing to join."""
    own = {"enable_search": True}
    assert body("qwen3", max_tokens=3, parameters=own)["parameters"] == own
    assert body("glm-5", temperature=0.3, parameters=own)["temperature"] == 0.3


# Warnings


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"enable_thinking": True}, "enable_thinking needs stream=True"),
        ({"google": {"thinking_config": {"thinking_budget": 5}}}, "thinking_config needs stream=True"),
        ({"thinking_to_content": True}, "streams only"),
    ],
)
def test_silent_changes_of_the_gateway_are_said_aloud(params: Mapping[str, Any], words: str) -> None:
    """Where the gateway would quietly do something else, the caller is warned; streams are fine."""
    with pytest.warns(UserWarning, match=words):
        body(**params)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        body(stream=True, **params)


# What may stand in a body


@dataclass
class Turn:
    """A dataclass message."""

    role: str
    content: str


class StructTurn(msgspec.Struct, omit_defaults=True):
    """A struct message."""

    role: str
    content: str
    name: str | None = None


def test_anything_json_like_is_a_message() -> None:
    """Dicts, structs, dataclasses, our own messages, pydantic models."""
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", role=(str, ...), content=(str, ...), name=(str | None, None))
    mine = ChatCompletionMessage(role="user", content="x")
    wanted = {"role": "user", "content": "x"}
    made = body(
        messages=[wanted, Turn("user", "x"), StructTurn("user", "x"), mine, model(role="user", content="x")]
    )
    assert made["messages"] == [wanted] * 5


def test_what_is_not_json_like_is_named() -> None:
    """A body that cannot be written says which kind of value stands in the way."""
    from gravitex_async.transport._request import encode

    with pytest.raises(MisuseError, match="object"):
        encode({"messages": [object()]})
    with pytest.raises(MisuseError, match="JSON"):
        encode({"messages": ["\ud800"]})
