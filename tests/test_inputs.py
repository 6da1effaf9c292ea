"""Images, files and sound as parts of each dialect; the limits on files; the loop stays free."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError
from gravitex_async._files import MAX_FILE_BYTES, check_files
from gravitex_async.inputs import chat_part, gemini_part, responses_part
from gravitex_async.testing import LocalGateway

PNG = b"\x89PNG\r\n\x1a\n rest"
PDF = b"%PDF-1.7 rest"
MP3 = b"ID3 rest"
WAV = b"RIFF\x00\x00\x00\x00WAVE rest"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{b64(data)}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in {
        "a.png": PNG,
        "a.PDF": PDF,
        "a.mp3": MP3,
        "a.webp": b"x",
        "a.bin": b"",
        "a.mp4": b"v",
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "nothing").write_bytes(b"who knows")
    return tmp_path


async def test_chat_parts(folder: Path) -> None:
    """Images and videos by URL or inline, sound inline; from a path as text or object, or from bytes."""
    image = {"type": "image_url", "image_url": {"url": url("image/png", PNG)}}
    for source in (folder / "a.png", str(folder / "a.png"), PNG, bytearray(PNG), memoryview(PNG)):
        assert await chat_part(source) == image
    linked = await chat_part("https://example.test/cat.jpg?w=3", detail="low")
    assert linked == {
        "type": "image_url", "image_url": {"url": "https://example.test/cat.jpg?w=3", "detail": "low"},
    }  # fmt: skip
    assert (await chat_part("https://example.test/picture"))["type"] == "image_url"
    assert (await chat_part(url("image/png", PNG))) == image
    assert (await chat_part(folder / "a.webp"))["image_url"]["url"].startswith("data:image/webp;")
    sound = {"type": "input_audio", "input_audio": {"data": b64(MP3), "format": "mp3"}}
    assert await chat_part(folder / "a.mp3") == sound
    assert await chat_part(MP3) == sound
    assert (await chat_part(WAV))["input_audio"]["format"] == "wav"
    assert (await chat_part(b"x", mime_type="audio/x-opus"))["input_audio"]["format"] == "opus"
    film = await chat_part(folder / "a.mp4")
    assert film == {"type": "video_url", "video_url": {"url": url("video/mp4", b"v")}}


@pytest.mark.parametrize("source", [PDF, "https://example.test/a.pdf", "https://example.test/a.mp3"])
async def test_chat_takes_no_files(source: Any) -> None:
    """They belong to /v1/responses, and the message says so."""
    with pytest.raises(MisuseError, match=r"client\.responses"):
        await chat_part(source)


async def test_responses_parts(folder: Path) -> None:
    """The forms of the documents: data URL with a name, or ``file_url``."""
    assert await responses_part(folder / "a.PDF") == {
        "type": "input_file", "filename": "a.PDF", "file_data": url("application/pdf", PDF),
    }  # fmt: skip
    assert (await responses_part(PDF))["filename"] == "file.pdf"
    assert (await responses_part(PDF, filename="report.pdf"))["filename"] == "report.pdf"
    assert await responses_part("https://example.test/a.pdf") == {
        "type": "input_file", "file_url": "https://example.test/a.pdf",
    }  # fmt: skip
    assert await responses_part(url("application/pdf", PDF)) == {
        "type": "input_file", "filename": "file.pdf", "file_data": url("application/pdf", PDF),
    }  # fmt: skip
    assert await responses_part(PNG, detail="high") == {
        "type": "input_image", "image_url": url("image/png", PNG), "detail": "high",
    }  # fmt: skip
    assert await responses_part("https://example.test/a.png") == {
        "type": "input_image", "image_url": "https://example.test/a.png",
    }  # fmt: skip
    assert (await responses_part(folder / "a.mp3"))["input_audio"]["format"] == "mp3"
    assert (await responses_part(folder / "a.mp4"))["type"] == "input_file"


async def test_gemini_parts(folder: Path) -> None:
    """Inline with the names Gemini has for types; by URL as file data."""
    assert await gemini_part(PNG) == {"inlineData": {"mimeType": "image/png", "data": b64(PNG)}}
    assert await gemini_part(folder / "a.mp3") == {"inlineData": {"mimeType": "audio/mp3", "data": b64(MP3)}}
    assert await gemini_part(folder / "a.PDF") == {
        "inlineData": {"mimeType": "application/pdf", "data": b64(PDF)},
    }
    assert await gemini_part("gs://bucket/film.mp4") == {
        "fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/film.mp4"},
    }
    assert await gemini_part("https://example.test/watch?v=1") == {
        "fileData": {"fileUri": "https://example.test/watch?v=1"},
    }
    assert await gemini_part(url("image/png", PNG)) == await gemini_part(PNG)
    assert await gemini_part(b"x", mime_type="text/x-own") == {
        "inlineData": {"mimeType": "text/x-own", "data": b64(b"x")},
    }


@pytest.mark.parametrize("part", [chat_part, responses_part, gemini_part])
async def test_what_cannot_be_told_is_asked_for(folder: Path, part: Any) -> None:
    """A type is never guessed out of nothing; a file that is not there is an OSError."""
    for source in (b"who knows", folder / "nothing"):
        with pytest.raises(MisuseError, match="mime_type"):
            await part(source)
    with pytest.raises(FileNotFoundError):
        await part(folder / "missing.png")


def sparse(path: Path, size: int) -> Path:
    """A file of *size* zero bytes that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


