"""One vocabulary: whatever an answer came from and however it came, one program reads it.

The program is ``vocabulary.read``. It reads every recording of every dialect as a plain answer, as a stream,
as what ``final()`` and ``arrived`` give, and as what an error carries. What it must find is what a small
reader of the tests' own finds in the same bytes (``wanted``), which ``test_wanted`` compares with the
manifests.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gravitex_async import APIError, StreamInterrupted, Usage, chat, gemini, responses

from ..captured import Capture, captures, same_text
from ..vocabulary import COUNTS, Came, Player, Reading, Spoken, came, playing, read, spoken
from ..wanted import EVERY, Said, Wanted, composed, ending, events_of, prefix, wanted, wanted_of_events
from .dialects import DIALECTS, Dialect

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON_OF: dict[str, Any] = {"chat": chat, "responses": responses, "gemini": gemini}
BY_NAME = {dialect.name: dialect for dialect in DIALECTS}

# Without an end mark: as if it had broken off.
ENDLESS = [each for each in EVERY if each.name == "gemini/vertex-prompt-feedback.sse"]
STREAMS = [
    each for each in EVERY if (each.name.endswith(".sse") or "array" in each.name) and each not in ENDLESS
]
BODIES = [each for each in EVERY if each not in [*STREAMS, *ENDLESS]]
FAILED = [each for folder in BY_NAME for each in captures(folder, ".sse") if "errors" in each.expect]


def name_of(capture: Capture) -> str:
    return capture.name.rpartition(".")[0].replace("/", " ")


def dialect_of(capture: Capture) -> Dialect:
    return BY_NAME[capture.name.partition("/")[0]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def player() -> AsyncIterator[Player]:
    async with playing() as player:
        yield player


def put(player: Player, capture: Capture, body: bytes | None = None, whole: bool = True) -> None:
    """The recording, with the headers that came with it."""
    kind = "text/event-stream" if capture.name.endswith(".sse") else "application/json"
    player.put(capture.body if body is None else body, kind, capture.entry.get("headers"), whole)


# What is wanted


def compare(found: Spoken, said: Said) -> None:
    """What was read is what is wanted."""
    assert (found.content, found.reasoning, found.refusal) == (said.content, said.reasoning, said.refusal)
    assert [call[:2] for call in found.calls] == [(call.id, call.name) for call in said.calls]
    for call, of in zip(found.calls, said.calls, strict=True):
        if of.arguments is not None:
            assert call[2] == of.arguments or json.loads(call[2] or "{}") == json.loads(of.arguments)
    assert sorted(found.sources, key=repr) == sorted(said.sources, key=repr)
    assert found.cited >= said.cited
    assert found.pictures == said.pictures


def compare_all(found: Reading, answer: Wanted) -> None:
    sources = [source for source in found.said.sources if source not in answer.listed]
    assert len(sources) == len(found.said.sources) - len(answer.listed)
    compare(found.said._replace(sources=sources), answer.first)
    usage = answer.usage or dict.fromkeys(COUNTS)
    assert (found.usage, found.source) == (usage, "server" if answer.usage else "none")


def compare_choices(answer: Any, of: Wanted) -> None:
    """Each choice speaks the same words; each can be sent back."""
    assert [choice.index for choice in answer.choices] == sorted(of.choices)
    for choice in answer.choices:
        found = spoken(choice)
        compare(found, of.choices[choice.index])
        said = of.choices[choice.index]
        assert (found.finish, found.reason) == (said.finish, said.reason) or not said.finish
        assert found.turn or not (found.content or found.calls)


def state_of(answer: Wanted) -> str:
    if answer.pending:
        return "open"
    return "incomplete" if answer.reason in ("length", "filtered", "error") else "completed"


def expected_came(capture: Capture, found: Came) -> None:
    headers = capture.entry.get("headers") or {}
    assert found.request_id == headers.get("x-request-id")
    left = headers.get("x-ratelimit-remaining-requests", "")
    assert found.requests_left == (int(left) if left.isdigit() else None)
    assert found.attempts == 1
    assert found.headers["Content-Type"] == found.headers["content-type"]


# However it came


@pytest.mark.parametrize("capture", STREAMS, ids=name_of)
async def test_streams(player: Player, capture: Capture) -> None:
    """The stream, ``final()`` and ``arrived`` say the same, and what was sent."""
    of = wanted(capture.name, capture.body)
    put(player, capture)
    stream = dialect_of(capture).stream(player.client)
    async for _ in stream:
        pass
    final = await stream.final()
    found = read(stream)
    compare_all(found, of)
    assert (found.said.finish, found.said.reason) == (of.finish, of.reason)
    assert found.said.state == state_of(of)
    for answer in (final, stream.arrived):
        assert read(answer) == found
        assert came(answer) == came(stream)
    expected_came(capture, came(stream))
    compare_choices(final, of)
    assert_parsed(stream, final, *final.choices)
    assert_same_again(capture, final)


@pytest.mark.parametrize("capture", BODIES, ids=name_of)
async def test_plain_answers(player: Player, capture: Capture) -> None:
    """Awaited, and sent where a stream was asked for."""
    of = wanted(capture.name, capture.body)
    put(player, capture)
    answer = await dialect_of(capture).create(player.client)
    found = read(answer)
    compare_all(found, of)
    assert (found.said.finish, found.said.reason) == (of.finish, of.reason)
    assert found.said.state == state_of(of)
    expected_came(capture, came(answer))
    compare_choices(answer, of)
    assert_parsed(answer, *answer.choices)
    assert answer.raw == capture.body
    assert answer.to_dict() == json.loads(capture.body)
    assert json.loads(answer.to_json()) == answer.to_dict() == dict(answer)
    assert_same_again(capture, answer)
    if of.pending:
        return
    put(player, capture)
    stream = dialect_of(capture).stream(player.client)
    final = await stream.final()
    assert bare(read(final)) == bare(found) or not of.finish
    assert bare(read(stream)) == bare(found) or not of.finish  # a stream that ended well says "stop" then


def bare(reading: Reading) -> Reading:
    """Without the parts of its turn that say nothing; a stream has none."""
    turn = [each for each in reading.said.turn if each.get("parts") != [{"text": ""}]]
    return reading._replace(said=reading.said._replace(turn=turn))


def assert_parsed(*sources: Any) -> None:
    """Content in JSON is read as a value by the one word."""
    for source in sources:
        if source.content.startswith("{") and source.end.state == "completed":
            assert source.parsed(dict[str, Any]) == json.loads(source.content)


def assert_same_again(capture: Capture, answer: Any) -> None:
    """What is read from its JSON says the same; how it came is the only thing that JSON does not say."""
    again = JSON_OF[dialect_of(capture).name].answer_from_json(answer.to_json())
    assert type(again) is type(answer)
    assert read(again)[1:] == read(answer)[1:]
    how = {"state": "", "reason": ""}
    assert spoken(again)._replace(**how) == spoken(answer)._replace(**how)
    assert again.to_dict() == answer.to_dict()


def parts_of(capture: Capture) -> list[int]:
    """How many events before it broke off: some, and all but the end."""
    events = events_of(capture.body)
    ends = (place for place, event in enumerate(events) if ending(dialect_of(capture).name, event))
    whole = next(ends, len(events))
    return sorted({whole // 2, whole} - {0})


CUT = [
    (capture, count)
    for capture in [*STREAMS, *ENDLESS]
    if capture.name.endswith(".sse")
    for count in parts_of(capture)
]


@pytest.mark.parametrize(
    ("capture", "events"), CUT, ids=lambda each: each if isinstance(each, int) else name_of(each)
)
async def test_what_had_arrived(player: Player, capture: Capture, events: int) -> None:
    """The error of a stream that broke off carries what its events said, in the same words."""
    dialect = dialect_of(capture)
    of = wanted_of_events(dialect.name, events_of(capture.body)[:events])
    whole = capture in ENDLESS and events == len(events_of(capture.body))
    put(player, capture, prefix(capture.body, events), whole=whole)
    stream = dialect.stream(player.client)
    with pytest.raises(StreamInterrupted) as caught:
        async for _ in stream.deltas():
            pass
    partial = caught.value.partial
    found = read(partial)
    compare_all(found, of)
    assert (found.said.finish, found.said.state, found.said.reason) == (None, "interrupted", "error")
    assert read(stream) == read(stream.arrived) == found
    expected_came(capture, came(partial))
    compare_choices(partial, of)


@pytest.mark.parametrize("capture", FAILED, ids=name_of)
async def test_what_had_arrived_before_the_server_failed(player: Player, capture: Capture) -> None:
    """An error that the server reports inside its stream carries it too."""
    put(player, capture)
    stream = dialect_of(capture).stream(player.client)
    with pytest.raises(APIError) as caught:
        await stream.final()
    assert not isinstance(caught.value, StreamInterrupted)
    found = read(caught.value.partial)
    texts = [capture.expect.get(name) or {} for name in ("text", "reasoning")]
    text, thoughts = (next(iter(each.values()), "") for each in texts)
    assert same_text(found.said.content, text)
    assert same_text(found.said.reasoning, thoughts)
    assert found.said.state == "failed"
    assert read(stream) == found
    expected_came(capture, came(caught.value.partial))


@pytest.mark.parametrize("capture", [each for each in STREAMS if each.name.endswith(".sse")], ids=name_of)
async def test_a_plain_answer_says_what_its_stream_said(player: Player, capture: Capture) -> None:
    """The same words sent as a plain answer are read as the same."""
    dialect, of = dialect_of(capture), wanted(capture.name, capture.body)
    put(player, capture)
    streamed = read(await dialect.stream(player.client).final())
    player.put(composed(dialect.name, of), "application/json")
    plain = read(await dialect.create(player.client))
    assert plain[1:] == streamed[1:]
    elsewhere: dict[str, Any] = {"sources": [], "cited": set(), "pictures": [], "turn": [], "calls": []}
    assert plain.said._replace(**elsewhere) == streamed.said._replace(**elsewhere)
    beside = {name: getattr(of.first, name) for name in ("sources", "cited", "pictures")}
    compare(plain.said._replace(**beside), of.first)


# Thinking that stands elsewhere than in ``reasoning_content``, in plain answers.
ELSEWHERE = [
    each
    for each in BODIES
    if each.name.startswith("chat/")
    and any(each.expect["reasoning"].values())
    and not any(
        (choice.get("message") or {}).get("reasoning_content")
        for choice in json.loads(each.body).get("choices") or ()
    )
]


@pytest.mark.parametrize("capture", ELSEWHERE, ids=name_of)
async def test_thinking_wherever_it_stands(player: Player, capture: Capture) -> None:
    """``reasoning``, parts of thinking and details are read by the one word."""
    put(player, capture)
    answer = await dialect_of(capture).create(player.client)
    assert answer.reasoning_content
    assert same_text(answer.reasoning_content, capture.expect["reasoning"]["0"])
    assert answer.choices[0].reasoning_content == answer.reasoning_content
    turn = answer.to_dict()["choices"][0]["message"]
    assert "reasoning_content" not in turn  # the wire's own shape stays


async def test_usage_adds_up(player: Player) -> None:
    """Whatever it is of: plain and streamed answers of all dialects, vectors, and such as counted nothing."""
    usages, totals = [], dict.fromkeys(COUNTS[:-1], 0)
    for capture in [*STREAMS, *BODIES]:
        put(player, capture)
        dialect = dialect_of(capture)
        streamed = capture in STREAMS
        answer = await (dialect.stream(player.client).final() if streamed else dialect.create(player.client))
        usages.append(answer.usage)
        for name, count in (wanted(capture.name, capture.body).usage or {}).items():
            if name in totals:
                totals[name] += count or 0
    vectors = {"data": [{"index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    player.put(json.dumps(vectors).encode(), "application/json")
    usages.append((await player.client.embeddings.create(model="m", input="Hi")).usage)
    totals["input_tokens"] += 3
    totals["total_tokens"] += 3
    for found in (sum(usages, Usage()), sum(usages), sum(reversed(usages), Usage())):
        assert isinstance(found, Usage)
        assert found == Usage(**totals, source="server")
