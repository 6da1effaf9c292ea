"""An answer that breaks off is an error, and the error holds what had arrived."""

from __future__ import annotations

import asyncio

from gravitex_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncGravitex,
    GravitexError,
    RateLimitError,
    StreamInterrupted,
)
from gravitex_async.testing import LocalGateway


def arrived(error: APIError) -> str:
    """``partial`` is an answer like any other, or None where nothing had arrived."""
    return "" if error.partial is None else error.partial.content


async def ask(client: AsyncGravitex, question: str) -> str:
    messages = [{"role": "user", "content": question}]
    stream = client.chat.completions.stream(model="gpt-4o-mini", messages=messages)
    try:
        answer = await stream.final()
    except StreamInterrupted as error:  # the connection broke
        return f"{arrived(error)!r}, then {type(error).__name__}"
    except RateLimitError as error:
        return f"refused, try again in {error.retry_after} s"
    except APIStatusError as error:
        return f"{arrived(error)!r}, then status {error.status}: {error.message}"
    except APIConnectionError as error:
        return f"no answer: {error}"
    except GravitexError as error:  # the base of all errors of this package
        return f"{type(error).__name__}: {error}"
    return repr(answer.content)


async def main() -> None:
    # Always the local gateway: real ones do not fail on demand.
    async with LocalGateway() as gateway:
        client = AsyncGravitex(api_key=gateway.api_key, base_url=gateway.url, max_retries=0)
        print(await ask(client, "a question that is answered"))
        gateway.fault("truncate", after_events=5)
        print(await ask(client, "a connection that breaks"))
        gateway.fault("error-event", after_events=4, message="The model is overloaded")
        print(await ask(client, "an error inside the stream"))
        gateway.fault("status", status=429, code="rate_limit_exceeded", retry_after=3)
        print(await ask(client, "too many requests"))
        # Twice: a connection that closes before it says a byte is tried again at once, outside of retries.
        gateway.fault("reset", where="headers", count=2)
        print(await ask(client, "no answer at all"))
        await client.close()


if __name__ == "__main__":
    asyncio.run(main())
