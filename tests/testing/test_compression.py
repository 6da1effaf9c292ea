"""Compressed streams stay streams: each event can be read as soon as its bytes are there."""

from __future__ import annotations

import zlib

import pytest

from gravitex_async.testing import Fault
from gravitex_async.testing._compression import compress
from gravitex_async.testing._reply import Reply, Step

EVENTS = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15)])
def test_each_event_is_flushed(encoding, wbits):
    """After its step an event can be inflated whole, and the body ends well."""
    reply = compress(Reply([Step(event, 1) for event in EVENTS]), Fault("compress", encoding=encoding))
    inflate = zlib.decompressobj(wbits)
    assert [inflate.decompress(step.data) for step in reply.steps] == [*EVENTS, b""]
    assert inflate.eof
    assert reply.headers["Content-Encoding"] == encoding
