"""A path stays below the base URL: the key goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from gravitex_async import AsyncGravitex, MisuseError
from gravitex_async.endpoints._path import split_path
from gravitex_async.testing import LocalGateway, Tape


@pytest.mark.parametrize(
    ("path", "place", "query"),
    [
        ("/v1/rerank", "/v1/rerank", {}),
        ("/v1/a b/é", "/v1/a%20b/%C3%A9", {}),
        ("/v1/a%2Fb:c@d", "/v1/a%2Fb:c@d", {}),
        ("/v1/x?a=1&b=&c=%20", "/v1/x", {"a": "1", "b": "", "c": " "}),
        ("/", "/", {}),
        ("/v1/..a/.b", "/v1/..a/.b", {}),
    ],
)
def test_what_is_sent(path: str, place: str, query: dict[str, str]) -> None:
    """Encoded where it has to be, never twice; the query beside it."""
    assert split_path(path) == (place, query)


@pytest.mark.parametrize(
    "path",
    [
        "", "v1/rerank", "https://evil.test/v1", "//evil.test/v1", "/%2Fevil.test",
        "/v1/../../x", "/v1/..", "/.", "/v1/%2e%2e/x", "/v1/%2E/x", "/v1/..%2fx", "/v1\\x", "/v1/%5Cx",
        "/v1/a\nb", "/v1/%0d%0aX:1", "/v1/x#y", "/v1/x?a=1\r\n", "?a=1", None, 7, b"/v1/x",
    ],
)  # fmt: skip
def test_what_is_refused(path: Any) -> None:
    """Another origin, a way out of the base URL, what could write a header."""
    with pytest.raises(MisuseError, match=r"expected (a )?path") as caught:
        split_path(path)
    shown = repr(path.partition("?")[0]) if isinstance(path, str) else type(path).__name__
    assert str(caught.value).endswith(f"got {shown}")


def test_a_query_that_cannot_be_kept_is_refused() -> None:
    """A name twice; and no message shows a query, which may hold a key."""
    with pytest.raises(MisuseError, match="each name once") as caught:
        split_path("/v1/x?key=sk-1&key=sk-2")
    assert "sk-" not in str(caught.value)
    with pytest.raises(MisuseError) as caught:
        split_path("v1/x?key=sk-1")
    assert "sk-" not in str(caught.value)


async def test_the_base_url_stays(gateway: LocalGateway) -> None:
    """What stands before the version, and its query; those of the path and the call go over it."""
    for _ in range(2):
        gateway.play(Tape(b"{}", content_type="application/json"))
    async with AsyncGravitex(
        base_url=f"{gateway.url}/team/v1?a=base&b=base", api_key=gateway.api_key
    ) as client:
        await client.post("/v1/rerank?b=path&c=path", {}, extra_query={"c": "call"})
        request = gateway.requests[-1]
        assert request.path == "/team/v1/rerank"
        assert dict(request.query) == {"a": "base", "b": "path", "c": "call"}
        for call in (
            lambda: client.post("//evil.test/x", {}),
            lambda: client.get("/v1/../x"),
            lambda: client.stream_events("https://evil.test", {}),
        ):
            with pytest.raises(MisuseError):
                call()
    assert len(gateway.requests) == 1


async def test_googles_credential_goes_to_googles_paths_alone(gateway: LocalGateway) -> None:
    """As in every other call."""
    async with AsyncGravitex(base_url=gateway.url, api_key=gateway.api_key, auth="x-goog-api-key") as client:
        await client.get("/v1/models")
        assert "x-goog-api-key" not in gateway.requests[-1].headers
        await client.get("/v1beta/models")
        assert gateway.requests[-1].headers["x-goog-api-key"] == gateway.api_key
