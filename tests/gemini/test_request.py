"""The body of a request is what was asked, spelled as the wire wants it. Rows are those of the checklist."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from gravitex_async._json import dumps
from gravitex_async.chat import ChatCompletion
from gravitex_async.errors import MisuseError
from gravitex_async.gemini import (
    Blob,
    Candidate,
    Content,
    FileData,
    FunctionCall,
    FunctionCallingConfig,
    FunctionDeclaration,
    FunctionResponse,
    GenerateContentResponse,
    GenerationConfig,
    ImageConfig,
    ImageOutputOptions,
    Part,
    SafetySetting,
    ThinkingConfig,
    Tool,
    ToolConfig,
)
from gravitex_async.gemini._decode import answers_of
from gravitex_async.gemini._request import generate_body

SHANGHAI = "What is the weather in Shanghai today?"
SCHEMA = {
    "type": "object",
    "properties": {"location": {"type": "string"}},
    "required": ["location"],
}


def body(contents: Any = "hi", **params: Any) -> Any:
    """What travels, as JSON."""
    return json.loads(dumps(generate_body("generate_content", contents, params)))


def turn(text: str) -> dict[str, Any]:
    return {"role": "user", "parts": [{"text": text}]}


def test_row_140_the_documented_body():
    """A text is a turn of the user; settings go into ``generationConfig``."""
    asked = body("Describe AI in one sentence", temperature=0.7, max_output_tokens=1024)
    assert asked == {
        "contents": [turn("Describe AI in one sentence")],
        "generationConfig": {"temperature": 0.7, "maxOutputTokens": 1024},
    }


def test_row_142_names_in_camel_case():
    """All parameters of the documents, from snake_case arguments."""
    asked = body(
        temperature=1, top_p=0.9, top_k=40, max_output_tokens=5, stop_sequences=["a"],
        response_mime_type="text/plain", response_modalities=["TEXT"],
    )  # fmt: skip
    assert list(asked["generationConfig"].items()) == [
        ("temperature", 1),
        ("topP", 0.9),
        ("topK", 40),
        ("maxOutputTokens", 5),
        ("stopSequences", ["a"]),
        ("responseMimeType", "text/plain"),
        ("responseModalities", ["TEXT"]),
    ]


def test_nothing_is_added():
    """Without parameters there is nothing but contents; None is not given, empty values are."""
    assert body(temperature=None, config=None) == {"contents": [turn("hi")]}
    asked = body(tools=[], generation_config={}, labels={}, stop_sequences=[])
    assert asked == {
        "contents": [turn("hi")],
        "tools": [],
        "generationConfig": {"stopSequences": []},
        "labels": {},
    }


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


A, B, C, D = ({"text": letter} for letter in "abcd")
SAID = Candidate(content=Content(role="model", parts=[Part(text="b")]))
CALL = Part.from_function_call("f", {"x": 1})
RESULT = Part.from_function_response("f", {"y": 2})

CONTENTS: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "texts": (["a", "b"], [user(A, B)]),
    "a content as a dict": ({"role": "model", "parts": [A]}, [model(A)]),
    "no role is made up": ([{"parts": [A]}], [{"parts": [A]}]),
    "a content as a struct": (Content(role="user", parts=[Part(text="a")]), [user(A)]),
    "texts inside a content": ({"role": "user", "parts": ["a", Part(text="b")]}, [user(A, B)]),
    "contents and parts": (["a", SAID.content, Part(text="c"), "d"], [user(A), model(B), user(C, D)]),
    "lists are turns": ([["a", "b"], ["c"]], [user(A, B), user(C)]),
    "calls are the model's": (
        ["a", CALL, RESULT],
        [
            user(A),
            model({"functionCall": {"name": "f", "args": {"x": 1}}}),
            user({"functionResponse": {"name": "f", "response": {"y": 2}}}),
        ],
    ),
    "bare kinds of the user": (
        [FunctionResponse(name="f", response={}), Blob(mime_type="m", data="AA=="), FileData(file_uri="u")],
        [
            user(
                {"functionResponse": {"name": "f", "response": {}}},
                {"inlineData": {"mimeType": "m", "data": "AA=="}},
                {"fileData": {"fileUri": "u"}},
            )
        ],
    ),
    "a bare call": (FunctionCall(name="f"), [model({"functionCall": {"name": "f"}})]),
    "an answer is its turn": (
        ["a", GenerateContentResponse(candidates=[SAID]), "c"],
        [user(A), model(B), user(C)],
    ),
    "an answer that said nothing is none": (["a", GenerateContentResponse(), "b"], [user(A), user(B)]),
    "a candidate is its turn": ([SAID], [model(B)]),
    "a choice is its turn": (GenerateContentResponse(candidates=[SAID]).choices, [model(B)]),
    "an answer alone": (GenerateContentResponse(candidates=[SAID]), [model(B)]),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_contents_in_every_form(name):
    """What users of google-genai pass."""
    given, expected = CONTENTS[name]
    assert body(given)["contents"] == expected


@pytest.mark.parametrize("given", [[], None, b"bytes", 3, [object()], [3]])
def test_what_is_no_content(given):
    """Said before anything is sent."""
    with pytest.raises(MisuseError):
        generate_body("generate_content", given, {})


def test_dataclasses_are_as_good_as_dicts():
    """Anything JSON-like."""

    @dataclass
    class Words:
        text: str

    assert body(Words("a"))["contents"] == [turn("a")]


def test_what_a_pydantic_model_holds_as_none_is_absent():
    """Google's own models hold None for whatever is not there; nulls in a caller's own data stay."""
    pydantic = pytest.importorskip("pydantic")

    class Call(pydantic.BaseModel):
        id: str | None = None
        name: str | None = None
        args: dict[str, Any] | None = None

    class Part(pydantic.BaseModel):
        text: str | None = None
        function_call: Call | None = None

    class Turn(pydantic.BaseModel):
        role: str | None = None
        parts: list[Part] | None = None

    class Config(pydantic.BaseModel):
        http_options: str | None = None
        temperature: float | None = None
        tools: list[dict[str, Any]] | None = None

    call = Part(text=None, function_call=Call(id=None, name="f", args={"x": None}))
    told = {"functionCall": {"name": "f", "args": {"x": None}}}
    turn = Turn(role=None, parts=[Part(text="a", function_call=None)])
    config = Config(http_options=None, temperature=0.5, tools=None)
    assert body([turn, call], config=config) == {
        "contents": [{"parts": [{"text": "a"}]}, {"role": "model", "parts": [told]}],
        "generationConfig": {"temperature": 0.5},
    }
    assert body([{"role": "model", "parts": [call]}]) == {"contents": [{"role": "model", "parts": [told]}]}
    assert body("a", config={"tools": [turn]})["tools"] == [{"parts": [{"text": "a"}]}]


def test_pydantic_models_are_as_good_as_dicts():
    """By alias, and without what was not set."""
    pydantic = pytest.importorskip("pydantic")

    class Words(pydantic.BaseModel):
        text: str | None = None
        file_data: dict[str, str] | None = None

    assert body([Words(file_data={"file_uri": "u"})])["contents"][0]["parts"] == [
        {"fileData": {"fileUri": "u"}}
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("be brief", {"parts": [{"text": "be brief"}]}),
        (["a", Part(text="b")], {"parts": [{"text": "a"}, {"text": "b"}]}),
        ({"parts": [{"text": "a"}]}, {"parts": [{"text": "a"}]}),
        (Content(role="user", parts=[Part(text="a")]), {"role": "user", "parts": [{"text": "a"}]}),
        (Part(text="a"), {"parts": [{"text": "a"}]}),
    ],
)
def test_row_143_system_instruction(given, expected):
    """A text is wrapped, an object passes."""
    assert body(system_instruction=given)["systemInstruction"] == expected
    assert body(config={"systemInstruction": given})["systemInstruction"] == expected


def test_row_144_safety_settings():
    """As dicts and as structs."""
    setting = {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}
    assert body(safety_settings=[setting, SafetySetting(**setting)])["safetySettings"] == [setting, setting]


def test_rows_145_147_inline_data():
    """Bytes become base64, in structs and in dicts; base64 passes."""
    parts = [
        Part.from_text("Describe this image"),
        Part.from_bytes(b"\xff\xd8", "image/jpeg"),
        {"inline_data": {"mime_type": "audio/mp3", "data": b"\xfb\xff"}},
        {"inlineData": {"mimeType": "image/jpeg", "data": "/9j/4AAQSkZJRg..."}},
    ]
    (asked,) = body(parts)["contents"]
    assert asked["parts"][1:] == [
        {"inlineData": {"mimeType": "image/jpeg", "data": "/9g="}},
        {"inlineData": {"mimeType": "audio/mp3", "data": "+/8="}},
        {"inlineData": {"mimeType": "image/jpeg", "data": "/9j/4AAQSkZJRg..."}},
    ]


def test_row_146_file_data():
    """By reference."""
    expected = {"fileData": {"fileUri": "gs://bucket/cat.png", "mimeType": "image/png"}}
    for part in (
        Part.from_uri("gs://bucket/cat.png", "image/png"),
        {"file_data": {"file_uri": "gs://bucket/cat.png", "mime_type": "image/png"}},
        expected,
    ):
        assert body([part])["contents"][0]["parts"] == [expected]


WEATHER = {
    "functionDeclarations": [
        {"name": "get_weather", "description": "Get weather for a city", "parameters": SCHEMA}
    ]
}
AUTO = {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": []}}


def test_row_148_functions():
    """The documents' sample from dicts and from structs; the empty list is kept."""
    declaration = FunctionDeclaration(
        name="get_weather", description="Get weather for a city", parameters=SCHEMA
    )
    calling = FunctionCallingConfig(mode="AUTO", allowed_function_names=[])
    from_dicts = body(
        SHANGHAI,
        tools=[{"function_declarations": WEATHER["functionDeclarations"]}],
        tool_config={"function_calling_config": {"mode": "AUTO", "allowed_function_names": []}},
    )
    from_structs = body(
        SHANGHAI,
        tools=Tool(function_declarations=[declaration]),
        tool_config=ToolConfig(function_calling_config=calling),
    )
    assert (
        from_dicts == from_structs == {"contents": [turn(SHANGHAI)], "tools": [WEATHER], "toolConfig": AUTO}
    )


