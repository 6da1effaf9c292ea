"""Media inside parts: base64 that is decoded when somebody looks at it.

Image models answer with megabytes of base64; most readers pass it on. Both alphabets and missing padding are
read.
"""

from __future__ import annotations

import binascii
from base64 import b64decode

from ..errors import DecodeError

__all__ = ["Image", "decode_base64"]

_URL_SAFE = bytes.maketrans(b"-_", b"+/")


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
    raise DecodeError(f"expected base64 in inlineData, got {text[:40]!r} ({reason})")


class Image:
    """An image of an answer; its bytes are decoded once, when they are asked for."""

    __slots__ = ("_data", "_text", "mime_type")

    def __init__(self, mime_type: str, base64_text: str) -> None:
        self.mime_type = mime_type
        self._text = base64_text
        self._data: bytes | None = None

    @property
    def data(self) -> bytes:
        """The image file.

        Raises:
            DecodeError: What came is no base64.
        """
        if self._data is None:
            self._data = decode_base64(self._text)
        return self._data

    @property
    def base64(self) -> str:
        """The text as sent."""
        return self._text

    def __repr__(self) -> str:
        return f"<Image {self.mime_type}, {len(self._text)} characters of base64>"
