"""Chunks folded into an answer: every field, every choice, odd usage, and nothing lost on the way."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async import AsyncGravitex
from gravitex_async.chat import ChatAccumulator, ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from gravitex_async.chat._unknown import UnknownFields
from gravitex_async.deltas import Delta
from gravitex_async.errors import DecodeError, StreamInterrupted
from gravitex_async.testing import LocalGateway, Tape
from gravitex_async.usage import Usage

from ..reading import framed
from .folding import CHUNKS, chunk, fold

USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def test_an_ordinary_stream() -> None:
    """Role, text, finish reason, usage: the answer looks as if it had not been streamed."""
    result = fold([
        chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), chunk({"content": "lo"}),
        chunk(finish="stop"), {"id": "c1", "choices": [], "usage": USAGE},
    ])  # fmt: skip
    final = result.final
    assert (final.id, final.object, final.model) == ("c1", "chat.completion", "m")
    assert final.choices[0].message.content == "Hello"
    assert final.choices[0].message.role == "assistant"
    assert final.choices[0].finish_reason == "stop"
    assert result.folded.usage == Usage(3, 5, 8, source="server")
    assert result.folded.complete
    assert result.folded.reason == "stop"
    assert result.folded.progress == (2, 0)


def test_everything_may_be_read_at_any_moment() -> None:
    """Before the first chunk there is nothing, and asking costs nothing."""
    folded = ChatAccumulator()
    assert (folded.content, folded.reasoning_content, folded.refusal, folded.tool_calls) == ("", "", "", [])
    assert (folded.finish_reason, folded.reason, folded.complete) == (None, "unknown", False)
    assert folded.usage == Usage()
    assert folded.final() == ChatCompletion(object="chat.completion")


# Reasoning in five spellings.
REASONING: dict[str, list[Any]] = {
    "reasoning_content": [{"reasoning_content": "a"}, {"reasoning_content": "b"}],
    "reasoning": [{"reasoning": "a"}, {"reasoning": "b"}],
    "both, the first wins": [{"reasoning_content": "a", "reasoning": "a"}, {"reasoning_content": "b"}],
    "details of text": [
        {"reasoning_details": [{"type": "reasoning.text", "text": x, "index": 0}]} for x in "ab"
    ],
    "details of summary": [
        {"reasoning_details": [{"type": "reasoning.summary", "summary": x}]} for x in "ab"
    ],
    "details beside reasoning": [
        {"reasoning": x, "reasoning_details": [{"type": "reasoning.text", "text": x, "index": 0}]}
        for x in "ab"
    ],
    "parts of text": [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": x}]}]} for x in "ab"
    ],
    "parts that are strings": [{"content": [{"type": "thinking", "thinking": x}]} for x in "ab"],
}


@pytest.mark.parametrize("spelling", REASONING)
def test_reasoning_is_one_channel(spelling: str) -> None:
    """Whatever field it comes in, thinking is ``reasoning_content``, apart from the answer."""
    result = fold([*map(chunk, REASONING[spelling]), chunk({"content": "x"}), chunk(finish="stop")])
    assert (result.folded.reasoning_content, result.folded.content) == ("ab", "x")
    assert result.final.choices[0].message.reasoning_content == "ab"
    assert result.folded.progress == (1, 2)


def test_text_and_thinking_in_one_list_of_parts() -> None:
    """A chunk may bring both at once; each view has both."""
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "yes"},
    ]
    result = fold([chunk({"content": parts})])
    assert (result.folded.reasoning_content, result.folded.content) == ("hm", "yes")
    assert (result.items[0].reasoning_content, result.items[0].content) == ("hm", "yes")


def test_pieces_of_reasoning_details_are_joined_by_entry() -> None:
    """Encrypted and readable entries stay apart; pieces of one entry become one, to be sent back."""
    result = fold([
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "a", "index": 0, "format": "f"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "b", "index": 0, "signature": "s"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x", "index": 1}]}),
    ])  # fmt: skip
    assert result.final.choices[0].message.reasoning_details == [
        {"type": "reasoning.text", "text": "ab", "index": 0, "format": "f", "signature": "s"},
        {"type": "reasoning.encrypted", "data": "x", "index": 1},
    ]


# Choices that are not there.
@pytest.mark.parametrize(
    "payload",
    [
        {"id": "c1", "choices": []}, {"id": "c1", "choices": None}, {"id": "c1"},
        {"id": "c1", "choices": [{}]}, {"id": "c1", "choices": [{"index": 0, "delta": None}]},
        {"id": "c1", "choices": [{"delta": {}, "finish_reason": ""}]},
        {"id": "c1", "choices": [{"delta": {"content": None, "tool_calls": None, "role": None}}]},
        {"id": "c1", "choices": [{"delta": {"content": "", "tool_calls": []}, "logprobs": None}]},
        {"id": "c1", "choices": [None]}, {"choices": [], "prompt_filter_results": [{}], "id": ""},
        {"id": "c1", "choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {}}]},
    ],
    ids=str,
)  # fmt: skip
def test_empty_chunks_say_nothing_and_break_nothing(payload: Any) -> None:
    """Empty, null or missing choices and deltas: the accessors never raise, and nothing is finished."""
    result = fold([payload, chunk({"content": "x"}), payload])
    assert result.folded.content == "x"
    assert not result.folded.complete
    assert (result.items[0].content, result.items[0].reasoning_content) == ("", "")
    assert result.items[0].finish_reason is None


@pytest.mark.parametrize("value", [{}, "", False, None, [], 0])
def test_an_empty_error_is_no_error(value: Any) -> None:
    """``"error": null`` and its kin beside a good chunk: the chunk counts."""
    result = fold([chunk({"content": "a"}), chunk({"content": "b"}, error=value)])
    assert result.folded.content == "ab"


def _decoded(tree: Any) -> ChatCompletionChunk:
    """As a stream would have it: what no struct knows is taken aside."""
    left = copy.deepcopy(tree)
    UnknownFields().take(left, b"")
    return msgspec.convert(left, ChatCompletionChunk)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"error": {"message": "m"}}, "m"), ({"error": "m"}, "m"), ({"type": "error", "message": "m"}, "m"),
        ({"success": False, "message": "m"}, "m"), ({"message": "m", "code": "x"}, "m"),
        ({"detail": "m"}, "m"),
        ({"base_resp": {"status_code": 1004, "status_msg": "m"}}, "m"),
    ],
)  # fmt: skip
def test_errors_in_place_of_a_chunk_are_seen(tree: Any, message: str) -> None:
    """``fold`` stops at what may be an error, and ``error_in`` says what it says."""
    text = chunk({"content": "a"})
    items = [_decoded(each) for each in (text, tree)]
    folded = ChatAccumulator()
    assert len(folded.fold([*items, items[0]])) == 2
    assert folded.suspect
    assert folded.content == "a"
    info = folded.error_in(tree)
    assert info is not None
    assert info.message == message


async def test_a_choice_that_broke_off_did_not_end_well(gateway: LocalGateway, client: AsyncGravitex) -> None:
    """It says so itself; one of the same answer that had its finish reason ended as that says."""
    whole = chunk({"content": "a"}, finish="stop")
    half = chunk({"content": "b"})
    half["choices"][0]["index"] = 1
    gateway.play(Tape(b"".join(framed(msgspec.json.encode(each) for each in (whole, half)))))
    stream = client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hi"}])
    with pytest.raises(StreamInterrupted) as caught:
        await stream.final()
    for answer in (caught.value.partial, stream.arrived, copy.copy(stream.arrived)):
        assert isinstance(answer, ChatCompletion)
        assert [choice.end.state for choice in answer.choices] == ["completed", "interrupted"]
        assert answer.choices[0].end.reason == "stop"
        assert answer.choices[0].end.evidence == answer.end.evidence


# Usage: the last one counts, and absent is not zero
@pytest.mark.parametrize(
    "payloads",
    [
        [chunk(usage=USAGE), chunk({"content": "x"}, finish="stop")],
        [chunk({"content": "x"}), chunk(finish="stop", usage=USAGE)],
        [chunk(finish="stop"), {"id": "c1", "choices": [], "usage": USAGE}],
        [chunk(finish="stop"), {"choices": [], "usage": USAGE}],
        [chunk(finish="stop"), {"id": "c1", "usage": USAGE}],
        [chunk(finish="stop", usage=USAGE), {"id": "c1", "choices": [], "usage": USAGE}],
        [chunk(usage=USAGE), chunk(finish="stop", usage=None)],
        [chunk(usage={"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}), chunk(usage=USAGE)],
        [chunk(usage=USAGE), chunk(usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})],
        [chunk(usage={k: str(v) for k, v in USAGE.items()})],
        [chunk(usage={k: float(v) for k, v in USAGE.items()})],
        [{"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE}]}],
        [chunk(usage={"input_tokens": 3, "output_tokens": 5})],
    ],
    ids=["first", "with-finish", "alone", "alone-without-id", "without-choices", "twice", "null-after",
         "growing", "zeros-after", "as-text", "as-floats", "in-the-choice", "other-names"],
)  # fmt: skip
def test_usage_wherever_it_stands(payloads: list[Any]) -> None:
    """The last one that counts anything wins; null and zeros never overwrite; nothing is summed."""
    result = fold(payloads)
    usage = result.folded.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.source) == (3, 5, 8, "server")
    told = [delta.usage for delta in result.deltas if delta.usage is not None]
    assert told
    assert usage in told


def test_usage_that_never_came_is_not_zero() -> None:
    """Absent is ``source == "none"`` and None, never 0."""
    usage = fold([chunk({"content": "x"}, finish="stop")]).folded.usage
    assert (usage.source, usage.output_tokens, usage.visible_tokens) == ("none", None, None)


@pytest.mark.parametrize(
    ("usage", "cached", "reasoning"),
    [
        (
            {
                "prompt_tokens_details": {"cached_tokens": 7},
                "completion_tokens_details": {"reasoning_tokens": 4},
            },
            7,
            4,
        ),
        ({"prompt_cache_hit_tokens": 7}, 7, None),
        ({"cached_tokens": 7}, 7, None),
        ({"cached_tokens": 7, "prompt_cache_hit_tokens": 0}, 7, None),
        ({"prompt_cache_hit_tokens": 0}, 0, None),
        ({"prompt_tokens_details": None, "completion_tokens_details": None}, None, None),
        ({"prompt_tokens_details": {}, "completion_tokens_details": {"reasoning_tokens": 0}}, None, 0),
    ],
)
def test_details_of_usage(usage: Any, cached: int | None, reasoning: int | None) -> None:
    """Cached and reasoning tokens are found where each provider puts them; what was not sent is None."""
    found = fold([chunk(usage={**USAGE, **usage})]).folded.usage
    assert (found.cached_tokens, found.reasoning_tokens) == (cached, reasoning)
    assert found.visible_tokens == (None if reasoning is None else 5 - reasoning)


# Choices


def test_choices_interleave_and_stay_apart() -> None:
    """With n > 1 every choice has its own text, reasoning, calls and finish reason."""
    result = fold([
        chunk({"content": "a"}), chunk({"content": "x"}, index=1), chunk({"content": "b"}),
        chunk({"reasoning_content": "r"}, index=1), chunk(finish="stop"), chunk({"content": "y"}, index=1),
    ])  # fmt: skip
    assert [c.message.content for c in result.final.choices] == ["ab", "xy"]
    assert result.final.choices[1].message.reasoning_content == "r"
    assert (result.folded.content, result.folded.finish_reason) == ("ab", "stop")
    assert not result.folded.complete
    done = fold([chunk({"content": "a"}, finish="stop"), chunk({"content": "x"}, index=1, finish="length")])
    assert done.folded.complete
    assert [c.finish_reason for c in done.final.choices] == ["stop", "length"]


def test_choices_of_any_index_come_in_order() -> None:
    """Indices may begin anywhere; the answer lists them by index, and choice 0 is choice 0 alone."""
    result = fold([chunk({"content": "b"}, index=2), chunk({"content": "a"}, index=1)])
    assert [(c.index, c.message.content) for c in result.final.choices] == [(1, "a"), (2, "b")]
    assert result.folded.content == ""


def test_endless_new_choices_are_no_reason_to_allocate() -> None:
    """A hostile server that invents choices does not fill the memory."""
    result = fold([chunk({"content": "x"}, index=i) for i in range(3000)])
    assert len(result.final.choices) <= 1024


# The rest of a chunk


def test_the_first_head_wins() -> None:
    """id, model and created may change or be empty later on; the first that says something is kept."""
    result = fold([
        {"id": "", "model": "", "choices": [{"delta": {"content": "a"}}]},
        {"id": "c1", "model": "m1", "created": 1700000000, "system_fingerprint": "fp", "service_tier": "t",
         "provider": "p", "choices": [{"delta": {"content": "b"}}]},
        {"id": "c2", "model": "m2", "created": 2, "choices": [{"delta": {"content": "c"}}]},
    ])  # fmt: skip
    final = result.final
    assert (final.id, final.model, final.created) == ("c1", "m1", 1700000000)
    assert (final.system_fingerprint, final.service_tier, final.provider) == ("fp", "t", "p")
    assert final.choices[0].message.content == "abc"


@pytest.mark.parametrize("created", [1700000000, 1.7e9, "1700000000", None])
def test_created_in_any_form(created: Any) -> None:
    """A time may be a float or text from some backends, and is no reason to fail."""
    assert fold([chunk({"content": "x"}, created=created)]).final.created in (1700000000, "1700000000", None)


@pytest.mark.parametrize("name", ["wire_citations", "search_results"])
def test_sources_come_at_any_time(name: str) -> None:
    """Citations and search results may come first, last or in the middle; the last list is kept."""
    found = ["u1", "u2"]
    for place in range(3):
        payloads = [chunk({"content": "a"}), chunk({"content": "b"}), chunk(finish="stop")]
        payloads[place][name.removeprefix("wire_")] = found
        assert getattr(fold(payloads).final, name) == found


def test_annotations_logprobs_audio_and_refusals_add_up() -> None:
    """Lists are appended, base64 is joined as text, an expiry is the last one."""
    note = {"type": "url_citation", "url_citation": {"url": "u"}}
    first = chunk(
        {"annotations": [note], "audio": {"id": "a", "data": "QUJ", "transcript": "he"}, "refusal": "no"}
    )
    second = chunk(
        {"annotations": [note], "audio": {"data": "D", "transcript": "y", "expires_at": 9}, "refusal": "!"}
    )
    first["choices"][0]["logprobs"] = {"content": [{"token": "a"}]}
    second["choices"][0]["logprobs"] = {"content": [{"token": "b"}], "refusal": [{"token": "c"}]}
    choice = fold([first, second]).final.choices[0]
    assert choice.message.annotations == [note, note]
    audio = choice.message.audio
    assert audio is not None
    assert (audio.id, audio.data, audio.transcript, audio.expires_at) == ("a", "QUJD", "hey", 9)
    assert choice.message.refusal == "no!"
    assert choice.message.content is None
    assert choice.logprobs is not None
    assert choice.logprobs.content == [{"token": "a"}, {"token": "b"}]
    assert choice.logprobs.refusal == [{"token": "c"}]


def test_unknown_fields_are_no_reason_to_fail() -> None:
    """Whatever else a provider adds is passed over here and stays in the payload."""
    result = fold(
        [chunk({"content": "x", "channel": "final", "weird": [1]}, x_groq={"id": 1}, obfuscation="zz")]
    )
    assert result.folded.content == "x"


def test_a_plain_completion_in_place_of_a_stream() -> None:
    """It becomes one chunk whose deltas are all of it; ``final`` is the answer untouched."""
    body = msgspec.json.encode({
        "id": "c1", "object": "chat.completion", "model": "m", "usage": USAGE, "choices": [
            {"index": 0, "finish_reason": "stop",
             "message": {"role": "assistant", "content": "hi", "reasoning": "hm", "tool_calls": [
                 {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}}],
    })  # fmt: skip
    folded = ChatAccumulator()
    items = folded.whole(body)
    assert len(items) == 1
    (delta,) = folded.fold(items)
    assert isinstance(delta, Delta)
    assert (delta.content, delta.reasoning_content, delta.finish_reason) == ("hi", "hm", "stop")
    assert (folded.content, folded.reasoning_content, folded.complete) == ("hi", "hm", True)
    assert [(c.id, c.name) for c in folded.tool_calls] == [("a", "f")]
    assert folded.final().choices[0].message.reasoning == "hm"
    assert folded.usage.total_tokens == 8


@pytest.mark.parametrize(
    "body", [b"{}", b'{"choices":[]}', b"[]", b"nonsense", b'"text"', b'{"object":"list"}']
)
def test_what_is_no_completion_is_refused(body: bytes) -> None:
    """``whole`` takes an answer with choices and nothing else."""
    with pytest.raises((ValueError, DecodeError)):
        ChatAccumulator().whole(body)


def test_an_odd_plain_completion_is_read_like_an_odd_chunk() -> None:
    """Nulls and wrong types are repaired in a whole answer too."""
    folded = ChatAccumulator()
    items = folded.whole(b'{"id":7,"choices":[{"index":null,"message":{"content":"a\\ud83d\\ude00"}}]}')
    folded.fold(items)
    assert folded.content == "a😀"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["content", "reasoning_content", "refusal"]), st.text(max_size=5))))
def test_any_order_of_channels(pieces: list[tuple[str, str]]) -> None:
    """Channels may alternate in any way; each is the join of its own pieces."""
    result = fold([chunk({name: text}) for name, text in pieces])
    for name in ("content", "reasoning_content", "refusal"):
        assert getattr(result.folded, name) == "".join(text for key, text in pieces if key == name)


def test_reading_does_not_disturb_folding() -> None:
    """The accumulators may be read between any two chunks; cost and result do not change."""
    folded = ChatAccumulator()
    items = fold([chunk({"content": str(i)}) for i in range(50)]).items
    for position, item in enumerate(items):
        assert folded.fold([item]) == [Delta(str(position))]
        assert folded.content == "".join(map(str, range(position + 1)))
        folded.final()


# What chunks of several things at once bring


def test_text_and_calls_in_one_chunk() -> None:
    """Both arrive, in a first chunk and in a later one; so do thinking and calls."""
    calls = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "1"}}]}
    for channel in ("content", "reasoning_content"):
        result = fold([chunk({channel: "a", **calls}), chunk({channel: "b", **calls})])
        assert getattr(result.folded, channel) == "ab"
        assert result.calls() == [("a", "f", "11")]
        assert [len(delta.tool_calls) for delta in result.deltas] == [1, 1]


def test_thinking_beside_parts_of_text() -> None:
    """The field for thinking goes before the parts, which say the same."""
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}]
    result = fold([chunk({"content": parts, "reasoning_content": "oh"})])
    assert (result.folded.reasoning_content, result.folded.content) == ("oh", "yes")


@pytest.mark.parametrize(("odd", "name"), [(None, "first"), ("", "first"), ("other", "other")])
def test_the_senders_name_is_the_first(odd: str | None, name: str) -> None:
    """Whenever it comes: mostly with the first chunk."""
    named = [chunk({"content": "a", "name": name}) for name in (odd, "first", "second")]
    assert fold([chunk({"content": "a"}), *named]).final.choices[0].message.name == name
    assert fold([chunk({"content": "a"})]).final.choices[0].message.name is None


def test_the_providers_own_finish_reason_stays() -> None:
    """Beside the neutral one, whatever comes behind it."""
    tree = chunk(finish="stop")
    tree["choices"][0]["native_finish_reason"] = "STOP"
    choice = fold([chunk({"content": "a"}), tree, chunk()]).final.choices[0]
    assert (choice.finish_reason, choice.native_finish_reason) == ("stop", "STOP")


@pytest.mark.parametrize("odd", [7, ["a"], {"a": 1}])
def test_a_name_that_is_no_text_is_none(odd: Any) -> None:
    """It is no reason to fail, and leaves the place to one that is."""
    named = [chunk({"content": "a", "name": name}) for name in (odd, "b")]
    assert fold(named).final.choices[0].message.name == "b"


def test_what_counts_as_content() -> None:
    """Each piece that a reader is given, of whatever kind, is one step on."""
    for delta, progress in (
        ({"refusal": "n"}, (1, 0)),
        ({"audio": {"data": "QQ"}}, (1, 0)),
        ({"tool_calls": [{"index": 0, "id": "a"}]}, (1, 0)),
        ({"function_call": {"name": "f"}}, (1, 0)),
        ({"content": "a", "reasoning": "b"}, (1, 1)),
        ({"annotations": [{}]}, (0, 0)),
        ({"role": "assistant"}, (0, 0)),
    ):
        assert fold([chunk(delta)]).folded.progress == progress
        assert fold([chunk(delta)] * 2 + [chunk(delta, index=1)]).folded.progress == tuple(
            3 * n for n in progress
        )


def test_a_message_that_says_nothing() -> None:
    """Its content is "", and absent where a call or a refusal stands in its place; all else is absent."""
    assert fold([chunk({"role": "assistant"})]).final.choices[0].message == ChatCompletionMessage(content="")
    refused = fold([chunk({"refusal": "no"})]).final.choices[0].message
    assert (refused.content, refused.refusal, refused.reasoning_details) == (None, "no", None)
    called = fold([chunk({"tool_calls": [{"index": 0, "id": "a"}]})]).final.choices[0].message
    assert (called.content, called.refusal, called.annotations) == (None, None, None)


# Content filters


class Looking(ChatAccumulator):
    """Counts the chunks that were not taken in place."""

    looked_at = 0

    def _take(self, chunk: Any) -> Any:
        self.looked_at += 1
        return super()._take(chunk)


def test_results_that_repeat_are_not_looked_at() -> None:
    """Azure sends them with each chunk: pieces of text that bring the same ones are taken as text alone."""

    def item(severity: str) -> Any:
        tree = chunk({"content": "a"})
        tree["choices"][0]["content_filter_results"] = {"hate": {"filtered": False, "severity": severity}}
        return CHUNKS.decode(msgspec.json.encode(tree))

    plain = CHUNKS.decode(msgspec.json.encode(chunk({"content": "a"})))
    folded = Looking()
    folded.fold([item("safe")] * 5 + [plain] * 2 + [item("safe")])
    assert (folded.looked_at, folded.content) == (1, "a" * 8)
    folded.fold([item("low"), item("low")])
    assert folded.looked_at == 2


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("less", "graver"),
    [
        ({"severity": "safe"}, {"severity": "low"}), ({"severity": "low"}, {"severity": "medium"}),
        ({"severity": "medium"}, {"severity": "high"}), ({"severity": "high"}, {"detected": True}),
        ({"severity": "high", "detected": True}, {"filtered": True}),
        ({"severity": "new"}, {"severity": "safe"}),
        ({"severity": 7}, {"severity": "safe"}), ({"filtered": False}, {"filtered": True}),
        ({"detected": False, "severity": "low"}, {"severity": "medium"}), ("words", {"severity": "safe"}),
    ],
)  # fmt: skip
def test_of_each_category_the_gravest_counts(less: Any, graver: Any, order: int) -> None:
    """Whichever piece of the text it was said of."""
    chunks = []
    for result in (less, graver)[::order]:
        tree = chunk({"content": "a"})
        tree["choices"][0]["content_filter_results"] = {"hate": result, "violence": {"severity": "safe"}}
        chunks.append(tree)
    found = fold(chunks).final.choices[0].content_filter_results
    assert found == {"hate": graver, "violence": {"severity": "safe"}}


def test_endless_categories_are_no_reason_to_allocate() -> None:
    """What is behind the sixty-fourth is dropped; the ones before it go on."""
    chunks = []
    for number in [*range(100), 0]:
        tree = chunk({"content": "a"})
        severity = "high" if chunks and not number else "low"
        tree["choices"][0]["content_filter_results"] = {str(number): {"severity": severity}}
        chunks.append(tree)
    found = fold(chunks).final.choices[0].content_filter_results
    assert (len(found), found["0"]) == (64, {"severity": "high"})


def test_what_no_struct_knows_stays_with_its_call() -> None:
    """A field of a fragment is among what goes back with the call."""
    calls = [
        {"index": 3, "id": "a", "x": 1, "function": {"name": "f"}},
        {"index": 5, "id": "b", "function": {"name": "g"}},
    ]
    assert [tool.extra for tool in fold([chunk({"tool_calls": calls})]).folded.tool_calls] == [{"x": 1}, {}]


def test_counts_beside_several_choices_are_told_once() -> None:
    """With the first delta there is, or by themselves."""
    for first, told in (({"content": "a"}, [True, False]), ({}, [True])):
        tree = chunk(first, usage=USAGE)
        tree["choices"].append({"index": 1, "delta": {"content": "b"}})
        assert [delta.usage is not None for delta in fold([tree]).deltas] == told


def test_progress_of_an_answer_without_a_first_choice() -> None:
    """Content of any choice is content."""
    assert fold([chunk({"content": "x"}, index=1)]).folded.progress == (1, 0)
