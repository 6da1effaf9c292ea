"""The body is what was asked, in the order it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async._json import dumps, loads
from gravitex_async.errors import MisuseError
from gravitex_async.responses import FunctionCallItem, Response, ResponsesParams
from gravitex_async.responses._decode import answers
from gravitex_async.responses._request import response_path, responses_body, retrieve_query

HELLO = [{"role": "user", "content": "Explain artificial intelligence briefly"}]


def body(
    input: Any = HELLO, *, call: str = "create", model: str = "gpt-5.2", stream: bool = False, **params: Any
) -> dict[str, Any]:
    """The body of a call, after its way over the wire."""
    made = responses_body(call, model, input, params, stream=stream)  # type: ignore[arg-type]
    return loads(dumps(made))  # type: ignore[no-any-return]


@pytest.mark.parametrize("model", ["", None, 5])
def test_row_104_model_is_required(model):
    """A call without a model is refused before anything is sent."""
    with pytest.raises(MisuseError, match="model"):
        body(model=model)


@pytest.mark.parametrize("input", ["", [], None, {"role": "user"}, b"x", 5, iter(HELLO)])
def test_row_104_input_is_required(input):
    """So is one without input, or with something that is none."""
    with pytest.raises(MisuseError, match="input"):
        body(input)


INPUTS: dict[str, Any] = {
    "text": "Hi",
    "messages": HELLO,
    "roles": [{"role": role, "content": "x"} for role in ("user", "system", "assistant", "developer")],
    "parts in a message": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}],
    "bare parts": [
        {"type": "input_text", "text": "x"},
        {"type": "input_image", "image_url": "https://example.com/image.jpg", "detail": "high"},
        {"type": "input_file", "file_url": "https://example.com/document.pdf"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
    ],
    "items": [
        {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": None},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        {"type": "item_reference", "id": "msg_1"},
        {"type": "x_search_call", "new": {"a": [None]}},
    ],
}


@pytest.mark.parametrize("input", INPUTS.values(), ids=INPUTS)
def test_input_passes_unchanged(input):
    """Every form of input goes out as it was given."""
    assert body(input)["input"] == input
    if not isinstance(input, str):
        assert body(tuple(input))["input"] == input


def test_items_of_a_response_are_input():
    """Items of an earlier response stand in the input as they are, and go back as they came."""
    output = [*INPUTS["items"][:2], {"type": "message", "role": "assistant", "content": [], "new": 1}]
    response: Response = answers().decode(dumps({"id": "r", "status": "completed", "output": output}))
    assert body([*HELLO, *response.output])["input"] == [*HELLO, *output]
    built = FunctionCallItem(call_id="c", name="f", arguments="{}")
    assert body([built])["input"] == [INPUTS["items"][1]]


VALUES: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.5,
    "metadata": {"a": "b"},
    "include": ["reasoning.encrypted_content"],
    "store": False,
    "background": False,
    "top_logprobs": 0,
}
FIELDS = ResponsesParams.__annotations__.keys() - {
    "extra_headers", "extra_query", "extra_body", "timeout", "max_retries", "text_format",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_parameter_is_its_field(name):
    """A parameter is the field of its name, with its value as given; falsy values too."""
    value = VALUES.get(name, {"x": [None, 1]})
    assert body(**{name: value}) == {"model": "gpt-5.2", "input": HELLO, name: value}
    assert body(**{name: None}) == {"model": "gpt-5.2", "input": HELLO}


def test_all_documented_parameters_are_known():
    """The parameters of the gateway's page, and the others OpenAI has."""
    documented = (
        "instructions max_output_tokens temperature top_p reasoning tools tool_choice parallel_tool_calls "
        "max_tool_calls previous_response_id truncation metadata user include text stream_options store "
        "background conversation prompt context_management moderation prompt_cache_key prompt_cache_options "
        "safety_identifier service_tier top_logprobs"
    )
    assert set(documented.split()) <= FIELDS


def test_order_is_the_callers():
    """Fields stand in the order in which they were given, the caller's own over everything else."""
    made = body(user="u", temperature=0, instructions="i", extra_body={"new": 1, "user": "v"}, stream=True)
    assert list(made) == ["model", "input", "user", "temperature", "instructions", "stream", "new"]
    assert made["user"] == "v"
    assert made["stream"] is True
    assert "stream" not in body()


@pytest.mark.parametrize("name", ["temperature", "top_p"])
def test_row_111_ranges(name):
    """Temperature from 0 to 2 and top_p from 0 to 1 are sent; beyond them only by extra_body."""
    high = {"temperature": 2, "top_p": 1}[name]
    for value in (0, high, 0.5):
        assert body(**{name: value})[name] == value
    for value in (-0.1, high + 0.1):
        with pytest.raises(MisuseError, match=name):
            body(**{name: value})
        assert body(extra_body={name: value})[name] == value


def test_unknown_keyword():
    """A keyword nobody knows is a TypeError that names the way round it."""
    with pytest.raises(TypeError, match=r"stream\(\).*'reasoning_effort'.*extra_body"):
        body(call="stream", reasoning_effort="low")


def test_paths_and_queries():
    """An id is one step of a path, whatever is in it; numbers of events are checked."""
    assert response_path("resp_1") == "/v1/responses/resp_1"
    assert response_path("a/../b?c") == "/v1/responses/a%2F..%2Fb%3Fc"
    for odd in ("", "..", " ", None):
        with pytest.raises(MisuseError, match="id"):
            response_path(odd)  # type: ignore[arg-type]
    assert retrieve_query(stream=False, starting_after=None) == {}
    assert retrieve_query(stream=True, starting_after=None) == {"stream": "true"}
    assert retrieve_query(stream=True, starting_after=0) == {"stream": "true", "starting_after": "0"}
    with pytest.raises(MisuseError, match="stream=True"):
        retrieve_query(stream=False, starting_after=1)
    for number in (-1, "1", True):
        with pytest.raises(MisuseError, match="starting_after"):
            retrieve_query(stream=True, starting_after=number)  # type: ignore[arg-type]
