"""Whom the server answers, and that it asks nobody itself; see docs/SECURITY.md.

Two ASGI middlewares stand before Gradio: one knows the server's names, one slows down whoever
guesses passwords.
"""

import asyncio
import ipaddress
import os
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

import gradio as gr
from gradio import processing_utils
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import LOOPBACK, Settings

FREE = 5
"""Wrong passwords from one address that cost no time."""

LONGEST_PAUSE = 30.0
"""Seconds that a try may have to wait; each wrong one doubles them, from one second on."""

MOST_WAITING = 5
"""Tries from one address that may wait at once; the others are refused."""

_MOST_ADDRESSES = 10_000  # Those that are remembered; the one seen longest ago is forgotten.


def middleware(settings: Settings, environ: Mapping[str, str] = os.environ) -> list[Middleware]:
    """What stands before Gradio."""
    names, addresses = host_names(settings, environ), settings.host not in LOOPBACK
    stands = [Middleware(HostCheck, names=names, addresses=addresses)]
    return [*stands, Middleware(SlowLogin)] if settings.auth_file else stands


def host_names(settings: Settings, environ: Mapping[str, str]) -> frozenset[str]:
    """Names under which a browser may ask for the page; `*.` before one stands for subdomains."""
    names = {"localhost", "*.localhost", *LOOPBACK, settings.host.strip("[]").lower()}
    names.update(settings.allowed_host)
    if settings.host not in LOOPBACK:
        own = socket.gethostname().lower()
        names |= {own, f"{own}.local"}
    if proxied := host_name(settings.root_path) if "//" in settings.root_path else "":
        names.add(proxied)
    if settings.share:
        names.add("*.gradio.live")
    if environ.get("SPACE_ID"):
        names |= {"*.hf.space", environ.get("SPACE_HOST", "").lower()}
    return frozenset(names - {""})


def host_name(header: str) -> str:
    """The name in a Host header or an origin, without its port; empty if it is malformed."""
    try:
        return urlsplit(header if "//" in header else f"//{header}").hostname or ""
    except ValueError:  # such as "[::1"
        return ""


def refuse_downloads() -> None:
    """Let no visitor have this server fetch a file from elsewhere.

    Gradio would, of any size, wherever a request has an address in place of an upload.
    """

    async def refuse(*_: object, **__: object) -> NoReturn:
        raise gr.Error(
            "This server fetches nothing from other sites; please send the picture itself.",
            print_exception=False,
        )

    processing_utils.async_ssrf_protected_get = refuse
    processing_utils.async_ssrf_protected_download = refuse


class HostCheck:
    """Refuses requests under a foreign name.

    A page of another site could else have its own name point to this computer (DNS rebinding) and
    use the app as its visitor does. Starlette's TrustedHostMiddleware knows no IPv6 addresses.

    Args:
        app: what answers the others.
        names: see `host_names`.
        addresses: whether any IP address is taken for one of this server's: to reach a page by its
            address nobody needs a name, so none can point elsewhere.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str], addresses: bool) -> None:
        self.app, self.names, self.addresses = app, names, addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] in ("http", "websocket"):
            name = host_name(Headers(scope=scope).get("host", "")).rstrip(".")
            if not self._knows(name):
                said = (
                    "This server does not answer to the name in this request; whoever runs it can"
                    " add names with --allowed-host.\n"
                )
                await PlainTextResponse(said, 421)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _knows(self, name: str) -> bool:
        above = {f"*.{name[dot + 1 :]}" for dot, letter in enumerate(name) if letter == "."}
        if self.names & {name, "*", *above}:
            return True
        try:
            return self.addresses and bool(ipaddress.ip_address(name))
        except ValueError:
            return False


@dataclass
class _Tries:
    """Passwords from one address."""

    wrong: int = 0
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pause(self) -> float:
        """Seconds before the next one."""
        return min(2.0 ** min(self.wrong - FREE, 16), LONGEST_PAUSE) if self.wrong >= FREE else 0.0


class SlowLogin:
    """Makes whoever guesses passwords wait.

    Tries from one address are made one after the other, however many come at once. A right password
    is let in after the pause, so nobody is locked out, and ends it.

    Args:
        app: what checks passwords.
        sleep: waits for some seconds.
    """

    def __init__(
        self, app: ASGIApp, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.app, self._sleep = app, sleep
        self._addresses: OrderedDict[str, _Tries] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on in its turn."""
        if scope["type"] != "http" or not _is_login(scope):
            await self.app(scope, receive, send)
            return
        tries = self._tries(_network(scope["client"][0] if scope.get("client") else ""))
        if tries.waiting >= MOST_WAITING:
            said = "Too many passwords at once; please wait half a minute.\n"
            headers = {"Retry-After": f"{LONGEST_PAUSE:.0f}"}
            await PlainTextResponse(said, 429, headers)(scope, receive, send)
            return

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                tries.wrong = 0 if message["status"] < 400 else tries.wrong + 1
            await send(message)

        tries.waiting += 1
        try:
            async with tries.turn:
                await self._sleep(tries.pause)
                await self.app(scope, receive, watch)
        finally:
            tries.waiting -= 1

    def _tries(self, address: str) -> _Tries:
        tries = self._addresses.setdefault(address, _Tries())
        self._addresses.move_to_end(address)
        if len(self._addresses) > _MOST_ADDRESSES:
            self._addresses.popitem(last=False)
        return tries


def _is_login(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"].rstrip("/").endswith("/login"))


def _network(address: str) -> str:
    """What one person has: an IPv4 address, or the first half of an IPv6 address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:  # such as the path of a socket
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else address
