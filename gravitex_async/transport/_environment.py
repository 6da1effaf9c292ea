"""The proxy that the environment names for an origin.

Strategy
    ``http_proxy`` and ``https_proxy`` count for the scheme of the gateway's address, ``all_proxy`` for both
    where they are absent, in either letter case, as curl has them; ``no_proxy`` lists names, addresses and
    ranges that are reached directly. The HTTP library knows neither ``all_proxy`` nor ranges, and passes over
    a proxy that it cannot use: a call that was to go through it would go past it.

Loaded with the session, in a thread: the standard library's reader of these variables is slow to import.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ..errors import MisuseError
from ._proxy import Proxy

__all__ = ["bypassed", "proxy_for"]

_PORTS = {"http": 80, "https": 443}

# [address]:port, name:port, a name or a range; what is none of these is an IPv6 address or range.
_ENTRY = re.compile(r"(?:\[(?P<bracketed>[^]]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>[0-9]+))?")


def proxy_for(origin: str) -> Proxy | MisuseError | None:
    """The proxy for *origin*; a MisuseError, to be raised, of one that cannot be used.

    Reads what the operating system keeps where it keeps such things; may take its time.
    """
    parts = urlsplit(origin)
    named = getproxies()
    scheme = parts.scheme if named.get(parts.scheme) else "all"
    value = named.get(scheme)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    if not value or bypassed(host, port, named.get("no", "")) or proxy_bypass(host):
        return None
    return _parsed(value.strip(), f"{scheme}_proxy".upper())


def _parsed(value: str, variable: str) -> Proxy | MisuseError:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # a bracket left open, a port that is none
        return _unusable(variable)
    if parts.scheme.startswith("socks"):
        return MisuseError(
            f"{variable} names a SOCKS proxy, and this client speaks to HTTP proxies only: name one in "
            f"HTTP_PROXY and HTTPS_PROXY, pass trust_env=False to go without, or session= with a connector "
            f"that speaks SOCKS"
        )
    if not port or not parts.hostname or "@" in parts.path:  # the latter: a password with a slash
        return _unusable(variable)
    password = unquote(parts.password or "")
    pair = f"{unquote(parts.username or '')}:{password}".encode("utf-8", "replace")
    return Proxy(
        url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        host=parts.hostname,
        port=port,
        variable=variable,
        authorization="" if parts.username is None else f"Basic {base64.b64encode(pair).decode()}",
        password=password,
    )


def _unusable(variable: str) -> MisuseError:
    return MisuseError(
        f"expected {variable} like 'http://user:password@host:port', with user and password percent-encoded; "
        f"got something else (not shown)"
    )


def bypassed(host: str, port: int, no_proxy: str) -> bool:
    """Whether the list *no_proxy* says that *host* is reached directly.

    An entry is ``*``, a name (which stands for all below it too, with or without a leading dot), an address,
    or a range (``10.0.0.0/8``, ``fd00::/8``), each with or without a port. Names are not looked up.
    """
    host = host.rstrip(".").lower()
    return any(_fits(entry, host, port) for entry in re.split(r"[,\s]+", no_proxy.lower()) if entry)


def _fits(entry: str, host: str, port: int) -> bool:
    found = _ENTRY.fullmatch(entry)
    name = entry if found is None else found["bracketed"] or found["name"]
    if found is not None and found["port"] and int(found["port"]) != port:
        return False
    if name == "*":
        return True
    address = _address(host)
    if address is None:
        name = name.removeprefix("*").strip(".")
        return bool(name) and f".{host}".endswith(f".{name}")
    try:
        return address in ipaddress.ip_network(name, strict=False)
    except ValueError:  # a name
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
