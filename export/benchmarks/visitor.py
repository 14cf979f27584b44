"""A client without a browser: Gradio's protocol over plain HTTP, for benchmarks and tests.

    page = Page.read(address)
    with Visitor(page) as visitor:
        visitor.ask("classify", visitor.upload(png, "painting.png"))

Unlike `gradio_client` it can trigger events of the page, and disconnect at any time.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx

TIMEOUT = 300.0
"""Seconds without data from the server, after which a request fails."""

_API = "gradio_api"


class BusyError(Exception):
    """The queue is full; the message is the server's."""


class FailedError(Exception):
    """An event ended in an error; the message is the server's."""


@dataclass(frozen=True)
class Page:
    """The configuration of a page.

    Attributes:
        address: of the app, with a slash at its end.
        config: Gradio's description of components and events.
    """

    address: str
    config: dict[str, Any]

    @classmethod
    def read(cls, address: str) -> Self:
        """Fetch the configuration of a running app."""
        return cls(address, httpx.get(f"{address}config", timeout=TIMEOUT).json())

    def component(self, elem_id: str) -> int:
        """Number of a component by its id on the page."""
        for component in self.config["components"]:
            if component["props"].get("elem_id") == elem_id:
                return int(component["id"])
        raise KeyError(elem_id)

    def endpoint(self, name: str) -> dict[str, Any]:
        """The event of an API endpoint."""
        return next(each for each in self.config["dependencies"] if each["api_name"] == name)

    def event(self, elem_id: str, kind: str) -> dict[str, Any]:
        """The first event of a kind, such as "click", that a component has."""
        target = [self.component(elem_id), kind]
        return next(each for each in self.config["dependencies"] if target in each["targets"])

    def following_event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event that follows another one."""
        return next(
            each for each in self.config["dependencies"] if each["trigger_after"] == event["id"]
        )


class Visitor:
    """A session with the app; it is open until `close` is called.

    Args:
        page: the page.
        heartbeat: whether to hold Gradio's heartbeat connection open, as a browser does.
    """

    def __init__(self, page: Page, *, heartbeat: bool = True) -> None:
        self.page, self.session = page, secrets.token_hex(8)
        self.http = httpx.Client(base_url=page.address, timeout=TIMEOUT)
        self.values = {
            component["id"]: component["props"].get("value")
            for component in page.config["components"]
            if component["type"] != "state"
        }
        self._heartbeat = self._stream(f"{_API}/heartbeat/{self.session}") if heartbeat else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, as a browser does that closes the page."""
        if self._heartbeat is not None:
            self._heartbeat.close()
        self.http.close()

    def upload(self, content: bytes, name: str) -> dict[str, Any]:
        """Upload a file; returns its description for an event."""
        response = self.http.post(f"{_API}/upload", files={"files": (name, content)})
        response.raise_for_status()
        meta = {"_type": "gradio.FileData"}
        return {"path": response.json()[0], "orig_name": name, "size": len(content), "meta": meta}

    def fetch(self, file: Mapping[str, Any]) -> bytes:
        """The content of a file in an answer."""
        return self.http.get(f"{_API}/file={file['path']}").raise_for_status().content

    def ask(self, endpoint: str, *data: Any) -> list[Any]:
        """The answers of an endpoint; for errors see `events`."""
        return self._last(self.page.endpoint(endpoint), list(data))

    def trigger(
        self, elem_id: str, kind: str, value: Any = None, event_data: Any = None
    ) -> list[Any]:
        """Trigger an event of a component, and wait for its outputs; see `start`."""
        return self._last(*self._action(elem_id, kind, value), event_data=event_data)

    def start(self, elem_id: str, kind: str, value: Any = None) -> Iterator[dict[str, Any]]:
        """Trigger an event of a component.

        Args:
            elem_id: the component's id on the page.
            kind: of the event, such as "click".
            value: new value of the component; None leaves it unchanged.

        Yields:
            Gradio's messages; for errors see `events`.
        """
        return self.events(*self._action(elem_id, kind, value))

    def events(
        self, dependency: Mapping[str, Any], data: list[Any], event_data: Any = None
    ) -> Iterator[dict[str, Any]]:
        """Trigger an event, and yield its messages until it has ended.

        Raises:
            BusyError: the queue is full.
            FailedError: it ended in an error.
        """
        body = {
            "data": data,
            "fn_index": dependency["id"],
            "session_hash": self.session,
            "trigger_id": dependency["targets"][0][0] if dependency["targets"] else None,
            "event_data": event_data,
        }
        response = self.http.post(f"{_API}/queue/join", json=body)
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise BusyError(response.json()["detail"])
        event = response.raise_for_status().json()["event_id"]
        stream = self._stream(f"{_API}/queue/data?session_hash={self.session}")
        try:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                if message.get("event_id") != event:
                    continue
                yield message
                if message["msg"] == "process_completed":
                    self._update_values(dependency, message)
                    return
        finally:
            stream.close()

    def _action(self, elem_id: str, kind: str, value: Any) -> tuple[dict[str, Any], list[Any]]:
        number, dependency = self.page.component(elem_id), self.page.event(elem_id, kind)
        if not dependency["backend_fn"]:  # A script, which copies the value to its first output.
            number, dependency = dependency["outputs"][0], self.page.following_event(dependency)
        if value is not None:
            self.values[number] = value
        return dependency, [self.values.get(number) for number in dependency["inputs"]]

    def _last(
        self, dependency: Mapping[str, Any], data: list[Any], event_data: Any = None
    ) -> list[Any]:
        *_, last = self.events(dependency, data, event_data)
        answer: list[Any] = last["output"]["data"]
        return answer

    def _update_values(self, dependency: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        """Update the values of the page with the outputs of an event."""
        if not message["success"]:
            raise FailedError(str(message["output"].get("error")))
        for number, value in zip(dependency["outputs"], message["output"]["data"], strict=True):
            if not isinstance(value, dict) or value.get("__type__") != "update":
                self.values[number] = value
            elif "value" in value:
                self.values[number] = value["value"]

    def _stream(self, path: str) -> httpx.Response:
        return self.http.send(self.http.build_request("GET", path), stream=True)
