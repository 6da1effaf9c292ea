"""From JSON to the structs: what is read at once, and what is made to fit first."""

from __future__ import annotations

import pytest

from gravitex_async.gemini import Blob, GenerateContentResponse
from gravitex_async.gemini import _decode as decode

ONE = b'{"candidates": [{"index": "2"}], "usageMetadata": {"totalTokenCount": "3"}}'


@pytest.mark.parametrize("body", [ONE, b" \n" + ONE, b"[%s]" % ONE, b"\n [%s, %s]" % (ONE, ONE)])
def test_numbers_as_text_are_read_at_once(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """Protocol buffers write 64-bit numbers so: they need no second, slow reading, in an array either."""
    monkeypatch.setattr(decode, "_tolerantly", None)
    read = decode.answers_of(body)
    assert len(read) == body.count(b"candidates")
    for each in read:
        assert (each.candidates[0].index, each.usage.total_tokens) == (2, 3)


def test_events_with_numbers_as_text_are_read_at_once() -> None:
    """As in a plain answer."""
    assert decode._decoder_of(GenerateContentResponse).decode(ONE).usage.total_tokens == 3


@pytest.mark.parametrize("body", [b"3", b"[3]", b"[%s, 3]" % ONE, b"null"])
def test_what_holds_anything_but_objects_is_no_answer(body: bytes) -> None:
    """One that is none is enough."""
    with pytest.raises(ValueError, match="expected an object or an array of objects"):
        decode.answers_of(body)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"[{}]", b'{"modelVersion": "m"}'])
def test_what_says_nothing_of_an_answer_is_none(body: bytes) -> None:
    """Any JSON object would decode into one."""
    with pytest.raises(ValueError, match="expected an answer with candidates"):
        decode.answers_of(body)


def test_media_without_data_are_empty() -> None:
    """Not an error: nothing was sent."""
    assert Blob(mime_type="image/png").decoded() == b""
