"""The fixture of the pytest plugin, and that loading the plugin is cheap."""

from __future__ import annotations

import os
import subprocess
import sys

from gravitex_async.testing import pytest_plugin

gravitex_gateway = pytest_plugin.gravitex_gateway


async def test_fixture_is_a_started_gateway(gravitex_gateway):
    """The environment points to the gateway for the time of the test."""
    assert os.environ["GRAVITEX_BASE_URL"] == gravitex_gateway.url
    assert os.environ["GRAVITEX_API_KEY"] == gravitex_gateway.api_key


def test_loading_the_plugin_imports_nothing_heavy():
    """Every pytest run of every user loads it: no aiohttp."""
    code = "import sys, gravitex_async.testing.pytest_plugin; print('aiohttp' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
