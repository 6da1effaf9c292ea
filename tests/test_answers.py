"""What every answer has beside its fields: how it came, how it ended, and its form as JSON."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import msgspec
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from gravitex_async.answers import (
    Answer,
    Origin,
    Piece,
    WireEvent,
    keep_payload,
    origin_of,
    tell_origin,
    turn_of,
    turns,
)
from gravitex_async.chat import ChatCompletion, ChatCompletionChunk
from gravitex_async.deltas import Evidence, StreamEnd
from gravitex_async.errors import MisuseError
from gravitex_async.timings import Timings

BODY = (
    b'{"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":"a","new":1}}],'
    b'"usage":{"prompt_tokens":1},"extra":{"x":[null]}}'
)


def completion(body: bytes = BODY) -> ChatCompletion:
    answer = msgspec.json.decode(body, type=ChatCompletion)
    keep_payload(answer, body)
    return answer


def test_an_answer_that_no_server_sent() -> None:
    """Everything may be asked of it; nothing is known."""
    answer = ChatCompletion()
    assert (answer.raw, answer.request_id, dict(answer.headers), answer.attempts) == (None, None, {}, 1)
    assert (answer.timings, answer.extra) == (Timings(), {})
    assert (answer.end.state, answer.end.reason) == ("completed", "unknown")
    assert answer.rate_limit.limit_requests is None
    assert origin_of(answer) is origin_of(answer)


def test_what_is_known_of_its_way() -> None:
    """The gateway's id and limits out of the headers, however they are spelled."""
    answer = completion()
    headers = CIMultiDictProxy(CIMultiDict({"X-Request-Id": "r1", "X-RateLimit-Limit-Requests": "60"}))
    timings = Timings(opened=1.0, headers=0.2)
    tell_origin(answer, headers=headers, attempts=3, timings=timings, end=StreamEnd("incomplete", "length"))
    timings.read(2.0, content=True, reasoning=False)  # of an answer that goes on
    assert (answer.request_id, answer.rate_limit.limit_requests, answer.attempts) == ("r1", 60, 3)
    assert (answer.timings.headers, answer.timings.last, answer.timings.between.count) == (0.2, None, 0)
    assert (answer.end.state, answer.raw) == ("incomplete", BODY)
    tell_origin("no answer", headers=headers, attempts=1, timings=timings)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_know_how_it_came(way: Any) -> None:
    """Copied or pickled, with headers of aiohttp's own, it says the same."""
    answer = completion()
    headers = CIMultiDictProxy(CIMultiDict({"X-Request-Id": "r1"}))
    tell_origin(answer, headers=headers, attempts=2, timings=Timings(headers=0.2))
    other = way(answer)
    assert other == answer
    assert (other.request_id, other.attempts, other.timings.headers) == ("r1", 2, 0.2)
    assert (other.raw, other.to_dict(), other.choices[0].to_dict()) == (
        BODY, answer.to_dict(), answer.choices[0].to_dict()
    )  # fmt: skip
    origin_of(other).attempts = 9
    assert answer.attempts == 2


def test_the_form_of_the_wire() -> None:
    """All that came, nothing of ours: unknown fields at any depth, of the answer and of its parts."""
    answer = completion()
    assert (
        answer.to_dict() == msgspec.json.decode(BODY) == dict(answer) == msgspec.json.decode(answer.to_json())
    )
    assert answer.extra == {"extra": {"x": [None]}}
    assert answer.choices[0].to_dict() == msgspec.json.decode(BODY)["choices"][0]
    assert answer.usage.to_dict() == {"prompt_tokens": 1}
    assert not hasattr(answer, "__dict__")
    built = msgspec.json.decode(BODY, type=ChatCompletion)
    assert built.to_dict() == {
        "id": "c1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}}],
        "usage": {"prompt_tokens": 1},
    }


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b'\xef\xbb\xbf{"choices":[{"message":{"content":"a"}}],"n":NaN}', "a"),
        (b'{"choices":[{"message":{"content":"\\ud83d"}}]}', "\ufffd"),
        (b'{"choices":[{"message":{"content":"\\ud83d\\ude00"}}]}', "\U0001f600"),
    ],
)
def test_an_odd_body_is_written_all_the_same(body: bytes, content: str) -> None:
    """What strict readers refuse (a BOM, NaN, half a character) comes out as JSON that they take."""
    answer = ChatCompletion()
    keep_payload(answer, body)
    assert msgspec.json.decode(answer.to_json())["choices"][0]["message"]["content"] == content


