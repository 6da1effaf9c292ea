"""The structs read what servers and proxies write, and give back what they were given."""

from __future__ import annotations

import base64

import msgspec
import pytest

from gravitex_async.errors import DecodeError
from gravitex_async.gemini import Blob, Candidate, Content, FunctionCall, GenerateContentResponse, Part
from gravitex_async.gemini._decode import answers_of

DOCUMENTED = b"""{
  "candidates": [{"content": {"parts": [{"text": "Response text"}], "role": "model"},
                  "finishReason": "STOP", "index": 0, "safetyRatings": []}],
  "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 20, "totalTokenCount": 30,
                    "thoughtsTokenCount": 0, "cachedContentTokenCount": 0},
  "modelVersion": "gemini-2.5-pro", "createTime": "2025-01-01T00:00:00Z"}"""


def answer(*parts: dict) -> GenerateContentResponse:
    return answers_of(msgspec.json.encode({"candidates": [{"content": {"parts": list(parts)}}]}))[0]


def test_row_158_the_documented_answer():
    """All fields of the documents' sample."""
    (read,) = answers_of(DOCUMENTED)
    candidate = read.candidates[0]
    assert (read.text, read.finish_reason, candidate.index) == ("Response text", "STOP", 0)
    assert candidate.content is not None
    assert candidate.content.role == "model"
    assert candidate.safety_ratings == []
    assert (read.model_version, read.create_time) == ("gemini-2.5-pro", "2025-01-01T00:00:00Z")


def test_row_91_usage():
    """The five counts, and their neutral form: thoughts are part of the output there."""
    (read,) = answers_of(DOCUMENTED)
    usage = read.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (10, 20, 30)
    assert (usage.thoughts_token_count, usage.cached_content_token_count) == (0, 0)
    usage.thoughts_token_count = 5
    assert (usage.neutral().output_tokens, usage.neutral().visible_tokens) == (25, 20)


def test_no_count_is_no_usage():
    """Vertex sends a traffic type alone: absent is never zero."""
    (read,) = answers_of(b'{"candidates": [], "usageMetadata": {"trafficType": "ON_DEMAND"}}')
    assert read.usage.source == "none"
    assert read.usage.output_tokens is None


def test_row_154_thoughts_are_apart_from_text():
    """``text`` without thoughts, ``thoughts`` without text."""
    read = answer({"text": "hm", "thought": True}, {"text": "Paris"}, {"text": "!", "thought": False})
    assert (read.text, read.thoughts) == ("Paris!", "hm")


@pytest.mark.parametrize("text", ["+/8=", "-_8=", "+/8", "-_8", "+\n/8="])
def test_row_157_base64_in_both_alphabets_padded_or_not(text):
    """The bytes are those of the source, however they were written."""
    assert Blob(data=text).decoded() == b"\xfb\xff"


@pytest.mark.parametrize("text", ["a", "a*bc", "äöü="])
def test_what_is_no_base64_is_said_so(text):
    """No half image, and no foreign exception."""
    with pytest.raises(DecodeError, match="expected base64"):
        Blob(data=text).decoded()


def test_row_157_images_without_drafts():
    """Draft images of thoughts, and media that are no images, are left out; bytes are decoded late."""
    source = bytes(range(256))
    data = base64.b64encode(source).decode()
    read = answer(
        {"inlineData": {"mimeType": "image/png", "data": "!"}, "thought": True},
        {"inlineData": {"mimeType": "audio/mp3", "data": data}},
        {"inlineData": {"mimeType": "image/webp", "data": data}},
    )
    (image,) = read.images
    assert (image.mime_type, image.data, image.base64) == ("image/webp", source, data)


def test_snake_case_is_read():
    """Keys as some proxies write them, at every depth."""
    (read,) = answers_of(
        b'{"candidates": [{"finish_reason": "STOP", "content": {"parts": ['
        b'{"inline_data": {"mime_type": "image/png", "data": "AAAA"}},'
        b'{"function_call": {"name": "f", "args": {"snake_key": 1}}, "thought_signature": "c2ln"}]}}],'
        b'"usage_metadata": {"prompt_token_count": 3, "total_token_count": 4}, "model_version": "m"}'
    )
    picture, call = read.parts
    assert picture.inline_data == Blob(mime_type="image/png", data="AAAA")
    assert call == Part(function_call=FunctionCall(name="f", args={"snake_key": 1}), thought_signature="c2ln")
    assert (read.finish_reason, read.usage.input_tokens, read.model_version) == ("STOP", 3, "m")


