"""Mutants that no test could notice, each with its reason: they are not drawn.

Known by module, line and change, not by number: what stands here holds while the line stands.
"""

from __future__ import annotations

_ONE_ENTRY = "there is one entry, so the first is the last"
_NO_NAME = "a field without a name means nothing, so a comment may be taken for one"
_LOOKED_AT = "how far is looked: what is no longer than a field's name is known from fewer bytes"

EQUIVALENT: dict[str, dict[tuple[str, str], str]] = {
    "chat/_accumulate": {
        ("if len(choices) == 1 and choices[0].usage is None:", "0  ->  -1"): _ONE_ENTRY,
        ("choice = choices[0]", "0  ->  -1"): _ONE_ENTRY,
    },
    "chat/_choice": {
        (
            "if results and results != self.filter_results:",
            "results and results != self.filter_results  ->  (results)",
        ): "what a filter says again is as grave as before: not asking costs time alone",
    },
    "decoding/_events": {
        ("self._frame = data[: -len(payloads[0]) - len(blank)], blank", "0  ->  -1"): _ONE_ENTRY,
    },
    "sse": {
        (
            'data = self._data[0] if len(self._data) == 1 else b"\\n".join(self._data)',
            "0  ->  -1",
        ): _ONE_ENTRY,
        **{
            ("elif line[0] != 0x3A:  # not a comment", f"0x3A  ->  {number}"): _NO_NAME for number in (57, 59)
        },
    },
    "stream/_reading": {
        (
            "if is_event_stream(data if not start else bytes(start[:128]) + data[:128]):",
            f"128  ->  {number}",
        ): _LOOKED_AT
        for number in (127, 129)
    },
    "gemini/_head": {
        ("for name, value in zip(HEAD, found, strict=True):", "True  ->  False"): "both are as long as HEAD",
    },
    "transport/_watch": {
        (
            'if transport is None or not hasattr(transport, "get_protocol"):',
            'transport is None or not hasattr(transport, "get_protocol")  ->  '
            "(not hasattr(transport, 'get_protocol'))",
        ): "None has no such method",
    },
    "transport/_places": {
        ("self._trial_at = 0.0", "0.0  ->  1.0"): "read only under a suspicion, which sets it",
        ("self._trial_at = 0.0", "0.0  ->  -1.0"): "read only under a suspicion, which sets it",
    },
}
