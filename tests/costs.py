"""Costs compared, on a machine that does other things as well."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["growth"]

ROUNDS = 6


def growth(cost: Callable[[int], float], small: int, large: int, *, below: float) -> float:
    """How many times as much *large* costs as *small*, at best; measures until that is *below* its limit.

    Noise makes any measurement larger, so the least of each is taken; what grows too fast stays too large
    however often it is measured.
    """
    least_small = least_large = float("inf")
    for _ in range(ROUNDS):
        least_small = min(least_small, cost(small))
        least_large = min(least_large, cost(large))
        if least_large < below * least_small:
            break
    return least_large / least_small
