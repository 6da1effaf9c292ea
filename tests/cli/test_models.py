"""``gravitex models``."""

from __future__ import annotations

from gravitex_async.testing import LocalGateway

from .conftest import Command


async def test_one_name_a_line(gravitex: Command, gravitex_gateway: LocalGateway):
    """So that it can be searched and counted."""
    done = await gravitex("models")
    assert (done.status, done.err) == (0, "")
    assert "deepseek-r1" in done.out.splitlines()


async def test_a_refused_key_is_an_error(gravitex: Command, gravitex_gateway: LocalGateway):
    """One line, status 1."""
    done = await gravitex("models", GRAVITEX_API_KEY="sk-other")
    assert (done.status, done.out) == (1, "")
    assert done.err.count("\n") == 1


async def test_no_key_is_explained(gravitex: Command):
    """As for ``gravitex chat``."""
    done = await gravitex("models", GRAVITEX_API_KEY=None)
    assert done.status == 2
    assert "GRAVITEX_API_KEY" in done.err