@pytest.mark.parametrize("body", [b"no json", b"[1]", b"data: {}\n\n", b""])
def test_a_body_that_is_no_object(body: bytes) -> None:
    """The fields speak then."""
    answer = ChatCompletion(id="c1")
    keep_payload(answer, body)
    assert answer.to_dict() == {"id": "c1", "choices": []}


def test_an_event_that_is_more_than_its_fields_keeps_its_payload() -> None:
    """And is written as that; one that is no more has none."""
    chunk = msgspec.json.decode(b'{"id":"c1","choices":[]}', type=ChatCompletionChunk)
    assert (chunk.raw, chunk.to_dict()) == (None, {"id": "c1", "choices": []})
    keep_payload(chunk, b'{"id":"c1","choices":[],"more":1}')
    assert chunk.to_dict() == {"id": "c1", "choices": [], "more": 1}
    for other in (copy.copy(chunk), pickle.loads(pickle.dumps(chunk))):
        assert (other, other.raw) == (chunk, chunk.raw)
    keep_payload(object(), b"")  # what has no room for it is left alone


class Event(WireEvent, msgspec.Struct, kw_only=True):
    """The smallest there can be."""

    n: int = 0


class Part(Piece, msgspec.Struct, kw_only=True):
    """A part that does not say where it stands."""


def test_a_part_has_to_say_where_it_stands() -> None:
    """Else it is not found in the body."""
    part = Part()
    assert part.to_dict() == {}
    part._source = b"{}"
    with pytest.raises(NotImplementedError):
        part.to_dict()
    assert Event(n=1).to_dict() == {"n": 1}


def test_answers_stand_for_their_turns() -> None:
    """Among messages, in their order; one of another endpoint is refused with what to write instead."""
    answer = completion()
    asked = {"role": "user", "content": "b"}
    assert turns([asked, answer, asked], "chat") == [asked, *answer.to_input(), asked]
    with pytest.raises(MisuseError, match=r"got a ChatCompletion; write {.role"):
        turns([answer], "responses")


class Stands(msgspec.Struct):
    """What may stand for a turn: it has a dialect, and mostly an end."""

    dialect = "chat"

    end: StreamEnd | None = None

    def to_input(self) -> list[str]:
        return ["a turn"]


def test_a_stream_stands_for_its_turn_once_it_has_ended() -> None:
    """However it ended; what has no end of its own, as a part of an answer, does in any case."""
    for ended in (StreamEnd("completed"), StreamEnd("interrupted"), StreamEnd("closed"), None):
        assert turn_of(Stands(ended), "chat") == ["a turn"]
    with pytest.raises(MisuseError, match=r"a stream that has ended, got one that is open"):
        turn_of(Stands(StreamEnd("open")), "chat")
    assert turn_of(WireEvent(), "chat") is None
    assert turn_of(Answer(), "chat") is None  # it has no turn


def test_an_end_of_its_own() -> None:
    """Of a plain answer: as its finish reason says, with what was seen of it."""
    assert completion().end == StreamEnd(
        "completed", "unknown", evidence=Evidence(False, False, True, 0, len(BODY))
    )
    cut = completion(b'{"choices":[{"message":{"content":"a"},"finish_reason":"length"}]}')
    assert (cut.end.state, cut.end.reason, cut.end.evidence.finish_seen) == ("incomplete", "length", True)
    assert Answer()._plain_end().reason == "unknown"
    assert Origin().parsed is msgspec.UNSET
    bare = Answer()
    keep_payload(bare, b"{}")
    assert bare.raw == b"{}"
