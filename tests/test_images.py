"""Images: bytes or an address, and those that stand in a text."""

from __future__ import annotations

import pytest

from gravitex_async.errors import DecodeError, MisuseError
from gravitex_async.images import Image, image_of, images_in_markdown

PNG = "iVBORw0KGgo="


@pytest.mark.parametrize("text", [PNG, "iVBORw0KGgo", "iVBO\r\nRw0KGgo=", " iVBORw0KGgo= "])
def test_bytes_are_decoded_once_when_they_are_looked_at(text: str) -> None:
    """Padded or not, with line breaks or without."""
    image = Image("image/png", text)
    assert image.data == b"\x89PNG\r\n\x1a\n"
    assert image.data is image.data


def test_the_alphabet_of_urls() -> None:
    """- and _ stand for + and /."""
    assert Image("image/x", "-_8=").data == Image("image/x", "+/8=").data == b"\xfb\xff"


def test_what_is_no_base64() -> None:
    """Said when somebody looks at it."""
    with pytest.raises(DecodeError, match="expected base64, got 'no!'"):
        _ = Image("image/png", "no!").data


def test_an_address_is_not_fetched() -> None:
    """It is for the caller to fetch."""
    image = image_of("https://example.com/cat.png")
    assert (image.url, image.mime_type, image.base64) == ("https://example.com/cat.png", None, "")
    with pytest.raises(MisuseError, match="one at https:"):
        _ = image.data


@pytest.mark.parametrize(
    ("url", "mime"),
    [
        (f"data:image/png;base64,{PNG}", "image/png"),
        (f"data:image/svg+xml;charset=utf8;base64,{PNG}", "image/svg+xml"),
        (f"DATA:;base64,{PNG}", None),
    ],
)  # fmt: skip
def test_a_data_url_is_the_image(url: str, mime: str | None) -> None:
    """With its type, where that is given, whatever parameters stand beside it."""
    image = image_of(url)
    assert (image.mime_type, image.base64, image.url) == (mime, PNG, None)


def test_the_images_of_a_text() -> None:
    """In Markdown, as bytes or as an address, with a title or without; links and files are none."""
    text = (
        f"Here: ![a cat](data:image/png;base64,{PNG}) and ![](https://example.com/b.png) and "
        f'![c](<https://example.com/c.png> "C"), [no](https://example.com/d.png), ![e](e.png)'
    )
    assert images_in_markdown(text) == [
        Image("image/png", PNG),
        Image(url="https://example.com/b.png"),
        Image(url="https://example.com/c.png"),
    ]
    assert images_in_markdown("none") == []


def test_an_image_of_megabytes_is_found_in_time() -> None:
    """One pass over the text, though it has no image in the end."""
    data = "A" * 4_000_000
    assert len(images_in_markdown(f"![big](data:image/png;base64,{data})")[0].base64) == len(data)
    assert images_in_markdown(f"![big](data:image/png;base64,{data}") == []


def test_an_image_as_json_and_in_words() -> None:
    """What is known of it; its repr holds none of the bytes."""
    assert Image("image/png", PNG).to_dict() == {"mime_type": "image/png", "base64": PNG}
    assert image_of("https://x.test/a").to_dict() == {"url": "https://x.test/a"}
    assert repr(Image("image/png", PNG)) == "<Image image/png, 12 characters of base64>"
    assert repr(image_of("https://x.test/a")) == "<Image of unknown type, at https://x.test/a>"
    assert len({Image("image/png", PNG), Image("image/png", PNG)}) == 1
    assert Image("image/png", PNG) not in (PNG, Image("image/gif", PNG), image_of("https://x.test/a"))
