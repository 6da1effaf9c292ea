"""Mutants that no test could notice, each with its reason: they are not drawn.

Known by module, line and change, not by number: what stands here holds while the line stands.
"""

from __future__ import annotations

EQUIVALENT: dict[str, dict[tuple[str, str], str]] = {}
