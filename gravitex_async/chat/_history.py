"""A finished turn as messages of the next request.

What the gateway sent goes back as it came: tool calls with their ids and signatures, fields no struct knows.
Left out are nulls and empty lists, which some upstreams refuse, and thinking where it must not go back:
DeepSeek's reasoner refuses old ``reasoning_content``, its v4 wants it on turns that call tools (see
"Reasoning" in decoding/README.md).
"""

from __future__ import annotations

from typing import Any

__all__ = ["message_input"]

_THINKING = ("reasoning_content", "reasoning")


def message_input(message: dict[str, Any], reasoning: bool | None) -> dict[str, Any]:
    """A message in wire form as it goes back; *reasoning* None sends thinking on turns that call tools."""
    given = {name: value for name, value in message.items() if value is not None and value != []}
    found: dict[str, Any] = {"role": "assistant", **given}
    calls = found.get("tool_calls") or found.get("function_call")
    if not (bool(calls) if reasoning is None else reasoning):
        for name in _THINKING:
            found.pop(name, None)
    if reasoning is False:
        found.pop("reasoning_details", None)
    if isinstance(audio := found.get("audio"), dict) and audio.get("id"):
        found["audio"] = {"id": audio["id"]}  # the sound itself is the server's; only its id is taken back
    if "content" not in found and not calls and "audio" not in found and "refusal" not in found:
        found["content"] = ""
    return found
