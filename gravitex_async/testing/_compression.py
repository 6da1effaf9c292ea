"""Bodies in a Content-Encoding: compressed as they stream, flushed after each event; and a bomb.

``br`` and ``zstd`` need their packages (``brotli``; ``compression.zstd`` of Python 3.14 or
``backports.zstd``): without them the fault raises ``ModuleNotFoundError`` and the answer is a 500.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ._faults import Fault
from ._reply import Reply, Step

# The bomb is made in blocks of this size; deflated, each is a thousandth of it.
_BLOCK = 1 << 20
_Codec = tuple[Callable[[bytes], bytes], Callable[[], bytes], Callable[[], bytes]]


def compress(reply: Reply, fault: Fault) -> Reply:
    """The same body, encoded; one flush per event, so that each can be read when it arrives."""
    steps = list(_encoded(reply.steps, _codec(fault.encoding)))
    return replace(reply, steps=steps, headers={**reply.headers, "Content-Encoding": fault.encoding})


def bomb(reply: Reply, fault: Fault) -> Reply:
    """A gzip body of one event with a text of ``size`` bytes (default 256 MiB), a thousandth on the wire."""
    steps = list(_encoded(_inflated(fault.size or 1 << 28), _codec("gzip")))
    return replace(reply, steps=steps, headers={**reply.headers, "Content-Encoding": "gzip"})


def _inflated(size: int) -> Iterator[Step]:
    yield Step(b'data: {"choices":[{"index":0,"delta":{"content":"')
    for start in range(0, size, _BLOCK):
        yield Step(b"x" * min(_BLOCK, size - start))
    yield Step(b'"}}]}\n\n', 1)


def _encoded(steps: Iterable[Step], codec: _Codec) -> Iterator[Step]:
    encode, flush, end = codec
    for step in steps:
        yield step._replace(data=encode(step.data) + flush())
    yield Step(end())


def _codec(encoding: str) -> _Codec:
    """How to encode a piece, to flush, and to finish."""
    if encoding in ("gzip", "deflate"):
        packer = zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
        return packer.compress, lambda: packer.flush(zlib.Z_SYNC_FLUSH), packer.flush
    if encoding == "br":
        brotli = importlib.import_module("brotli").Compressor()
        return brotli.process, brotli.flush, brotli.finish
    return _zstd()


def _zstd() -> _Codec:
    try:
        module = importlib.import_module("compression.zstd")
    except ModuleNotFoundError:
        module = importlib.import_module("backports.zstd")
    packer = module.ZstdCompressor()
    return packer.compress, lambda: packer.flush(packer.FLUSH_BLOCK), packer.flush
