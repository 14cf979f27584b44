"""Sessions with open connections, and what is freed when a visitor leaves.

Gradio closes a generator at its next step once nobody listens to it, but cannot end a step that is
running, and keeps a visitor's session for an hour. So the open connections of each session are
counted here: a page holds one while it is open, and a program while it waits for an answer. When
the last one closes, the visitor's jobs are asked to end.
"""

import re
from collections import Counter, OrderedDict
from threading import Lock
from typing import Any, Protocol
from urllib.parse import parse_qs
from weakref import WeakSet

import gradio as gr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = 8
"""Number of sessions that are kept after their visitors have left: a phone may reconnect."""

_CONNECTIONS = re.compile(r"/gradio_api/(?:heartbeat|call(?:/v2)?/[^/]+)/([^/]+)/?$")
_EVENTS = re.compile(r"/gradio_api/queue/data/?$")


class Clearable(Protocol):
    """Something in a session that can be freed, such as a running job."""

    def clear(self) -> None:
        """Free it, without waiting: this is called in the server's own thread."""


class Sessions:
    """Sessions with open connections, and what to free; safe to use from several threads.

    Args:
        kept: number of sessions that are kept after their visitors have left.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self._lock = Lock()
        self._connections: Counter[str] = Counter()
        self._clearables: dict[str, WeakSet[Clearable]] = {}
        self._left: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, session: str) -> bool:
        """Whether a session has an open connection."""
        return self._connections[session] > 0

    def clear_on_leaving(self, request: gr.Request, clearable: Clearable) -> None:
        """Clear something when the visitor of a request leaves; it is referenced weakly."""
        if request.session_hash:
            with self._lock:
                self._clearables.setdefault(request.session_hash, WeakSet()).add(clearable)

    def connect(self, session: str) -> None:
        """Count one more connection."""
        with self._lock:
            self._connections[session] += 1
            self._left.pop(session, None)

    def disconnect(self, session: str) -> list[str]:
        """Count one connection less.

        Returns:
            Sessions without one that need not be kept any longer.
        """
        with self._lock:
            self._connections[session] -= 1
            if self._connections[session] > 0:
                return []
            del self._connections[session]
            self._left[session] = None
            too_many = max(0, len(self._left) - self.kept)
            return [self._left.popitem(last=False)[0] for _ in range(too_many)]

    def clear(self, session: str) -> None:
        """Clear everything of a session."""
        with self._lock:
            clearables = list(self._clearables.pop(session, ()))
        for clearable in clearables:
            clearable.clear()


SESSIONS = Sessions()
"""Of all pages of this process: the names of sessions are random."""


class CountSessions:
    """ASGI middleware of Gradio's app that counts the connections of each session."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        session = _session(scope)
        if session is None:
            await self.app(scope, receive, send)
            return
        dropped = False

        async def listen() -> Message:
            nonlocal dropped
            message = await receive()
            dropped = dropped or message["type"] == "http.disconnect"
            return message

        SESSIONS.connect(session)
        try:
            await self.app(scope, listen, send)
        finally:
            for expired in SESSIONS.disconnect(session):
                _forget(scope["app"], expired)
            if dropped and session not in SESSIONS:
                await _end(scope["app"], session)


def _session(scope: Scope) -> str | None:
    """The session of a request that holds a connection open."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if found := _CONNECTIONS.search(scope["path"]):
        return found[1]
    if _EVENTS.search(scope["path"]):
        return parse_qs(scope["query_string"].decode()).get("session_hash", [None])[0]
    return None


async def _end(app: Any, session: str) -> None:
    """End the jobs of a visitor who has left, and remove events that wait in the queue."""
    SESSIONS.clear(session)
    await app.get_blocks()._queue.clean_events(session_hash=session)


def _forget(app: Any, session: str) -> None:
    """Free what is kept of a session: values of all components, and messages not fetched."""
    SESSIONS.clear(session)
    app.state_holder.session_data.pop(session, None)
    app.state_holder.time_last_used.pop(session, None)
    queue = app.get_blocks()._queue
    queue.pending_messages_per_session.pop(session, None)
    queue.pending_event_ids_session.pop(session, None)
