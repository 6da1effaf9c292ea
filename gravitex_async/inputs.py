"""Images, files and sound as parts of a request, from a path, bytes or a URL.

    >>> await chat_part("https://example.com/photo.jpg", detail="low")
    {'type': 'image_url', 'image_url': {'url': 'https://example.com/photo.jpg', 'detail': 'low'}}

Each function makes the part of its dialect. Which part it is depends on the MIME type: ``mime_type=``, else
that of the file's name, else what the first bytes show. Files are read and encoded in a thread, so that a
large one does not block the loop. A URL (``https:``, ``gs:``, ``data:``) is sent as it is and never opened.

    ==========  ======================  =======================  =========================
    what        ``chat_part``           ``responses_part``       ``gemini_part``
    ==========  ======================  =======================  =========================
    image       ``image_url``           ``input_image``          ``inlineData``; by URL
    sound       ``input_audio``         ``input_audio``          ``fileData``
    video       ``video_url``           ``input_file``
    all else    no: see below           ``input_file``
    ==========  ======================  =======================  =========================

Gravitex takes files on /v1/responses, not in chat: 50 MiB each, and 50 MiB together in one request.
"""

from __future__ import annotations

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Callable
from mimetypes import MimeTypes
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from ._files import MAX_FILE_BYTES, check_size
from .errors import MisuseError

__all__ = ["MAX_FILE_BYTES", "Detail", "Source", "chat_part", "gemini_part", "responses_part"]

Source = str | os.PathLike[str] | bytes | bytearray | memoryview
"""A path, a URL, or the bytes themselves."""
Detail = Literal["low", "high", "auto", "original"]

_URL = re.compile(r"(?:https?|gs|data):", re.IGNORECASE)
_DATA_URL = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)(?:;[^,]*)?;base64,", re.IGNORECASE)
# The first bytes of the formats that are often passed as bytes.
_SIGNATURES: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"fLaC"), "audio/flac"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)
_FORMATS: Final = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}
_GEMINI_NAMES: Final = {"audio/mpeg": "audio/mp3", "audio/x-wav": "audio/wav"}


def _types() -> MimeTypes:
    """MIME types by name: those of the standard library and some that its older versions lack.

    Not the machine's own (``/etc/mime.types``): a request must not depend on where it is made.
    """
    types = MimeTypes()
    for name in ("webp", "avif", "heic"):
        types.add_type(f"image/{name}", f".{name}")
    for name in ("flac", "ogg", "aac"):
        types.add_type(f"audio/{name}", f".{name}")
    types.add_type("audio/mp4", ".m4a")
    types.add_type("text/markdown", ".md")
    return types


_TYPES: Final = _types()


class _Loaded(NamedTuple):
    """What a part is made of: a URL, or a file's name and base64."""

    mime: str
    name: str
    url: str
    data: str

    @property
    def kind(self) -> str:
        return self.mime.partition("/")[0]

    @property
    def link(self) -> str:
        """The URL, or the file as a data URL."""
        return self.url or f"data:{self.mime};base64,{self.data}"


async def chat_part(
    source: Source, *, mime_type: str | None = None, detail: Detail | None = None
) -> dict[str, Any]:
    """An image, sound or video as a part of a chat message.

    Args:
        detail: How closely an image is looked at.

    Raises:
        MisuseError: It is none of these, its type is not known, or sound is given by URL.
        OSError: The file cannot be read.
    """
    return await asyncio.to_thread(_chat_part, source, mime_type, detail)


async def responses_part(
    source: Source,
    *,
    mime_type: str | None = None,
    filename: str | None = None,
    detail: Detail | None = None,
) -> dict[str, Any]:
    """An image, sound or any file as a part of a Responses message.

    Args:
        filename: For bytes; default: ``file`` and what goes with the type.
        detail: How closely an image is looked at.

    Raises:
        MisuseError: Its type is not known, or a file has more than 50 MiB.
        OSError: The file cannot be read.
    """
    return await asyncio.to_thread(_responses_part, source, mime_type, filename, detail)


