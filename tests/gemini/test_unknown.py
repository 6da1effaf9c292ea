"""Fields that no struct knows are kept, whichever object they stand in, and nothing of ours is written.

Driven by the structs: an event with a value in every field, and a strange field in each object of it in turn.
"""

from __future__ import annotations

import copy
import functools
import json
import pickle
from collections.abc import Iterator
from typing import Any

import msgspec
import orjson
import pytest

from gravitex_async.answers import origin_of
from gravitex_async.gemini import GeminiAccumulator, GenerateContentResponse, Part
from gravitex_async.gemini._decode import answer_of, answers_of, event_decoder
from gravitex_async.gemini._wire import beside, replaced

from ..fields import value_of
from .test_accumulate import event, folded, items_of

Tree = dict[str, Any]

SEALED = {"a_b": [1, {"c_d": None}]}


def full() -> Tree:
    """An event with something in every field; its part is a text and everything else beside it."""
    return copy.deepcopy(_full())


@functools.cache
def _full() -> Tree:
    tree: Tree = {
        field.encode_name: value_of(field.type, field.name)
        for field in msgspec.structs.fields(GenerateContentResponse)
        if field.encode_name != "*"
    }
    call = tree["candidates"][0]["content"]["parts"][0]["functionCall"]
    del call["partialArgs"], call["willContinue"]  # a fragment is taken apart, and is none of the answer
    tree["candidates"][0]["index"] = 0
    # The same source under both names would be one.
    tree["candidates"][0]["citationMetadata"]["citations"][0]["uri"] = "another"
    return tree


def names() -> list[str]:
    """The structs of that event, one for each object."""
    tree = full()
    return [type(struct).__name__ for struct, _ in beside(answer_of(tree), tree)]


def sealed(place: int) -> Tree:
    """The event with a strange field in one of its objects."""
    tree = full()
    list(beside(answer_of(tree), tree))[place][1]["sealed"] = SEALED
    return tree


