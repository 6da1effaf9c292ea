"""The official clients of OpenAI and Google, unchanged, against the gateway: it must fool neither.

They are not dependencies of the project: without them (``pip install openai google-genai``) each test says
so and is skipped. Their own deprecation warnings are not ours to fix.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from types import ModuleType

import pytest
import pytest_asyncio

from gravitex_async import AsyncGravitex, MisuseError
from gravitex_async._json import loads
from gravitex_async.testing import Call, LocalGateway

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"properties": {"city": {"type": "string"}}}},
}
ASK = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello there"}]}


def module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        pytest.skip(f"{name} is not installed")


@pytest_asyncio.fixture
async def openai(gateway: LocalGateway) -> AsyncIterator[object]:
    client = module("openai").AsyncOpenAI(
        api_key=gateway.api_key, base_url=gateway.url + "/v1", max_retries=0
    )
    async with client:
        yield client


@pytest_asyncio.fixture
async def genai(gateway: LocalGateway) -> AsyncIterator[object]:
    options = module("google.genai.types").HttpOptions(base_url=gateway.url)
    client = module("google.genai").Client(api_key=gateway.api_key, http_options=options)
    yield client.aio
    await client.aio.aclose()
    client.close()


async def test_openai_chat(openai):
    """A completion, and the same words as a stream with usage."""
    answer = await openai.chat.completions.create(**ASK)
    assert answer.choices[0].message.content == "You said: Hello there"
    stream = await openai.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "You said: Hello there"
    assert chunks[-1].usage.total_tokens == answer.usage.total_tokens


async def test_openai_chat_stream_helper(openai, gateway):
    """``chat.completions.stream`` assembles tool calls from fragments."""
    gateway.script(text="one", tool_calls=[Call("get_weather", {"city": "Paris"}), Call("f", "{}")])
    async with openai.chat.completions.stream(**ASK, tools=[WEATHER]) as stream:
        final = await stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("get_weather", '{"city":"Paris"}'),
        ("f", "{}"),
    ]


async def test_openai_parses_structured_answers(openai):
    """``parse`` gets an instance of its pydantic model."""
    pydantic = module("pydantic")
    shirt = pydantic.create_model("Shirt", colour=(str, ...), sizes=(list[int], ...))
    answer = await openai.chat.completions.parse(**ASK, response_format=shirt)
    assert answer.choices[0].message.parsed == shirt(colour="Hello there", sizes=[1])
    answer = await openai.responses.parse(model="gpt-5.2", input="blue", text_format=shirt)
    assert answer.output_parsed.colour == "blue"


async def test_openai_responses(openai, gateway):
    """create, create(stream=True) and stream() tell the same story, reasoning and calls included."""
    plain = await openai.responses.create(model="gpt-5.2", input="Hello there", reasoning={"effort": "low"})
    assert plain.output_text == "You said: Hello there"
    assert plain.output[0].summary[0].text
    events = [e async for e in await openai.responses.create(model="gpt-5.2", input="Hi", stream=True)]
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    gateway.script(text="a b", reasoning="r", tool_calls=[("f", {"x": 1})])
    async with openai.responses.stream(model="gpt-5.2", input="Hi") as stream:
        seen = [event.type async for event in stream]
        final = await stream.get_final_response()
    assert [item.type for item in final.output] == ["reasoning", "message", "function_call"]
    assert final.output[2].arguments == '{"x":1}'
    assert "response.function_call_arguments.delta" in seen
    again = await openai.responses.retrieve(final.id)
    assert again.output_text == "a b"
    replay = [e async for e in await openai.responses.retrieve(final.id, stream=True, starting_after=3)]
    assert replay[0].sequence_number == 4


async def test_openai_models_and_embeddings(openai):
    """Lists, single models and vectors in both encodings."""
    listed = [model.id async for model in openai.models.list()]
    assert (await openai.models.retrieve(listed[0])).id == listed[0]
    coded = await openai.embeddings.create(model="text-embedding-004", input=["a", "b"], dimensions=4)
    plain = await openai.embeddings.create(
        model="text-embedding-004", input="b", dimensions=4, encoding_format="float"
    )
    assert list(coded.data[1].embedding) == pytest.approx(plain.data[0].embedding)


@pytest.mark.parametrize("name", ["NOT_GIVEN", "not_given", "omit"])
async def test_openai_marks_of_what_is_not_given(gateway, name):
    """This package takes them for absent, as that one does."""
    mark = getattr(module("openai"), name)
    async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key, timeout=mark) as client:
        extra = {"temperature": mark, "tools": mark, "extra_headers": mark, "timeout": mark}
        await client.chat.completions.create(**ASK, **extra, stream=mark, response_format=mark)
        assert gateway.requests[-1].json == ASK
        await client.copy(max_retries=mark).responses.create(model="gpt-5.2", input="Hi", **extra)
        assert gateway.requests[-1].json == {"model": "gpt-5.2", "input": "Hi"}
        await client.gemini.generate_content(model="gemini-2.5-flash", contents="Hi", config=mark, **extra)
        assert set(gateway.requests[-1].json) == {"contents"}
        await client.embeddings.create(model="text-embedding-004", input="a", dimensions=mark, timeout=mark)
        assert gateway.requests[-1].json == {"model": "text-embedding-004", "input": "a"}


async def test_openai_errors(openai, gateway):
    """Statuses become the client's own classes; an error within a stream too."""
    errors = module("openai")
    with pytest.raises(errors.NotFoundError, match="does not exist"):
        await openai.chat.completions.create(**{**ASK, "model": "unknown"})
    gateway.fault("status", status=429, code="busy")
    with pytest.raises(errors.RateLimitError):
        await openai.chat.completions.create(**ASK)
    gateway.fault("error-event", message="boom")
    stream = await openai.chat.completions.create(**ASK, stream=True)
    with pytest.raises(errors.APIError, match="boom"):
        _ = [chunk async for chunk in stream]
    with pytest.raises(errors.AuthenticationError):
        await openai.with_options(api_key="wrong").chat.completions.create(**ASK)


