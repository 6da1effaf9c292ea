"""The text of an answer as a value: what is read, what is refused, and that types do not pile up."""

from __future__ import annotations

import gc
import sys
import weakref
from datetime import date
from typing import Any

import msgspec
import pytest

from gravitex_async import GravitexError
from gravitex_async.deltas import EndReason
from gravitex_async.errors import InvalidOutputError, OutputError, RefusalError, TruncatedOutputError
from gravitex_async.schema import Growth, output_type
from gravitex_async.schema._read import CACHE_SIZE, read_output

from ..shapes import Cat, City, Colour, Dog, Letter, Point, Post, Recipe, Step, User

TEXT = (
    '{"title":"Soup","steps":[{"text":"cut"}],"best":{"text":"eat"},"colour":"red","kind":"soup","made":null}'
)
SOUP = Recipe("Soup", [Step("cut")], Step("eat"), Colour.RED, "soup")


def test_the_value_is_of_the_type() -> None:
    """Defaults filled in, nested types made."""
    assert output_type(Recipe).decode(TEXT) == SOUP
    assert output_type(Recipe).decode(TEXT.replace("null", '"2026-01-02"')).made == date(2026, 1, 2)
    assert output_type(Point).decode('{"x": 1}') == Point(1)
    assert output_type(City).decode('{"name": "Oslo"}') == {"name": "Oslo"}
    user = output_type(User).decode('{"name": "Ann", "e-mail": "a@b"}')
    assert (type(user), user.mail) == (User, "a@b")
    post = output_type(Post).decode('{"letter": {"to": {"name": "Ann", "e-mail": "a@b"}}}')
    assert (type(post.letter), post.letter.pages) == (Letter, 1)


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}```",
        f"Here is your recipe:\n\n```json\r\n{TEXT}\r\n```\nEnjoy!",
        f"```text\nno JSON\n```\n```json\n{TEXT}\n```",
        f"```json\n{TEXT}",
        f"<think>\nA {{recipe}}?\n</think>\n{TEXT}",
        f"<think>\nhm\n</think>\n```json\n{TEXT}\n```",
        f"\n  {TEXT}\n\n",
        TEXT.replace("Soup", "Soup").replace('"text":"cut"', '"text":"cut","minutes":"0"'),
    ],
)
def test_what_models_put_around_json_is_left_out(text: str) -> None:
    """Fences, inlined thinking, blanks; and numbers as text are numbers."""
    assert output_type(Recipe).decode(text) == SOUP


def test_raw_line_breaks_in_texts_are_read() -> None:
    """Strict readers refuse them; models send them."""
    assert output_type(Step).decode('{"text": "a\nb"}') == Step("a\nb")


def test_values_that_are_no_objects_stand_in_value_or_alone() -> None:
    """Strict mode wraps them; models without it do not."""
    for text in ('{"value": [{"text": "a"}]}', '[{"text": "a"}]', '```json\n[{"text": "a"}]\n```'):
        assert output_type(list[Step]).decode(text) == [Step("a")]
    pet: Any = Cat | Dog
    for text in ('{"value": {"type": "cat", "lives": 9}}', '{"type": "cat", "lives": 9}'):
        assert output_type(pet).decode(text) == Cat(9)


def read(text: str, refusal: str = "", word: str | None = "stop", reason: EndReason = "stop") -> Recipe:
    return read_output(Recipe, text=text, refusal=refusal, word=word, reason=reason, answer={"id": "x"})


@pytest.mark.parametrize(
    "text", ["", "  ", "Soup", "{}", TEXT[:40], TEXT.replace('"soup"', '"tea"'), "[" * 9999]
)
def test_a_whole_answer_that_is_no_value_is_invalid(text: str) -> None:
    """The error carries the text and the answer, and says what is wrong."""
    with pytest.raises(InvalidOutputError, match="expected JSON for Recipe") as caught:
        read(text)
    assert caught.value.text == text
    assert caught.value.partial == {"id": "x"}


def test_the_message_says_where() -> None:
    """The complaint is that of the first reading: what the model did wrong."""
    with pytest.raises(InvalidOutputError, match=r"Invalid enum value 'tea'.*\$\.kind"):
        read(TEXT.replace('"soup"', '"tea"'))
    with pytest.raises(InvalidOutputError, match=r"\$\.kind"):
        read(f"```json\n{TEXT}\n```".replace('"soup"', '"tea"'))


@pytest.mark.parametrize(("word", "reason"), [("length", "length"), ("content_filter", "filtered")])
def test_a_cut_answer_is_truncated(word: str, reason: EndReason) -> None:
    """Before its JSON was whole; a whole one counts, however it ended."""
    with pytest.raises(TruncatedOutputError, match=word) as caught:
        read(TEXT[:40], word=word, reason=reason)
    assert caught.value.text == TEXT[:40]
    assert read(TEXT, word=word, reason=reason) == SOUP


def test_a_refusal_is_told_apart() -> None:
    """Its text is the refusal, even where some content came as well."""
    with pytest.raises(RefusalError, match="I cannot") as caught:
        read(TEXT[:9], refusal="I cannot do that")
    assert caught.value.text == "I cannot do that"
    with pytest.raises(RefusalError):
        read("", word="refusal", reason="filtered")


def test_all_are_output_errors() -> None:
    """One except clause takes the three, another all of the package."""
    for kind in (RefusalError, TruncatedOutputError, InvalidOutputError):
        assert issubclass(kind, OutputError)
        assert issubclass(kind, GravitexError)


def test_types_made_on_the_fly_do_not_pile_up() -> None:
    """Three thousand dynamic types leave no more behind than the caches hold."""
    alive: list[weakref.ref[type]] = []
    for number in range(3_000):
        made = msgspec.defstruct(f"T{number}", [("a", int)])
        assert output_type(made).decode('{"a":1}').a == 1
        if not number % 3:
            assert output_type(made).response_format
            Growth(made).feed('{"a":1}')
            alive.append(weakref.ref(made))
    del made
    gc.collect()
    assert sum(ref() is not None for ref in alive) <= 2 * CACHE_SIZE


def test_pydantic_is_not_imported_for_other_types() -> None:
    """A program without pydantic models does not pay for it."""
    code = (
        "import sys, msgspec; from gravitex_async.schema import output_type\n"
        "t = output_type(msgspec.defstruct('A', [('a', int)]))\n"
        "t.response_format, t.generation_config, t.decode('{\"a\":1}')\n"
        "assert 'pydantic' not in sys.modules"
    )
    import subprocess

    subprocess.run([sys.executable, "-c", code], check=True)