def found_in(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (item for name, item in value.items() if name == "sealed")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from found_in(item)


NAMES = names()
PLACES = pytest.mark.parametrize("place", range(len(NAMES)), ids=lambda n: f"{NAMES[n]}-{n}")


def test_every_struct_of_an_answer_has_its_turn() -> None:
    """One that is added is in it by itself."""
    assert {"Candidate", "Content", "Part", "Blob", "UsageMetadata", "Segment", "UrlMetadata"} <= set(NAMES)


@PLACES
def test_an_event_keeps_its_payload(place: int) -> None:
    """``raw`` and ``to_dict()`` are what came; encoders write the known fields alone."""
    tree = sealed(place)
    (item,) = items_of(tree)
    assert item.raw == json.dumps(tree).encode()
    assert item.to_dict() == dict(item) == json.loads(item.to_json()) == tree
    written = msgspec.json.encode(item)
    assert json.loads(written) == full()
    assert msgspec.to_builtins(item) == full()
    assert item.extra == ({"sealed": SEALED} if place == 0 else {})


@PLACES
def test_an_event_without_any_is_its_own_picture(place: int) -> None:
    """No payload is kept for it."""
    (item,) = items_of(full())
    assert (item.raw, item.to_dict()) == (None, full())


@PLACES
@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_answer_of_a_stream_has_them(place: int, at: int) -> None:
    """Where they stood; also when they come among pieces of text."""
    events = [event({"text": "x "}, index=0), event({"text": "y "}), event({"text": "z"}, finish="STOP")]
    events.insert(at, sealed(place))
    answer = folded(*events).final()
    assert list(found_in(answer.to_dict())) == [SEALED]
    assert json.loads(answer.to_json()) == answer.to_dict()
    assert list(found_in(msgspec.to_builtins(answer))) == []
    assert b'"*"' not in msgspec.json.encode(answer)
    assert (answer.raw, answer.extra) == (None, {"sealed": SEALED} if place == 0 else {})


@PLACES
def test_the_answer_of_one_event_is_what_it_was(place: int) -> None:
    """Put together, and not from its payload."""
    answer = folded(sealed(place)).final()
    assert answer.to_dict() == sealed(place)
    assert answer == answer_of(sealed(place))


@PLACES
def test_plain_answers_have_them(place: int) -> None:
    """Also one of an array; they go back with the turn, and only with it."""
    tree = sealed(place)
    body = json.dumps(tree).encode()
    for answer in (*answers_of(body), *answers_of(b"[%b]" % body), answer_of(tree)):
        assert answer.to_dict() == tree
        assert answer.extra == ({"sealed": SEALED} if place == 0 else {})
        turn = {"role": "model", **tree["candidates"][0]["content"]}
        assert answer.to_input() == [turn]
        assert answer.candidates[0].to_dict() == tree["candidates"][0]
        assert answer.usage.to_dict() == tree["usageMetadata"]


@PLACES
def test_copies_have_them(place: int) -> None:
    """Shallow, deep, through a pickle; and equality knows them."""
    for answer in (answer_of(sealed(place)), folded(sealed(place)).final()):
        for other in (copy.copy(answer), copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
            assert other == answer
            assert other.to_dict() == sealed(place)
    if place:
        assert answer != answer_of(full())


def test_a_part_shows_what_it_has() -> None:
    """Its representation, its copies, and what two parts with the same fields are to each other."""
    sent = event({"text": "a", "sealed": 1}, {"sealed": 1}, {"text": "a"})
    odd, bare, plain = folded(sent).final().parts
    assert repr(odd) == "Part(text='a', extra={'sealed': 1})"
    assert repr(bare) == "Part(extra={'sealed': 1})"
    assert repr(plain) == "Part(text='a')"
    assert (odd == plain, plain == Part(text="a"), odd == copy.copy(odd)) == (False, True, True)
    assert replaced(odd, text="b").to_dict() == {"text": "b", "sealed": 1}
    assert (plain.extra, plain.to_json()) == ({}, '{"text":"a"}')
    with pytest.raises(TypeError, match="unhashable"):
        hash(odd)


def test_of_each_the_last_value_is_kept() -> None:
    """On the top, in a candidate, its content, its citations and the usage; and none of them without end."""

    def tree(number: int) -> Tree:
        beside = {"c": number, "citationMetadata": {"d": number, "citations": [{"uri": "u"}]}}
        sent = event(
            {"text": "x"}, beside=beside, a=number, usageMetadata={"totalTokenCount": 9, "b": number}
        )
        sent["candidates"][0]["content"]["e"] = number
        return sent

    answer = folded(tree(1), event({"text": "y"}), tree(2), event({"text": "z"})).final()
    candidate = answer.candidates[0]
    assert candidate.content is not None
    assert candidate.citation_metadata is not None
    assert [
        answer.extra, answer.usage.extra, candidate.extra, candidate.citation_metadata.extra,
        candidate.content.extra,
    ] == [{name: 2} for name in "abcde"]  # fmt: skip
    many = [event({"text": "x"}, **{f"field{number}": 1}) for number in range(100)]
    assert len(folded(*many).final().extra) == 64


def test_an_answer_put_together_is_not_changed_by_what_comes_later() -> None:
    """Neither its unknown fields, nor those of an event by the folding of the next."""
    state = GeminiAccumulator()
    first, second = items_of(event({"text": "a"}, new=1), event({"text": "b"}, new=2))
    state.fold([first])
    early = state.final()
    state.fold([second])
    assert (early.extra, state.final().extra, first.extra) == ({"new": 1}, {"new": 2}, {"new": 1})


def test_usage_keeps_what_a_later_one_lacks() -> None:
    """And no event is changed by it: each is as it was sent."""
    counts = [{"totalTokenCount": 1, "new": 1}, {"totalTokenCount": 3, "candidatesTokenCount": 2}]
    items = items_of(*(event({"text": "a"}, usageMetadata=each) for each in counts))
    state = GeminiAccumulator()
    state.fold(items)
    assert state.final().usage.to_dict() == {**counts[0], **counts[1]}
    assert [item.usage.to_dict() for item in items] == counts


@pytest.mark.parametrize("name", ["groundingMetadata", "citationMetadata", "urlContextMetadata"])
def test_metadata_of_which_nothing_is_known(name: str) -> None:
    """They say something all the same."""
    sent = event({"text": "a"}, beside={name: {"new": 1}}, promptFeedback={"new": 2})
    assert folded(sent, event({"text": "b"}, beside={name: {}})).final().to_dict() == {
        **event({"text": "ab"}, beside={name: {"new": 1}}),
        "promptFeedback": {"new": 2},
    }


def test_cached_content_is_in_every_answer() -> None:
    """What Gemini names beside the answer: plain, an event, put together."""
    sent = event({"text": "a"}, finish="STOP", cachedContent="cachedContents/1")
    for answer in (*answers_of(json.dumps(sent).encode()), *items_of(sent), folded(sent).final()):
        assert answer.extra == {"cachedContent": "cachedContents/1"}
        assert answer.to_dict() == sent


def test_other_spellings_are_no_unknown_fields() -> None:
    """The payload is kept as it came, and nothing is made of the names."""
    sent = b'{"candidates": [{"finish_reason": "STOP"}], "usage_metadata": {"total_token_count": 1}}'
    decoder = event_decoder(GenerateContentResponse)
    (item,) = decoder.feed(b"data: %b\n\n" % sent)
    assert (item.raw, item.extra, item._more) == (sent, {}, None)
    assert item.to_dict() == json.loads(sent)


def test_a_field_of_the_name_that_none_has() -> None:
    """It is a strange field like any other."""
    sent = event({"text": "a", "*": 1}, **{"*": 2})
    answer = folded(sent).final()
    assert (answer.extra, answer.parts[0].extra) == ({"*": 2}, {"*": 1})
    assert answer.to_dict() == sent


def test_nothing_private_is_in_a_dict() -> None:
    """There is none; and orjson, which knows no such structs, is told what to write."""
    (item,) = items_of(sealed(0))
    for held in (item, item.candidates[0], item.parts[0], item.usage):
        assert not hasattr(held, "__dict__")
        assert json.loads(orjson.dumps(held, default=lambda each: each.to_dict())) == held.to_dict()
    assert origin_of(item).extra == {"sealed": SEALED}
