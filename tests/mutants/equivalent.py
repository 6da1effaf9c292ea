"""Mutants that no test could notice, each with its reason: they are not drawn.

Known by module, line and change, not by number: what stands here holds while the line stands.
"""

from __future__ import annotations

EQUIVALENT: dict[str, dict[tuple[str, str], str]] = {
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
