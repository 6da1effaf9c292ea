"""openai-python and google-genai as contestants. Runs in the environment that ``peers.py`` makes.

They are used as their own documentation shows, with what a user of this package would get: events typed,
and for the accumulating forms the text put together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["CLIENTS"]

Job = dict[str, Any]
Outcome = dict[str, Any]

_MESSAGES: Any = [{"role": "user", "content": "Tell me something long."}]


class OpenAI:
    """``create(stream=True)`` over the library's own transport, text joined by the reader."""

    def transport(self) -> Any:
        return None

    async def open(self, job: Job) -> None:
        import openai

        self._client = openai.AsyncOpenAI(
            api_key="sk-bench", base_url=job["url"] + "/v1", http_client=self.transport()
        )

    async def close(self) -> None:
        await self._client.close()

    async def once(self, job: Job) -> Outcome:
        if job["dialect"] == "responses":
            return await self._responses(job)
        text: list[str] = []
        events = 0
        stream = await self._client.chat.completions.create(
            model=job["model"], messages=_MESSAGES, stream=True
        )
        async with stream:
            async for chunk in stream:
                events += 1
                if chunk.choices and chunk.choices[0].delta.content:
                    text.append(chunk.choices[0].delta.content)
        return {"events": events, "characters": len("".join(text))}

    async def _responses(self, job: Job) -> Outcome:
        text: list[str] = []
        events = 0
        stream = await self._client.responses.create(model=job["model"], input="Tell me.", stream=True)
        async with stream:
            async for event in stream:
                events += 1
                if event.type == "response.output_text.delta":
                    text.append(event.delta)
        return {"events": events, "characters": len("".join(text))}


class OpenAIAiohttp(OpenAI):
    """The same over the library's aiohttp transport."""

    def transport(self) -> Any:
        import openai

        return openai.DefaultAioHttpClient()


class OpenAIStream(OpenAI):
    """The library's accumulating form, ``stream()``: the nearest to what a stream of this package does."""

    async def once(self, job: Job) -> Outcome:
        if job["dialect"] == "responses":
            async with self._client.responses.stream(model=job["model"], input="Tell me.") as answer:
                events = [event.type async for event in answer]
                return {
                    "events": 0,
                    "characters": len((await answer.get_final_response()).output_text),
                    "extra": {"events": len(events)},
                }
        async with self._client.chat.completions.stream(model=job["model"], messages=_MESSAGES) as stream:
            async for _ in stream:
                pass
            completion = await stream.get_final_completion()
        return {"characters": len(completion.choices[0].message.content or "")}


class OpenAIPlain(OpenAI):
    """A plain request and its answer."""

    async def once(self, job: Job) -> Outcome:
        completion = await self._client.chat.completions.create(model=job["model"], messages=_MESSAGES)
        return {"events": 1, "characters": len(completion.choices[0].message.content or "")}


class GoogleGenAI:
    """``generate_content_stream`` over aiohttp, text joined by the reader."""

    async def open(self, job: Job) -> None:
        from google import genai

        self._client = genai.Client(api_key="sk-bench", http_options={"base_url": job["url"]})

    async def close(self) -> None:
        await self._client.aio.aclose()

    async def once(self, job: Job) -> Outcome:
        text: list[str] = []
        events = 0
        stream = await self._client.aio.models.generate_content_stream(
            model=job["model"], contents="Tell me."
        )
        async for chunk in stream:
            events += 1
            text.append(chunk.text or "")
        return {"events": events, "characters": len("".join(text))}


CLIENTS: dict[str, Callable[[], Any]] = {
    "openai-python": OpenAI,
    "openai-python-aiohttp": OpenAIAiohttp,
    "openai-python-stream": OpenAIStream,
    "openai-python-plain": OpenAIPlain,
    "google-genai": GoogleGenAI,
}
