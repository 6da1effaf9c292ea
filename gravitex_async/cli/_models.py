"""``gravitex models``: the names the gateway serves, one a line."""

from __future__ import annotations

from ._chat import client_from_env

__all__ = ["models"]


async def models(base_url: str | None) -> None:
    """Prints every model name.

    Raises:
        CommandFailed: No key.
        APIError: What the gateway or the network did wrong.
    """
    async with client_from_env(base_url) as client:
        for model in (await client.models.list()).data:
            print(model.id)