def test_row_149_the_callers_data_is_left_alone():
    """Keys of arguments, responses, schemas and labels are nobody's business."""
    data = {"snake_case": [{"inline_data": 1}]}
    asked = body(
        [
            {"function_call": {"name": "f", "args": data}, "thought_signature": "c2ln"},
            {"function_response": {"name": "f", "response": data}},
        ],
        tools=[{"function_declarations": [{"name": "f", "parameters_json_schema": data}]}],
        response_schema=data,
        labels={"my_label": "x"},
    )
    called, answered = asked["contents"]
    assert called["parts"] == [{"functionCall": {"name": "f", "args": data}, "thoughtSignature": "c2ln"}]
    assert answered["parts"] == [{"functionResponse": {"name": "f", "response": data}}]
    assert asked["tools"] == [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": data}]}]
    assert asked["generationConfig"]["responseSchema"] == data
    assert asked["labels"] == {"my_label": "x"}


def test_row_150_search_stands_beside_functions():
    """Separate elements, in order, the empty object kept."""
    asked = body(tools=[{"google_search": {}}, WEATHER, Tool(url_context={}), {"newTool": {"a_b": 1}}])
    assert asked["tools"] == [{"googleSearch": {}}, WEATHER, {"urlContext": {}}, {"newTool": {"a_b": 1}}]


@pytest.mark.parametrize(
    "thinking",
    [
        {"include_thoughts": True, "thinking_budget": 8192},
        {"includeThoughts": True, "thinkingBudget": 8192},
        ThinkingConfig(include_thoughts=True, thinking_budget=8192),
    ],
)
def test_row_152_thinking_by_budget(thinking):
    """The documents' first sample."""
    asked = body(max_output_tokens=8192, thinking_config=thinking)["generationConfig"]
    assert asked == {
        "maxOutputTokens": 8192,
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192},
    }