def test_camel_case_goes_before_snake_case():
    """Where a proxy sends both, the protocol's own spelling counts, whichever comes first."""
    for keys in (("finishReason", "finish_reason"), ("finish_reason", "finishReason")):
        words = {"finishReason": "STOP", "finish_reason": "OTHER"}
        candidate = {key: words[key] for key in keys}
        (read,) = answers_of(msgspec.json.encode({"candidates": [candidate]}))
        assert read.finish_reason == "STOP"


def test_enums_as_numbers_are_words():
    """``enum-encoding=int``; a number on which Google's protocols differ stays a number, as text."""
    (read,) = answers_of(
        b'{"candidates": [{"finishReason": 2, "safetyRatings": [{"category": 8, "probability": 1}]}],'
        b'"usageMetadata": {"totalTokenCount": 1, "promptTokensDetails": [{"modality": 2, "tokenCount": 1}]}}'
    )
    ratings = read.candidates[0].safety_ratings
    assert read.finish_reason == "MAX_TOKENS"
    assert ratings is not None
    assert (ratings[0].category, ratings[0].probability) == ("8", "NEGLIGIBLE")
    assert read.usage_metadata is not None
    assert read.usage_metadata.prompt_tokens_details is not None
    assert read.usage_metadata.prompt_tokens_details[0].modality == "IMAGE"


@pytest.mark.parametrize(
    "body",
    [
        b'{"candidates": null, "usageMetadata": {"totalTokenCount": 1}}',
        b'{"candidates": [{"content": null, "finishReason": "SAFETY"}]}',
        b'{"candidates": [{"content": {}, "finishReason": "MAX_TOKENS"}]}',
        b'{"candidates": [{"content": {"parts": null, "role": "model"}, "safetyRatings": null}]}',
        b'{"promptFeedback": {"blockReason": "SAFETY"}}',
    ],
)
def test_what_is_missing_is_empty(body):
    """Blocked, cut and filtered answers decode; their text is ""."""
    (read,) = answers_of(body)
    assert (read.text, read.thoughts, read.function_calls, read.images) == ("", "", [], [])
    assert read.to_input() == []


def test_unknown_kinds_and_fields_go_back_as_they_came():
    """Nothing of a turn is lost, at any depth, and nothing is added."""
    parts = [
        {"newKind": {"a_b": [1, {"c_d": None}]}, "thoughtSignature": "c2ln"},
        {"functionCall": {"name": "f", "args": {"x": 1.5}, "id": "", "mood": "calm"}},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA", "q": 3}, "thought": False},
        {"text": ""},
    ]
    assert answer(*parts).to_input() == [{"role": "model", "parts": parts}]


def test_arguments_as_text_become_an_object():
    """Some proxies send the JSON text of the arguments."""
    read = answer(
        {"functionCall": {"name": "f", "args": '{"x": 1}'}}, {"functionCall": {"name": "g", "args": "no"}}
    )
    assert [call.args for call in read.function_calls] == [{"x": 1}, {"arguments": "no"}]


def test_a_body_that_is_no_answer():
    """Neither an object nor an array of answers."""
    for body in (b"[1]", b"3", b"{}", b"[]", b"<html>"):
        with pytest.raises(ValueError, match=r"."):
            answers_of(body)


def test_parts_are_made_as_users_expect():
    """The constructors that users of google-genai know."""
    assert Part.from_bytes(b"\xfb\xff", "image/png").inline_data == Blob(mime_type="image/png", data="+/8=")
    uri = Part.from_uri("gs://b/o", "video/mp4").file_data
    assert uri is not None
    assert (uri.file_uri, uri.mime_type) == ("gs://b/o", "video/mp4")
    reply = Part.from_function_response("f", 3, id="1").function_response
    assert reply is not None
    assert (reply.response, reply.id) == ({"result": 3}, "1")
    failed = Part.from_function_response("f", OSError("no network")).function_response
    assert failed is not None
    assert failed.response == {"error": "Error: OSError: no network"}
    assert Part.from_function_call("f", {"a": 1}).function_call == FunctionCall(name="f", args={"a": 1})
    assert Candidate(content=Content(parts=[Part.from_text("hi")])).parts[0].text == "hi"
