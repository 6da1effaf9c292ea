"""Sources are told with their place in the text, in characters, whatever the wire counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gravitex_async.answers import Citation
from gravitex_async.gemini import GenerateContentResponse
from gravitex_async.gemini._decode import answers_of

from ..captured import Capture, captures
from .test_accumulate import event, folded

Tree = dict[str, Any]

TEXT = "Zürich, 東京 und 🗼 Paris."
WEB = {"web": {"uri": "https://a.example", "title": "A"}}
FILE = {"retrievedContext": {"title": "notes.txt", "text": "Paris is the capital.", "fileSearchStore": "s"}}


def answer_with(beside: Tree, *texts: str) -> GenerateContentResponse:
    return folded(*(event({"text": text}) for text in texts or (TEXT,)), event(beside=beside)).final()


def grounded(chunks: list[Tree], *supports: Tree) -> Tree:
    return {"groundingMetadata": {"groundingChunks": chunks, "groundingSupports": list(supports)}}


def support(start: int, end: int | None, *chunks: int, **segment: Any) -> Tree:
    place = {"startIndex": start, "endIndex": end} if end is not None else {}
    return {"segment": {**place, **segment}, "groundingChunkIndices": [*chunks]}


def in_bytes(words: str) -> tuple[int, int]:
    start = len(TEXT[: TEXT.index(words)].encode())
    return start, start + len(words.encode())


@pytest.mark.parametrize("words", ["Zürich", "東京", "🗼", "Paris.", TEXT])
@pytest.mark.parametrize("pieces", [(TEXT,), tuple(TEXT)], ids=["whole", "in characters"])
def test_bytes_of_the_wire_are_characters_here(words, pieces):
    """Whatever stands before them, and however the text came."""
    sent = support(*in_bytes(words), 0)
    (found,) = answer_with(grounded([WEB], sent), *pieces).citations
    assert found.where is not None
    assert TEXT[slice(*found.where)] == words
    assert (found.title, found.url, found.text) == ("A", "https://a.example", None)
    assert found.extra == {**WEB, **sent}


def test_one_for_each_source_of_a_segment():
    """The words it was cited for, or what the source says; what is named by none follows."""
    sent = support(*in_bytes("Paris"), 1, 0, 7, -1, text="Paris")
    found = answer_with(grounded([WEB, FILE, {"maps": {"uri": "https://m.example"}}], sent)).citations
    where = (TEXT.index("Paris"), TEXT.index("Paris") + 5)
    assert [(each.title, each.url, each.where, each.text) for each in found] == [
        ("notes.txt", None, where, "Paris is the capital."),
        ("A", "https://a.example", where, "Paris"),
        (None, "https://m.example", None, None),
    ]


@pytest.mark.parametrize(
    "sent",
    [
        support(0, None, 0), support(5, 3, 0), support(0, 9999, 0), support(-4, 3, 0), support(3, 3, 0),
        support(0, 9999, 0, text="nowhere"), {"groundingChunkIndices": [0]},
    ],
    ids=str,
)  # fmt: skip
def test_a_place_that_is_none(sent):
    """The source is told all the same; nothing is cut out of the text by guess."""
    (found,) = answer_with(grounded([WEB], sent)).citations
    assert (found.url, found.where) == ("https://a.example", None)


def test_a_segment_is_found_by_its_text():
    """Where the indices are those of a part, or of characters, or of nothing."""
    parts = ["Zürich. ", "Paris. "]
    wanted = [(8, 13)] * 4
    sent = [
        support(0, 5, 0, text="Paris", partIndex=1),
        support(8, 13, 0, text="Paris"),
        support(400, 405, 0, text="Paris"),
        support(9, 14, 0, text="Paris"),
    ]
    for one, where in zip(sent, wanted, strict=True):
        (found,) = answer_with(grounded([WEB], one), *parts).citations
        assert found.where == where
    # In a plain answer the parts are those of the server; without a text their number decides.
    one = support(0, 5, 0, partIndex=1)
    tree = event(*({"text": text} for text in parts), beside=grounded([WEB], one))
    (plain,) = answers_of(json.dumps(tree).encode())
    assert [each.where for each in plain.citations] == [(8, 13)]
    wrong = event(*({"text": text} for text in parts), beside=grounded([WEB], support(0, 5, 0, partIndex=9)))
    assert answers_of(json.dumps(wrong).encode())[0].citations[0].where is None


def test_thoughts_are_no_part_of_the_text():
    """Places count characters of ``content``."""
    tree = event(
        {"text": "hm ", "thought": True}, {"text": "Paris"}, beside=grounded([WEB], support(0, 5, 0))
    )
    (found,) = answers_of(json.dumps(tree).encode())[0].citations
    assert found.where == (0, 5)


@pytest.mark.parametrize("name", ["citationSources", "citations"])
def test_citations_of_both_protocols(name):
    """With a place where both ends are known; one that names nothing is none."""
    start, end = in_bytes("東京")
    sources = [
        {"startIndex": start, "endIndex": end, "uri": "https://a.example", "title": "A", "license": "mit"},
        {}, {"uri": "https://b.example", "title": ""}, {"endIndex": 6, "uri": "https://c.example"},
        {"license": ""}, {"uri": "https://b.example"},
    ]  # fmt: skip
    found = answer_with({"citationMetadata": {name: sources}}).citations
    assert found[0] == Citation(title="A", url="https://a.example", where=(8, 10), extra=sources[0])
    assert [(each.url, each.where) for each in found[1:]] == [
        ("https://b.example", None), ("https://c.example", (0, 5)),
    ]  # fmt: skip


def test_pages_that_were_read():
    """Not those that could not be, nor one that a chunk names already."""
    pages = [
        {"retrievedUrl": "https://a.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
        {"retrievedUrl": "https://b.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR"},
        {"retrievedUrl": "https://c.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
    ]
    found = answer_with(
        {**grounded([WEB], support(0, 6, 0)), "urlContextMetadata": {"urlMetadata": pages}}
    ).citations
    assert [(each.url, each.where) for each in found] == [
        ("https://a.example", (0, 5)),
        ("https://c.example", None),
    ]
    assert found[1].extra == pages[2]


def test_a_field_that_nobody_knows_is_told_with_the_source():
    """As is everything that the wire has of it."""
    chunk = {"web": {"uri": "https://a.example", "rank": 1}, "newKind": {"x": 2}}
    (found,) = answer_with(grounded([chunk], support(0, 6, 0))).citations
    assert found.extra == {**chunk, **support(0, 6, 0)}


RECORDED = [
    each
    for each in (*captures("gemini", ".sse"), *captures("gemini", ".json"))
    if "grounding" in each.name or "citation-metadata" in each.name
]


def trees_of(capture: Capture) -> list[Tree]:
    body = capture.body
    if capture.name.endswith(".json"):
        return [json.loads(body)]
    return [json.loads(line[5:]) for line in body.splitlines() if line.startswith(b"data:")]


@pytest.mark.parametrize("capture", RECORDED, ids=lambda capture: capture.name)
def test_recorded_sources(capture: Capture) -> None:
    """Each source is named once for each of its segments, and stands where the segment's text is."""
    trees = trees_of(capture)
    answer = folded(*trees).final()
    candidates = [each for tree in trees for each in tree.get("candidates", ())]
    grounding = [each["groundingMetadata"] for each in candidates if each.get("groundingMetadata")][-1:]
    wanted = [
        (each["segment"]["text"], chunks[index].get("web", {}).get("uri"))
        for metadata in grounding
        for chunks in [metadata["groundingChunks"]]
        for each in metadata["groundingSupports"]
        for index in each["groundingChunkIndices"]
        if index < len(chunks)
    ]
    found = [each for each in answer.citations if "segment" in each.extra]
    said = [(answer.content[slice(*each.where)] if each.where else None, each.url) for each in found]
    assert said == wanted
    cited = {
        source["uri"]
        for each in candidates
        for name in ("citations", "citationSources")
        for source in (each.get("citationMetadata") or {}).get(name, ())
        if source.get("uri")
    }
    assert {each.url for each in answer.citations} >= cited
    assert answer.citations
    for each in answer.citations:
        assert each.where is None or 0 <= each.where[0] < each.where[1] <= len(answer.content)
    plain = capture.name.endswith(".json")
    assert not plain or answers_of(capture.body)[0].citations == answer.citations