async def test_genai_text_and_thoughts(genai):
    """generate_content and its stream, with thoughts apart from the text."""
    config = {"thinking_config": {"include_thoughts": True}}
    answer = await genai.models.generate_content(model="gemini-2.5-flash", contents="Hi", config=config)
    assert answer.text == "You said: Hi"
    assert answer.candidates[0].content.parts[0].thought
    stream = await genai.models.generate_content_stream(
        model="gemini-2.5-flash", contents="Hi", config=config
    )
    chunks = [chunk async for chunk in stream]
    text = [p.text for c in chunks for p in c.candidates[0].content.parts if not p.thought]
    assert "".join(text) == "You said: Hi"
    assert chunks[-1].usage_metadata.thoughts_token_count == answer.usage_metadata.thoughts_token_count > 0
    assert chunks[-1].candidates[0].finish_reason == "STOP"


async def test_genai_blocking_client(gateway):
    """The synchronous client, in a thread of its own."""
    asyncio = importlib.import_module("asyncio")
    options = module("google.genai.types").HttpOptions(base_url=gateway.url)
    client = module("google.genai").Client(api_key=gateway.api_key, http_options=options)

    def read() -> str:
        stream = client.models.generate_content_stream(model="gemini-2.5-flash", contents="Hi")
        return "".join(chunk.text or "" for chunk in stream)

    assert await asyncio.to_thread(read) == "You said: Hi"
    client.close()


