"""What a watch notes of a connection, and what it asks of it, without a network."""

from __future__ import annotations

import asyncio
import types
from typing import Any
from unittest import mock

import pytest

from gravitex_async.transport._watch import READ_BYTES, TLS_RECORD_BYTES, Watch, watch_on


def transport_with(protocol: Any, **attributes: Any) -> Any:
    transport = types.SimpleNamespace(**attributes)
    transport.get_protocol = lambda: protocol
    transport.set_protocol = mock.Mock()
    return transport


def handler() -> Any:
    return mock.Mock(spec=asyncio.Protocol)


def test_it_has_heard_nothing_until_bytes_come() -> None:
    """Outside of a body, or behind its end."""
    watch = Watch(handler(), mock.Mock())
    assert not watch.heard
    watcher = mock.Mock()
    watcher.received.return_value = True
    watch.enter(watcher)
    watch.data_received(b"abc")
    watcher.received.assert_called_once_with(3)
    assert not watch.heard
    watcher.received.return_value = False
    watch.data_received(b"d")
    assert watch.heard
    watch.data_received(b"e")
    assert watcher.received.call_count == 2, "it was left"


def test_reads_stay_in_the_cache() -> None:
    """Of 72 KB, over TLS of one record: larger ones cost more an event."""
    assert (READ_BYTES, TLS_RECORD_BYTES) == (73_728, 16_384)
    tls = types.SimpleNamespace(max_size=256 * 1024)
    transport = transport_with(handler(), max_size=256 * 1024, _ssl_protocol=tls)
    watch = watch_on(transport)
    transport.set_protocol.assert_called_once_with(watch)
    assert (transport.max_size, tls.max_size) == (READ_BYTES, TLS_RECORD_BYTES)


@pytest.mark.parametrize("attributes", [{}, {"_ssl_protocol": None}, {"_ssl_protocol": object()}])
def test_what_has_no_such_size_is_left_as_it_is(attributes: dict[str, Any]) -> None:
    """Other loops have their own ways."""
    transport = transport_with(handler(), **attributes)
    assert isinstance(watch_on(transport), Watch)
    assert not hasattr(transport, "max_size")


def test_a_connection_that_allows_no_watch_has_none() -> None:
    """None at all, one without protocols, one of another kind; a watch that is there stays."""
    assert watch_on(None) is None
    assert watch_on(object()) is None  # type: ignore[arg-type]
    assert watch_on(transport_with(object())) is None
    watch = Watch(handler(), mock.Mock())
    assert watch_on(transport_with(watch)) is watch
