"""Rate limits by a clock that is an argument."""

from __future__ import annotations

import pytest

from gravitex_async.testing import RequestLimit
from gravitex_async.testing._errors import Refused


def test_window_slides():
    """Requests leave the window *per* seconds after they came."""
    limit = RequestLimit(2, per=1.0)
    limit.check(0.0)
    limit.check(0.5)
    with pytest.raises(Refused) as refused:
        limit.check(0.9)
    assert (refused.value.status, "Retry-After" in refused.value.headers) == (429, False)
    assert limit.check(1.0)["x-ratelimit-remaining-requests"] == "0"
    assert limit.check(9.0)["x-ratelimit-remaining-requests"] == "1"


def test_a_count_never_recovers():
    """Without a time the limit is a number of requests."""
    limit = RequestLimit(1, per=None, retry_after=2)
    limit.check(0.0)
    with pytest.raises(Refused) as refused:
        limit.check(1e9)
    assert refused.value.headers["Retry-After"] == "2"