async def test_genai_tools(genai):
    """A declared function is called; its result leads to a text."""
    types = module("google.genai.types")
    place = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
    tool = types.Tool(function_declarations=[{"name": "get_weather", "parameters": place}])
    config = types.GenerateContentConfig(tools=[tool])
    asked = types.Content(role="user", parts=[types.Part(text="weather?")])
    answer = await genai.models.generate_content(model="gemini-2.5-flash", contents=[asked], config=config)
    call = answer.function_calls[0]
    assert (call.name, call.args) == ("get_weather", {"city": "weather?"})
    result = types.Part.from_function_response(name=call.name, response={"is": "sunny"})
    turns = [asked, answer.candidates[0].content, types.Content(role="user", parts=[result])]
    answer = await genai.models.generate_content(model="gemini-2.5-flash", contents=turns, config=config)
    assert "sunny" in answer.text


async def test_objects_of_genai_go_out_through_this_client(client, gateway):
    """Contents, tools and config as google-genai's own objects, parsed ones too, without their nulls."""
    types = module("google.genai.types")
    gateway.script(tool_calls=[Call("get_weather", {"city": "Paris"})])
    turn = types.Content(role="user", parts=[types.Part.from_text(text="Weather?")])
    sound = types.Part.from_bytes(data=b"RIFF", mime_type="audio/wav")
    declared = types.FunctionDeclaration(name="get_weather", parameters_json_schema={"type": "object"})
    config = types.GenerateContentConfig(
        temperature=0.5, tools=[types.Tool(function_declarations=[declared])]
    )
    for given, settings in (
        ([turn, sound], config),
        # Dumped and read again, each field is set, mostly to None.
        (
            [types.Content.model_validate(turn.model_dump()), types.Part.model_validate(sound.model_dump())],
            types.GenerateContentConfig.model_validate(config.model_dump()),
        ),
    ):
        await client.gemini.generate_content(model="gemini-2.5-flash", contents=given, config=settings)
        assert loads(gateway.requests[-1].body) == {
            "contents": [
                {"role": "user", "parts": [{"text": "Weather?"}]},
                {"role": "user", "parts": [{"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}]},
            ],
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "get_weather", "parametersJsonSchema": {"type": "object"}},
                    ]
                }
            ],
            "generationConfig": {"temperature": 0.5},
        }


async def test_an_answer_of_genai_goes_out_through_this_client(client, genai, gateway):
    """What Google's client parsed is a turn of this client's request, its signature included."""
    types = module("google.genai.types")
    gateway.script(tool_calls=[Call("get_weather", {"city": None})])
    answer = await genai.models.generate_content(model="gemini-2.5-flash", contents="Weather?")
    answered = types.Part.from_function_response(name="get_weather", response={"sky": None})
    await client.gemini.generate_content(
        model="gemini-2.5-flash", contents=["Weather?", answer.candidates[0].content, answered]
    )
    turns = loads(gateway.requests[-1].body)["contents"]
    assert "null" not in str(turns).replace("'city': None", "").replace("'sky': None", "").replace(
        "None", "null"
    )
    assert turns[1]["parts"][0]["functionCall"]["args"] == {"city": None}
    assert turns[1]["parts"][0]["thoughtSignature"]
    assert turns[2]["parts"][0]["functionResponse"] == {"name": "get_weather", "response": {"sky": None}}


async def test_a_function_in_a_config_of_genai_is_refused(client):
    """Google's client would call it; here ``run_tools`` does."""
    types = module("google.genai.types")

    def get_weather(city: str) -> str:
        return city

    config = types.GenerateContentConfig(tools=[get_weather])
    with pytest.raises(MisuseError, match="got the function get_weather; run_tools"):
        await client.gemini.generate_content(model="gemini-2.5-flash", contents="Weather?", config=config)


async def test_genai_embeddings_models_and_errors(genai):
    """Vectors, the list of models, and a refusal in Google's shape."""
    found = await genai.models.embed_content(model="text-embedding-004", contents=["a", "b"])
    assert [len(item.values) for item in found.embeddings] == [64, 64]
    assert [model.name async for model in await genai.models.list()]
    with pytest.raises(module("google.genai.errors").ClientError, match="does not exist"):
        await genai.models.generate_content(model="unknown", contents="Hi")
