"""Images of an answer: bytes that are decoded when somebody looks at them, or the address of one.

Image models answer with megabytes of base64; most readers pass it on. Both alphabets and missing padding are
read. In a text, images stand in Markdown: ``![a cat](data:image/png;base64,...)``.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import Any

from ._jsonable import Jsonable
from .errors import DecodeError, MisuseError

__all__ = ["Image", "decode_base64", "image_of", "images_in_markdown"]

_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_DATA_URL = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_IN_MARKDOWN = re.compile(
    r"!\[[^\]\n]*\]\(\s*<?((?:data:image/|https?://)[^)\s>]+)>?(?:\s+\"[^\"\n]*\")?\s*\)"
)


def decode_base64(text: str) -> bytes:
    """The bytes of a base64 text, in either alphabet, padded or not; line breaks are skipped.

    Raises:
        DecodeError: It is no base64.
    """
    data = text.encode("ascii", "replace").translate(_URL_SAFE, b"\r\n ").rstrip(b"=")
    try:
        return b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except binascii.Error as error:
        reason = str(error)
    raise DecodeError(f"expected base64, got {text[:40]!r} ({reason})")


class Image(Jsonable):
    """An image of an answer: its bytes as base64, or its address.

    >>> image = image_of("data:image/png;base64,iVBORw0KGgo=")
    >>> image.mime_type, image.data[1:4], image.url
    ('image/png', b'PNG', None)
    """

    __slots__ = ("_data", "base64", "mime_type", "url")

    def __init__(self, mime_type: str | None = None, base64: str = "", url: str | None = None) -> None:
        self.mime_type = mime_type
        """Like ``image/png``; None where the server does not say."""
        self.base64 = base64
        """The bytes as sent; "" for an image that was sent as an address."""
        self.url = url
        """The address; None for an image that was sent as bytes."""
        self._data: bytes | None = None

    @property
    def data(self) -> bytes:
        """The image file, decoded once.

        Raises:
            DecodeError: What came is no base64.
            MisuseError: It came as an address: nothing is fetched here.
        """
        if self._data is None:
            if not self.base64:
                raise MisuseError(f"expected an image that came as bytes, got one at {self.url}: fetch it")
            self._data = decode_base64(self.base64)
        return self._data

    def to_dict(self) -> dict[str, Any]:
        """Its MIME type, and its base64 or its address."""
        form = {"mime_type": self.mime_type, "base64": self.base64 or None, "url": self.url}
        return {name: value for name, value in form.items() if value is not None}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.mime_type, self.base64, self.url))

    def __repr__(self) -> str:
        what = f"{len(self.base64)} characters of base64" if self.base64 else f"at {self.url}"
        return f"<Image {self.mime_type or 'of unknown type'}, {what}>"


def image_of(url: str) -> Image:
    """The image of a URL; a ``data:`` URL holds the image itself."""
    found = _DATA_URL.match(url)
    return Image(url=url) if found is None else Image(found["mime"], url[found.end() :])


def images_in_markdown(text: str) -> list[Image]:
    """The images that a text shows, in order."""
    return [image_of(found) for found in _IN_MARKDOWN.findall(text)] if "![" in text else []