async def test_one_file_may_have_fifty_megabytes(tmp_path: Path) -> None:
    """Counted before base64; one byte more is refused, and nothing is read of it."""
    part = await responses_part(sparse(tmp_path / "a.pdf", MAX_FILE_BYTES))
    check_files([{"role": "user", "content": [part]}])
    with pytest.raises(MisuseError, match=r"52,428,800 bytes .*got 52,428,801 in a\.pdf"):
        await responses_part(sparse(tmp_path / "a.pdf", MAX_FILE_BYTES + 1))
    with pytest.raises(MisuseError, match="50 MiB"):
        await responses_part(bytes(MAX_FILE_BYTES + 1), mime_type="application/pdf")


@pytest.mark.parametrize("extra", [0, 1, 2, 3])
def test_all_files_of_a_request_count_together(extra: int) -> None:
    """Wherever they stand: in messages, bare, in results of tools; as dicts or structs."""
    half = {"type": "input_file", "file_data": url("application/pdf", bytes(MAX_FILE_BYTES // 2))}
    small = {"type": "input_file", "file_data": url("text/plain", bytes(extra))}
    linked = {"type": "input_file", "file_url": "https://example.test/huge.pdf"}
    turns = [
        {"role": "user", "content": [half, {"type": "input_text", "text": "x" * 999}, linked]},
        {"type": "function_call_output", "call_id": "c", "output": [half]},
        {"role": "assistant", "content": "text"},
        small,
    ]
    if not extra:
        check_files(turns)
        return
    with pytest.raises(MisuseError, match=f"got {MAX_FILE_BYTES + extra:,}"):
        check_files(turns)


async def test_the_loop_stays_free(tmp_path: Path) -> None:
    """Reading and encoding happen in another thread: the loop goes on meanwhile."""
    turns = 0

    async def ticks() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    ticking = asyncio.ensure_future(ticks())
    await responses_part(sparse(tmp_path / "a.pdf", 20_000_000))
    ticking.cancel()
    assert turns > 3


async def test_too_much_is_refused_before_sending(client: AsyncGravitex, gateway: LocalGateway) -> None:
    """Two files of 26 MB: the request never leaves."""
    part = {"type": "input_file", "file_data": url("application/pdf", bytes(26 * 1024 * 1024))}
    question = {"type": "input_text", "text": "What is this?"}
    with pytest.raises(MisuseError, match="in one request"):
        await client.responses.create(model="m", input=[{"role": "user", "content": [part, part, question]}])
    assert not gateway.requests


async def test_parts_reach_the_gateway(client: AsyncGravitex, gateway: LocalGateway, folder: Path) -> None:
    """In the order they were given."""
    image, question = await chat_part(PNG), {"type": "text", "text": "What is this?"}
    await client.chat.completions.create(model="m", messages=[{"role": "user", "content": [image, question]}])
    body: Any = gateway.requests[-1].json
    assert body["messages"][0]["content"] == [image, question]
    file, asked = await responses_part(folder / "a.PDF"), {"type": "input_text", "text": "What is this?"}
    for content in ([file, asked], [asked, file]):
        await client.responses.create(model="gpt-5-chat", input=[{"role": "user", "content": content}])
        body = gateway.requests[-1].json
        assert body["input"][0]["content"] == content
    media = await gemini_part(PNG)
    await client.gemini.generate_content(model="m", contents=[media, "What is this?"])
    body = gateway.requests[-1].json
    assert body["contents"][0]["parts"] == [media, {"text": "What is this?"}]
