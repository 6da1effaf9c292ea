"""Where chat answers name their sources and show their images."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gravitex_async.answers import Citation, keep_payload
from gravitex_async.chat import ChatCompletion
from gravitex_async.images import Image

PNG = "iVBORw0KGgo="
A, B = "https://a.test", "https://b.test"
NOTE = {"url": "https://a.test", "title": "A", "start_index": 0, "end_index": 4}


def answer(message: dict[str, Any], **more: Any) -> ChatCompletion:
    body = msgspec.json.encode({"choices": [{"index": 0, "message": {"content": "text", **message}}], **more})
    found = msgspec.json.decode(body, type=ChatCompletion)
    keep_payload(found, body)
    return found


@pytest.mark.parametrize(
    "annotation", [{"type": "url_citation", "url_citation": NOTE}, {"type": "url_citation", **NOTE}]
)
def test_annotations_of_the_message(annotation: dict[str, Any]) -> None:
    """Nested as OpenAI has it, or flat; with the place in the text."""
    (source,) = answer({"annotations": [annotation, "odd"]}).citations
    assert (source.url, source.title, source.where, source.extra) == (
        "https://a.test",
        "A",
        (0, 4),
        annotation,
    )


@pytest.mark.parametrize(
    "indices",
    [{"start_index": 0, "end_index": 0}, {"start_index": 3}, {}, {"start_index": "1", "end_index": "2"}],
)
def test_a_place_that_is_none(indices: dict[str, Any]) -> None:
    """OpenRouter writes 0, 0; others nothing."""
    note = {"type": "url_citation", "url_citation": {"url": "https://a.test", "content": "says", **indices}}
    (source,) = answer({"annotations": [note]}).citations
    assert (source.where, source.text) == (None, "says")


@pytest.mark.parametrize(
    ("beside", "wanted"),
    [
        ({"citations": [A, B]}, [(A, None), (B, None)]),
        (
            {"citations": [A], "search_results": [{"url": A, "title": "A"}, {"url": B, "title": "B"}]},
            [(A, "A"), (B, "B")],
        ),
        ({"citations": [{"url": A, "title": "A"}]}, [(A, "A")]),
        ({"web_search": [{"link": A, "title": "A", "content": "says"}]}, [(A, "A")]),
        ({"references": [{"url": A, "title": "A", "summary": "says"}]}, [(A, "A")]),
        ({"search_info": {"search_results": [{"url": A, "title": "A"}]}}, [(A, "A")]),
        ({"search_results": [{"title": "A"}, {"title": "B"}]}, [(None, "A"), (None, "B")]),
        ({"search_info": "none", "web_search": None, "references": {}}, []),
    ],
)  # fmt: skip
def test_lists_beside_the_choices(
    beside: dict[str, Any], wanted: list[tuple[str | None, str | None]]
) -> None:
    """Each provider's list, each source once, with all that is said of it."""
    found = answer({}, **beside)
    assert [(source.url, source.title) for source in found.citations] == wanted
    assert found.choices[0].citations == []


def test_what_each_list_says_of_a_source_is_kept() -> None:
    """An address in one, title and words in another: one source with all of it."""
    result = {"url": A, "title": "A", "snippet": "says"}
    (source,) = answer({}, citations=[A], search_results=[result]).citations
    assert source == Citation(title="A", url=A, text="says", extra=result)
    first = {"url": A, "title": "first", "content": "the first"}
    (source,) = answer({}, search_results=[first], web_search=[result]).citations
    assert source == Citation(title="first", url=A, text="the first", extra=first)
    odd = {"url": A, "title": 7, "name": "", "content": ["no text"]}
    assert answer({}, search_results=[odd]).citations == [Citation(url=A, extra=odd)]


def test_a_source_of_the_message_is_not_named_again() -> None:
    """Annotations come first: they have the place in the text."""
    note = {"type": "url_citation", "url_citation": NOTE}
    found = answer({"annotations": [note]}, citations=["https://a.test", "https://b.test"]).citations
    assert [(source.url, source.where) for source in found] == [
        ("https://a.test", (0, 4)),
        ("https://b.test", None),
    ]
    assert found[1] == Citation(url="https://b.test")


def test_images_in_all_places() -> None:
    """Beside the text (OpenRouter), as parts of it, and in its Markdown."""
    url = f"data:image/png;base64,{PNG}"
    images = [
        {"type": "image_url", "image_url": {"url": url}},
        {"b64_json": PNG},
        {"type": "odd"},
        "https://a.test/i",
    ]
    found = answer({"content": f"![x]({url})", "images": images})
    inline = Image("image/png", PNG)
    assert found.images == [inline, inline, Image(url="https://a.test/i"), inline]
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": "https://a.test/i"}]
    assert answer({"content": parts}).images == [Image(url="https://a.test/i")]
