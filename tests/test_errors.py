"""The tree of exceptions: what is caught by what, and what travels."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from gravitex_async import errors
from gravitex_async.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    DecodeError,
    EventTooLargeError,
    GravitexError,
    MisuseError,
    PermissionDeniedError,
    PoolTimeoutError,
    StreamInterrupted,
)

ALL = [getattr(errors, name) for name in errors.__all__]


def made(cls: type[GravitexError]) -> GravitexError:
    """An error of *cls* with something in every place it has."""
    named = inspect.signature(cls.__init__).parameters.values()
    needed = {p.name: [p.name] for p in named if p.kind is p.KEYWORD_ONLY and p.default is p.empty}
    if needed:
        return cls("words", **needed)
    if issubclass(cls, APIError):
        return cls(
            "words", status=418, code="c", request_id="r", attempts=2, partial={"a": [1]}, headers={"x": "y"}
        )
    return cls("words")


@pytest.mark.parametrize("cls", ALL)
def test_every_error_is_caught_by_the_base(cls: type[GravitexError]) -> None:
    """``except GravitexError`` catches whatever this package raises on purpose."""
    assert issubclass(cls, GravitexError)


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_travels(cls: type[GravitexError], protocol: int) -> None:
    """Pickled or copied it is the same: class, words, and all it carries."""
    error = made(cls)
    for other in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is cls
        assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))


def test_the_tree() -> None:
    """The lines of the drawing in the module's docstring."""
    for cls in (APITimeoutError, PoolTimeoutError, StreamInterrupted):
        assert issubclass(cls, APIConnectionError)
    assert issubclass(PermissionDeniedError, AuthenticationError)
    assert issubclass(AuthenticationError, APIStatusError)
    assert issubclass(EventTooLargeError, DecodeError)
    assert issubclass(MisuseError, RuntimeError)
    assert not issubclass(MisuseError, APIError)
    assert not issubclass(APIStatusError, APIConnectionError)
    for cls in ALL:
        assert f"{cls.__name__}" in (errors.__doc__ or "")


def test_what_an_error_shows() -> None:
    """The sentence, then what one quotes when asking for help; never more attempts than matter."""
    assert (
        str(APIStatusError("no", status=400, code="c", request_id="r"))
        == "no (status 400, code c, request r)"
    )
    assert str(APIStatusError("no", attempts=1)) == "no"
    assert str(APIStatusError("no", attempts=3)) == "no (attempts 3)"
    assert str(APIError("no", code="")) == "no"


def test_details_that_are_none_keep_their_default() -> None:
    """Nothing is said is not the same as said to be nothing."""
    error = APIConnectionError("x", status=None, retryable=None)
    assert (error.status, error.status_code, error.retryable, error.message) == (None, None, True, "x")
    assert APIConnectionError("x", retryable=False).retryable is False
