"""What chunks say of the answer itself: of each field the first value, and when a chunk is worth a look."""

from __future__ import annotations

from typing import Any

from gravitex_async.chat import ChatCompletionChunk
from gravitex_async.chat._head import HEAD_FIELDS, Head


def test_before_the_first_chunk() -> None:
    """Nothing is known, and everything is missing."""
    head = Head()
    assert (head.fields, head.lacking) == ({}, HEAD_FIELDS)


def test_a_chunk_matters_while_it_brings_what_is_missing() -> None:
    """And not for saying again, or anew, what an earlier one said."""
    head = Head()
    assert head.take(ChatCompletionChunk(id="a", model="m")) is True
    assert head.lacking == HEAD_FIELDS - {"id", "model"}
    assert head.take(ChatCompletionChunk(id="b", model="n")) is False
    assert head.take(ChatCompletionChunk(id="b", service_tier="default")) is True
    assert head.fields == {"id": "a", "model": "m", "service_tier": "default"}
    assert head.lacking == HEAD_FIELDS - {"id", "model", "service_tier"}


def test_what_is_empty_says_nothing() -> None:
    """Null, "" and 0 leave the field to a later chunk."""
    head = Head()
    assert head.take(ChatCompletionChunk(id="", created=0, model="")) is False
    assert (head.fields, head.lacking) == ({}, HEAD_FIELDS)


def test_other_fields_are_no_matter_of_the_head() -> None:
    """Choices, counts and citations are somebody else's."""
    head = Head()
    assert head.take(ChatCompletionChunk(object="chat.completion.chunk", citations=["u"])) is False


def test_when_all_is_known_no_chunk_matters() -> None:
    """Each of the fields may be the last to come."""
    values: dict[str, Any] = {
        name: 7 if name == "created" else [{}] if name.endswith("results") else "x" for name in HEAD_FIELDS
    }
    for late in HEAD_FIELDS:
        head = Head()
        rest = {name: value for name, value in values.items() if name != late}
        assert head.take(ChatCompletionChunk(**rest)) is True
        assert head.lacking == {late}
        assert head.take(ChatCompletionChunk(**values)) is True
        assert (head.fields, head.lacking) == (values, frozenset())
        assert head.take(ChatCompletionChunk(**values)) is False
