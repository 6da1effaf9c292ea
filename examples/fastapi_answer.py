"""Return answers from FastAPI: the gateway's own JSON, or a few words of it; errors get this server's status.

Needs ``pip install fastapi uvicorn``. Run it for good with ``uvicorn fastapi_answer:app``.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from _offline import run

from gravitex_async import APIError, APITimeoutError, AsyncGravitex, RateLimitError
from gravitex_async.chat import ChatCompletion

try:
    import uvicorn
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse
except ImportError as missing:
    print(f"{missing}: this example needs fastapi and uvicorn")
    sys.exit()

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for all requests: its connections are used again."""
    # Retries included: a browser, or the proxy before it, does not wait for the ten minutes of the defaults.
    async with AsyncGravitex(timeout=55) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


def ask(request: Request, question: str) -> Any:
    client: AsyncGravitex = request.app.state.client
    return client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )


@app.get("/answer")
async def answer(request: Request, question: str) -> ChatCompletion:
    """The JSON that the gateway sent. Without the annotation it is the same."""
    completion: ChatCompletion = await ask(request, question)
    return completion


@app.get("/words")
async def words(request: Request, question: str) -> dict[str, Any]:
    """What a page needs, whichever dialect answered."""
    answer = await ask(request, question)
    return {
        "text": answer.content,
        "thinking": answer.reasoning_content,
        "sources": [source.url for source in answer.citations],
        "reason": answer.end.reason,
        "tokens": answer.usage.total_tokens,
        "request": answer.request_id,
    }


@app.exception_handler(APIError)
async def failed(request: Request, error: APIError) -> JSONResponse:
    """What the gateway says is about this server's key and request: it is not for the browser."""
    logger.warning("%s %s: %s", request.url.path, error.request_id, error)
    status = 503 if isinstance(error, RateLimitError) else 504 if isinstance(error, APITimeoutError) else 502
    headers = {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:.0f}"}
    body = {"error": "The model could not be asked.", "request": error.request_id}
    return JSONResponse(body, status_code=status, headers=headers)


async def browse(url: str) -> None:
    """What a browser would do."""
    async with aiohttp.ClientSession(url) as session:
        for path in ("/answer", "/words"):
            async with session.get(path, params={"question": "Why is the sky blue?"}) as response:
                print(path, response.status, await response.text())


async def main() -> None:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        try:
            await browse(f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            await serving


if __name__ == "__main__":
    run(main)
