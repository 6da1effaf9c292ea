"""A request as a value: what may be a header, what may be a body, and how heavy it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gravitex_async import MisuseError, RetryPolicy, Timeout
from gravitex_async.transport import Request, checked_headers
from gravitex_async.transport._request import BIG_BODY, encode, weight


@pytest.mark.parametrize("headers", [None, {}, {"X-A": "b"}, {"x": "tab\there"}, {"A-1_b.c": "ü"}])
def test_ordinary_headers_pass(headers: Any) -> None:
    """As they are, in a dict of their own."""
    assert checked_headers("extra_headers", headers) == (headers or {})


@given(st.text(max_size=8), st.text(max_size=8))
def test_no_header_can_begin_another(name: str, value: str) -> None:
    """What passes has no line break and no control character but a tab."""
    try:
        passed = checked_headers("extra_headers", {name: value})
    except MisuseError:
        return
    ((found, text),) = passed.items()
    assert found.isascii()
    assert not any(ord(c) <= 32 for c in found)
    assert not any(ord(c) < 32 and c != "\t" for c in text)


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "CONNECTION", "Trailer"])
def test_the_framing_is_the_clients_own(name: str) -> None:
    """Another value there would be a second request inside the first."""
    with pytest.raises(MisuseError, match="by the client alone"):
        checked_headers("extra_headers", {name: "1"})


def test_a_request_shows_neither_body_nor_headers() -> None:
    """Both may hold secrets."""
    request = Request(
        method="POST", path="/v1/x", body={"secret": 1}, headers={"X-Key": "secret"}, query={"key": "secret"},
        timeout=Timeout(), retry=RetryPolicy(),
    )  # fmt: skip
    assert repr(request) == "<Request POST /v1/x>"


@pytest.mark.parametrize("value", [object(), {"a": {1, 2, object()}}, "\ud800", 10**30, [b"\xff"]])
def test_a_body_that_cannot_be_written_is_the_callers_mistake(value: Any) -> None:
    """Before anything is sent; or it is written."""
    try:
        assert encode({"x": value})
    except MisuseError as error:
        assert "cannot be written as JSON" in str(error)  # noqa: PT017  # both are right, a third is not


def test_a_body_within_itself_is_a_mistake_too() -> None:
    """Recursion ends in our own error."""
    body: dict[str, Any] = {}
    body["self"] = body
    with pytest.raises(MisuseError):
        encode(body)


def test_weight_is_a_guess_that_stops_early() -> None:
    """Text counts, at any depth; beyond the limit nothing more is looked at."""
    assert weight({"a": ["xx", {"b": "yyy"}]}) >= 5
    assert weight({"a": 1}) < 100
    assert weight(["x" * BIG_BODY, "y"]) >= BIG_BODY
    assert weight([0] * (BIG_BODY * 2)) > BIG_BODY
