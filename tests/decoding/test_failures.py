"""From what a gateway says when it fails to the exception of the tree: shapes, words, headers."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gravitex_async import errors
from gravitex_async.decoding._failures import (
    ErrorInfo,
    error_of,
    find_error,
    find_flat,
    flat_error,
    parse_body,
    request_id_of,
    retry_after_of,
)

SHAPES: dict[str, tuple[Any, str, Any, int | None]] = {
    "openai": (
        {"error": {"message": "m", "type": "api_error", "param": "", "code": "invalid_request"}},
        "m",
        "invalid_request",
        400,
    ),
    "google": (
        {"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT", "details": []}},
        "m",
        400,
        400,
    ),
    "google-array": (
        [{"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}],
        "m",
        429,
        429,
    ),
    "error-string": ({"error": "m"}, "m", None, None),
    "error-string-with-code": ({"code": "x", "error": "m"}, "m", "x", None),
    "error-string-with-message": ({"status": 404, "error": "Not Found", "message": "m"}, "m", None, 404),
    "success-false": ({"success": False, "message": "m"}, "m", None, None),
    "anthropic": ({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, "m", None, 529),
    "responses-event": (
        {"type": "error", "code": "server_error", "message": "m", "param": None},
        "m",
        "server_error",
        500,
    ),
    "minimax": ({"base_resp": {"status_code": 1004, "status_msg": "m"}}, "m", 1004, None),
    "nested-message": ({"error": {"message": {"a": 1}}}, '{"a":1}', None, None),
    "code-as-text": ({"error": {"message": "m", "code": "429"}}, "m", "429", 429),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shapes_in_use(shape: str) -> None:
    """Message, code and the status the body stands for, out of every form."""
    body, message, code, status = SHAPES[shape]
    info = find_error(body)
    assert info is not None
    assert (info.message, info.code, info.status) == (message, code, status)
    assert info.body == body or isinstance(body, list)


@pytest.mark.parametrize(
    "body",
    [
        {"error": None},
        {"error": {}},
        {"error": ""},
        {},
        [],
        None,
        "text",
        7,
        {"success": True},
        {"base_resp": {"status_code": 0}},
        {"base_resp": {"status_code": "0"}},
        {"error": {"code": None, "message": None}},
        {"error": {"code": 0, "message": "success"}},
        {"error": {"code": "", "message": "OK"}},
        {"type": "response.created"},
        {"message": "m"},
    ],
)
def test_what_is_no_error(body: Any) -> None:
    """``"error": null`` is none, and neither is a good answer."""
    assert find_error(body) is None


@pytest.mark.parametrize(
    "body", [{"message": "m"}, {"detail": "m"}, {"msg": "m"}, {"err": "m"}, [{"message": "m"}]]
)
def test_flat_bodies_with_a_bad_status(body: Any) -> None:
    """Where the status says it is an error, any shape is read as one."""
    assert flat_error(body).message == "m"


@pytest.mark.parametrize(
    ("body", "named", "unnamed"),
    [
        ({"message": "m"}, False, True),
        ({"code": "E17"}, False, True),
        ({"code": "E17", "message": "m"}, True, True),
        ({"status": 500}, True, True),
        ({"status": "error"}, False, True),
        ({"status": "starting"}, False, False),
        ({"status": False, "msg": "m"}, False, True),
        ({"code": 200, "status": "error", "msg": "m"}, True, True),
        ({"code": "9" * 5000, "msg": "m"}, True, True),
        ({"code": "²", "msg": "m"}, True, True),
        ({"type": "error"}, True, True),
        ({"code": 200, "message": "whatever"}, False, False),
        ({"code": 20000, "message": "success"}, False, False),
        ({"status": "error", "message": "success"}, False, True),
        ({"status": "waiting", "message": "position 3"}, False, False),
        ({"ok": True, "message": "m"}, False, False),
        ({"type": "ping", "message": "keep-alive"}, False, False),
        ({"errors": []}, False, False),
        ({"errors": ["m"]}, False, True),
        ({"error": {"message": ""}}, True, True),
    ],
)
def test_flat_bodies_by_themselves(body: Any, named: bool, unnamed: bool) -> None:
    """What is nothing else is an error for less than what says that it is something else."""
    assert (find_flat(body, named=True) is not None) is named
    assert (find_flat(body) is not None) is unnamed
    assert (find_flat([body]) is not None) is unnamed


@pytest.mark.parametrize(
    "body",
    [
        {"errorMessage": "m", "errorCode": 429},
        {"errmsg": "m", "errcode": "429"},
        {"message": "m", "statusCode": 429, "error": "Too Many Requests"},
        {"message": "m", "error": 429},
        {"message": "m", "code": "429 Too Many Requests"},
        {"message": "m", "code": 429.0},
        {"message": "m", "error_type": "rate_limit_error"},
        {"error": "m", "status": "429"},
        {"error": {"message": "m"}, "status": 429},
        {"error": [{"message": "m", "code": 429}]},
        {"errors": [{"message": "m"}], "status": 429},
        {"errors": ["m"], "status": 429},
        {"detail": {"message": "m", "code": 429}},
        {"detail": {"error": {"message": "m", "code": 429}}},
        {"err": {"msg": "m", "status": 429}},
        {"message": {"message": "m"}, "code": 429},
        {"message": "m", "status": 429, "errors": {"field": ["is missing"]}},
        {"detail": {"error": "m", "code": 429}},
    ],
)
def test_where_else_message_and_status_stand(body: Any) -> None:
    """Other frameworks have other names and other places for them."""
    for info in (find_flat(body), flat_error(body)):
        assert info is not None
        assert (info.message, info.status) == ("m", 429)


def test_pages_and_plain_words() -> None:
    """HTML is reduced to its words, on one line, scripts and styles left out."""
    page = "<html><style>b{}</style><script>x()</script><h1>502  Bad\nGateway</h1><hr>nginx</html>"
    assert flat_error(page).message == "502 Bad Gateway nginx"
    assert flat_error(None).message == ""


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (529, errors.ServerError),
        (402, errors.APIStatusError),
        (418, errors.APIStatusError),
        (None, errors.APIError),
    ],
)
def test_classes_by_status(status: int | None, cls: type[errors.APIError]) -> None:
    """One table from status to class."""
    assert type(error_of(ErrorInfo(message="m"), status=status)) is cls


@pytest.mark.parametrize(
    ("word", "cls"),
    [
        ("invalid_api_key", errors.AuthenticationError),
        ("RESOURCE_EXHAUSTED", errors.RateLimitError),
        ("insufficient_user_quota", errors.PermissionDeniedError),
        ("context_length_exceeded", errors.BadRequestError),
        ("overloaded_error", errors.ServerError),
        ("model_not_found", errors.NotFoundError),
        ("UNAVAILABLE", errors.ServerError),
        ("NotFoundError", errors.NotFoundError),
        ("InternalServerError", errors.ServerError),
        ("Throttling.RateQuota", errors.RateLimitError),
        ("SERVICE_UNAVAILABLE", errors.ServerError),
        ("never heard of", errors.APIError),
    ],
)
def test_classes_by_word(word: str, cls: type[errors.APIError]) -> None:
    """An error inside a 200 stream is the class its HTTP status would give, by code, type or status name."""
    for name in ("code", "type", "status"):
        info = find_error({"error": {"message": "m", name: word}})
        assert info is not None
        assert isinstance(error_of(info), cls)


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (408, None, True),
        (409, None, True),
        (429, None, True),
        (500, None, True),
        (502, None, True),
        (503, None, True),
        (524, None, True),
        (529, None, True),
        (400, None, False),
        (401, None, False),
        (404, None, False),
        (413, None, False),
        (422, None, False),
        (501, None, False),
        (503, "model_not_found", False),
        (429, "insufficient_quota", False),
        (429, "billing_not_active", False),
    ],
)
def test_what_is_worth_another_try(status: int, code: str | None, retryable: bool) -> None:
    """Decided by status and code: see "Retries and rate limits" in decoding/README.md."""
    assert error_of(ErrorInfo(message="m", code=code), status=status).retryable is retryable


def test_the_documents_sentences_come_first() -> None:
    """Then the gateway's own words."""
    info = ErrorInfo(message="why")
    assert str(error_of(info, status=401)).startswith("Error: Invalid or unauthorized API key")
    assert "Model m-1 does not exist or is not supported: why" in str(error_of(info, status=404, model="m-1"))
    assert str(error_of(info, status=400)).startswith("API request failed: why")
    assert error_of(info, status=400).message == "why"


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": " 3 "}, 3),
        ({"retry-after": "0"}, 0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "0", "retry-after": "1"}, 1),
        ({"retry-after-ms": "x", "retry-after": "2"}, 2),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30),
        ({"retry-after": formatdate(NOW - 30)}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "1_0"}, None),
        ({"retry-after": "+5"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": ".5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after-ms": "1e3", "retry-after": "2"}, 2),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds, seconds or a date, in digits; what makes no sense is as good as nothing."""
    assert retry_after_of(headers, now=NOW) == seconds


def test_googles_retry_info() -> None:
    """In the details of the body, where no header says it."""
    details = [{"@type": "x"}, {"@type": "RetryInfo", "retryDelay": "48.5s"}]
    for body in ({"error": {"details": details}}, [{"error": {"details": details}}]):
        assert retry_after_of({}, body) == 48.5
        assert retry_after_of({"retry-after": "2"}, body) == 2
    for odd in (
        {"error": {"details": "x"}},
        {"error": []},
        [],
        [7],
        {"error": {"details": [{"retryDelay": "s"}]}},
    ):
        assert retry_after_of({}, odd) is None


@settings(max_examples=200, deadline=None)
@example("0\x1f")
@given(st.text(max_size=40))
def test_no_header_can_break_the_reader(value: str) -> None:
    """Whatever stands in Retry-After, the result is a number that can be slept, or None."""
    seconds = retry_after_of({"retry-after": value, "retry-after-ms": value})
    assert seconds is None or 0 <= seconds < float("inf")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "message",
                    "code",
                    "type",
                    "status",
                    "details",
                    "param",
                    "success",
                    "base_resp",
                    "detail",
                    "retryDelay",
                    "msg",
                    "error_code",
                    "status_code",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(JSON, st.sampled_from([None, 200, 400, 404, 429, 500, 599]))
def test_any_body_becomes_an_error(body: Any, status: int | None) -> None:
    """No JSON is odd enough to break the making of the error that reports it."""
    error = error_of(flat_error(body), status=status, headers={"Retry-After": "1"})
    assert isinstance(error, errors.APIError)
    assert isinstance(str(error), str)
    assert error.retry_after == 1
    explicit, flat, named = find_error(body), find_flat(body), find_flat(body, named=True)
    assert explicit is None or explicit == flat == named
    assert named is None or named == flat


@pytest.mark.parametrize(
    ("headers", "message", "found"),
    [
        ({"x-oneapi-request-id": "a", "x-request-id": "b"}, "", "a"),
        ({"x-request-id": "b"}, "", "b"),
        ({}, "no (request id: 2026abc)", "2026abc"),
        ({}, "no", None),
    ],
)
def test_the_request_id(headers: dict[str, str], message: str, found: str | None) -> None:
    """The gateway's header, an upstream's, or the suffix of the message."""
    assert request_id_of(headers, message) == found


def test_bodies_are_read_as_far_as_they_can_be() -> None:
    """JSON where it is JSON, else the first text; nothing at all is None."""
    assert parse_body(b' {"a":1}\n') == {"a": 1}
    assert parse_body(b"\xef\xbb\xbf{}") == {}
    assert parse_body(b" \n") is None
    assert parse_body(b"x" * 10_000) == "x" * 512
    assert parse_body(b"\xff") == "\ufffd"