async def gemini_part(source: Source, *, mime_type: str | None = None) -> dict[str, Any]:
    """Media of any kind as a part of Gemini contents: ``inlineData``, by URL ``fileData``.

    Raises:
        MisuseError: Its type is not known.
        OSError: The file cannot be read.
    """
    return await asyncio.to_thread(_gemini_part, source, mime_type)


def _chat_part(source: Source, mime_type: str | None, detail: Detail | None) -> dict[str, Any]:
    found = _load(source, mime_type, "")
    if found.kind == "image" or (found.url and not found.mime):
        image = {"url": found.link} if detail is None else {"url": found.link, "detail": detail}
        return {"type": "image_url", "image_url": image}
    if found.kind == "audio" and not found.url:
        return _sound(found)
    if found.kind == "video":
        return {"type": "video_url", "video_url": {"url": found.link}}
    raise MisuseError(
        f"expected an image, sound as bytes or a path, or a video, got {found.mime}"
        f"{' by URL' if found.url else ''}; files belong to client.responses: see responses_part()"
    )


def _responses_part(
    source: Source, mime_type: str | None, filename: str | None, detail: Detail | None
) -> dict[str, Any]:
    found = _load(source, mime_type, filename or "", check_size)
    if found.kind == "image":
        part = {"type": "input_image", "image_url": found.link}
        return part if detail is None else {**part, "detail": detail}
    if found.kind == "audio" and not found.url:
        return _sound(found)
    if found.url and found.url[:5].lower() != "data:":
        return {"type": "input_file", "file_url": found.url}
    name = found.name or f"file{_TYPES.guess_extension(found.mime) or ''}"
    return {"type": "input_file", "filename": name, "file_data": found.link}


def _gemini_part(source: Source, mime_type: str | None) -> dict[str, Any]:
    found = _load(source, mime_type, "")
    mime = _GEMINI_NAMES.get(found.mime, found.mime)
    inline = _DATA_URL.match(found.url)
    if found.url and not inline:
        typed = {"mimeType": mime} if mime else {}
        return {"fileData": {**typed, "fileUri": found.url}}
    return {"inlineData": {"mimeType": mime, "data": found.url[inline.end() :] if inline else found.data}}


def _sound(found: _Loaded) -> dict[str, Any]:
    form = _FORMATS.get(found.mime) or found.mime.partition("/")[2].removeprefix("x-")
    return {"type": "input_audio", "input_audio": {"data": found.data, "format": form}}


def _load(
    source: Source,
    mime_type: str | None,
    filename: str,
    check: Callable[[int, str], None] | None = None,
) -> _Loaded:
    """Loads *source*; *check* gets the size of a file before it is read, and may refuse it."""
    if isinstance(source, str) and _URL.match(source):
        named = _DATA_URL.match(source)
        return _Loaded(mime_type or (named["mime"] if named else _guessed(source)), filename, source, "")
    if isinstance(source, (bytes, bytearray, memoryview)):
        data: Any = source
        size, name = memoryview(source).nbytes, filename
    else:
        path = Path(source)
        size, name, data = path.stat().st_size, filename or path.name, path
    mime = mime_type or _guessed(name)
    # Before the file is read: a file that is refused for its size is not to fill the memory first.
    if check is not None and not mime.startswith(("image/", "audio/")):
        check(size, name or "the bytes given")
    data = data.read_bytes() if isinstance(data, Path) else data
    return _Loaded(mime or _recognised(data, name), name, "", b64encode(data).decode("ascii"))


def _guessed(name: str) -> str:
    """The type a name or URL stands for; "" when it says nothing."""
    return _TYPES.guess_type(name.partition("?")[0].partition("#")[0], strict=False)[0] or ""


def _recognised(data: Any, name: str) -> str:
    head = bytes(memoryview(data)[:16])
    for signature, mime in _SIGNATURES:
        if signature.match(head):
            return mime
    raise MisuseError(
        f"expected a file whose type can be told, got {name or 'bytes'!r}; pass mime_type='type/subtype'"
    )
