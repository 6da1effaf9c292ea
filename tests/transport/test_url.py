"""One base URL from its many forms, and model names as parts of a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gravitex_async import MisuseError
from gravitex_async.transport import BaseURL, model_path


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://h.test", "https://h.test/v1/x"),
        ("https://h.test/", "https://h.test/v1/x"),
        ("  https://h.test/v1  ", "https://h.test/v1/x"),
        ("https://h.test/v1/", "https://h.test/v1/x"),
        ("https://h.test:8443/v1/chat/completions", "https://h.test:8443/v1/x"),
        ("https://h.test/v1/responses?api-version=1", "https://h.test/v1/x?api-version=1"),
        ("https://h.test/v1/responses/compact", "https://h.test/v1/x"),
        ("https://h.test/v1/embeddings", "https://h.test/v1/x"),
        ("https://h.test/v1beta", "https://h.test/v1/x"),
        ("https://h.test/v1beta/models/m:generateContent", "https://h.test/v1/x"),
        ("https://h.test/pre/fix/v1", "https://h.test/pre/fix/v1/x"),
        ("https://h.test/pre/v1beta/models", "https://h.test/pre/v1/x"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1/x"),
        ("https://h.test?a=1&b=&a2=%C3%BC", "https://h.test/v1/x?a=1&b=&a2=%C3%BC"),
        ("https://h.test/v1#part", "https://h.test/v1/x"),
    ],
)
def test_all_forms_lead_to_the_same_paths(text: str, url: str) -> None:
    """Origin, prefix and query are kept; version and endpoint are not doubled."""
    assert BaseURL.parse(text).url("/v1/x", {}) == url


def test_the_query_of_a_call_goes_over_that_of_the_base() -> None:
    """And is encoded, blanks as %20."""
    base = BaseURL.parse("https://h.test/v1?a=1&b=2")
    assert base.url("/v1/x", {"b": "ü &", "c": ""}) == "https://h.test/v1/x?a=1&b=%C3%BC%20%26&c="


@given(st.text(max_size=60))
def test_any_text_is_a_base_url_or_a_mistake(text: str) -> None:
    """Never another exception."""
    try:
        base = BaseURL.parse(text)
    except MisuseError:
        return
    assert base.origin.lower().startswith("http")


@given(st.text("htps:/[]@.?#%0aé \t\\", max_size=30))
def test_odd_urls_are_no_other_exception(rest: str) -> None:
    """Brackets, credentials, blanks and escapes in any order."""
    try:
        url = BaseURL.parse(f"https://{rest}").url("/v1/x", {})
    except MisuseError:
        return
    assert "@" not in url.partition("/v1/x")[0].removeprefix("https://").partition("/")[0]


@pytest.mark.parametrize(
    "text", ["https://me:secret@h.test", "https://secret@h.test/v1", "http://me:secret@[bad"]
)
def test_credentials_in_a_url_are_refused_and_not_quoted(text: str) -> None:
    """They would end up in messages and logs."""
    with pytest.raises(MisuseError, match="user name or password") as caught:
        BaseURL.parse(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("gemini-2.5-flash-thinking-8192", "gemini-2.5-flash-thinking-8192"),
        ("google/gemini", "google/gemini"),
        ("a b?c#d:e", "a%20b%3Fc%23d%3Ae"),
        ("ünï", "%C3%BCn%C3%AF"),
    ],
)
def test_model_names_in_a_path(name: str, path: str) -> None:
    """Verbatim where that is safe, encoded where it is not."""
    assert model_path(name) == path


@pytest.mark.parametrize("name", ["", "models/", "..", "a/../b", "./a", "a//b", "/a", "a/"])
def test_a_name_stays_in_its_place(name: str) -> None:
    """A name that would lead to another endpoint is refused."""
    with pytest.raises(MisuseError):
        model_path(name)