def test_row_152_thinking_by_level():
    """The documents' second sample."""
    asked = body(thinking_config={"include_thoughts": True, "thinking_level": "HIGH"})["generationConfig"]
    assert asked == {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"}}


@pytest.mark.parametrize("budget", [-1, 0, 1, 32768])
def test_budgets_that_mean_something(budget):
    """Automatic, off, tokens."""
    asked = body(thinking_config={"thinking_budget": budget})
    assert asked["generationConfig"]["thinkingConfig"]["thinkingBudget"] == budget


@pytest.mark.parametrize("where", ["thinking_config", "config", "generation_config"])
def test_budgets_below_minus_one_are_refused(where):
    """Before anything is sent, wherever they stand."""
    thinking = {"thinkingBudget": -2}
    given = thinking if where == "thinking_config" else {"thinking_config": thinking}
    with pytest.raises(MisuseError, match="thinking_budget"):
        body(**{where: given})


def test_row_155_cached_content():
    """The id, and the new contents only."""
    assert body("Continue", cached_content="cached-content-id") == {
        "contents": [turn("Continue")],
        "cachedContent": "cached-content-id",
    }


def test_row_156_image_output():
    """The documents' sample from dicts and from structs."""
    expected = {
        "responseModalities": ["IMAGE"],
        "imageConfig": {
            "aspectRatio": "1:1",
            "imageSize": "1K",
            "imageOutputOptions": {"mimeType": "image/png"},
        },
    }
    options = ImageOutputOptions(mime_type="image/png")
    config = ImageConfig(aspect_ratio="1:1", image_size="1K", image_output_options=options)
    plain = {"aspect_ratio": "1:1", "image_size": "1K", "image_output_options": {"mime_type": "image/png"}}
    for image_config in (config, plain):
        asked = body("Draw a cat", response_modalities=["IMAGE"], image_config=image_config)
        assert asked["generationConfig"] == expected


def test_config_is_all_parameters_at_once():
    """As users of google-genai write it; keywords go over it, and over ``generation_config``."""
    asked = body(
        config={"temperature": 0.1, "top_k": 3, "tools": [{"google_search": {}}], "seed": None},
        generation_config={"top_p": 0.5, "topK": 9, "new_knob": {"a_b": 1}},
        temperature=0.2,
    )
    assert asked["generationConfig"] == {"topP": 0.5, "topK": 3, "new_knob": {"a_b": 1}, "temperature": 0.2}
    assert asked["tools"] == [{"googleSearch": {}}]
    assert body(config=GenerationConfig(top_p=0.5))["generationConfig"] == {"topP": 0.5}


def test_settings_are_spelled_in_camel_case_at_any_depth():
    """Where the protocol has many names and none is the caller's."""
    voice = {"voice_config": {"prebuilt_voice_config": {"voice_name": "Kore"}}}
    assert body(speech_config=voice)["generationConfig"]["speechConfig"] == {
        "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}
    }


@pytest.mark.parametrize(
    ("name", "words"), [("warmth", "extra_body"), ("temprature", r"did you mean temperature\?")]
)
def test_a_keyword_nobody_knows(name, words):
    """A TypeError that names the way round it, or what is meant; inside ``config`` too."""
    for given in ({name: 1}, {"config": {name: 1}}):
        with pytest.raises(TypeError, match=rf"'{name}'.*{words}"):
            body(**given)


@pytest.mark.parametrize("given", [{"config": 3}, {"generation_config": 3}, {"tools": [print]}])
def test_what_cannot_be_written(given):
    """A MisuseError, before anything is sent."""
    with pytest.raises(MisuseError):
        body(**given)


def test_extra_body_goes_last():
    """Over everything, and as it is."""
    asked = body(temperature=1, extra_body={"new_key": 1, "generationConfig": {"x": 2}})
    assert (asked["new_key"], asked["generationConfig"]) == (1, {"x": 2})


class City(msgspec.Struct):
    """A place."""

    name: str
    country_code: str


def test_a_type_stands_for_its_schema():
    """``response_schema=T`` asks for JSON of that type; ``parsed`` reads it."""
    google = body(response_schema=City)["generationConfig"]
    assert google["responseMimeType"] == "application/json"
    assert set(google["responseSchema"]["properties"]) == {"name", "country_code"}
    standard = body(response_json_schema=City)["generationConfig"]
    assert set(standard) == {"responseMimeType", "responseJsonSchema"}
    part = Part(text='{"name": "Bonn", "country_code": "DE"}')
    answer = GenerateContentResponse(candidates=[Candidate(content=Content(parts=[part]))])
    assert answer.parsed(City) == City("Bonn", "DE")


def test_what_came_goes_back_as_it_came():
    """Unknown fields and signatures inside contents of an answer."""
    parts: list[Any] = [
        {"functionCall": {"name": "f", "mood": "calm"}, "thoughtSignature": "s", "newSide": [1]}
    ]
    raw = msgspec.json.encode({"candidates": [{"content": {"role": "model", "parts": parts}}]})

    (answer,) = answers_of(raw)
    for given in (answer, answer.candidates[0], answer.candidates[0].content, *answer.to_input()):
        assert body([given])["contents"] == [{"role": "model", "parts": parts}]


def test_an_answer_of_another_dialect():
    """What to write in its place is said, as for one in the wrong place."""
    other = ChatCompletion()
    for given in (other, ["a", other], [other]):
        with pytest.raises(MisuseError, match=r"got a ChatCompletion.*'parts': \[{'text': answer.content}\]"):
            body(given)
    for own in (other, GenerateContentResponse(candidates=[SAID]), SAID):
        with pytest.raises(MisuseError, match="an answer is a turn of its own"):
            body([["a", own]])


def test_an_answer_where_one_content_is_wanted():
    """As a system instruction it is its turn; one that said nothing is none."""
    sent = body("a", system_instruction=GenerateContentResponse(candidates=[SAID]))
    assert sent["systemInstruction"] == model(B)
    with pytest.raises(MisuseError, match="answer is a turn"):
        body("a", system_instruction=GenerateContentResponse())
