"""A local server that answers as an OpenAI-compatible endpoint does, by the rules, and fails as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ctscribe.report.sectioning import structure_text
from ctscribe.report.sectioning.cleansing import expand

Rows = list[dict[str, Any]]


@dataclass
class LanguageServer:
    """What was asked, and how to answer.

    Parameters
    ----------
    change : changes the rows of a step before they are sent; may raise ``ConnectionError`` for a status 500.
    raw : text to send in place of rows, when it gives any.
    """

    url: str = ""
    asked: list[tuple[str, Rows, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    change: Callable[[str, Rows, int], Rows] = lambda step, rows, call: rows
    raw: Callable[[str, int], str | None] = lambda step, call: None

    def content(self, prompt: str, system: str) -> str:
        """The answer's text."""
        step = "merge" if "`filed`" in system else "refine" if "Temporal refinement" in system else "cleanse"
        sentences = json.loads(prompt.split("[[ ## sentences ## ]]")[1].split("[[ ##")[0])
        complaint = prompt.split("[[ ## complaint ## ]]")[1].split("\n\nRespond")[0].strip()
        self.asked.append((step, sentences, complaint))
        call = len(self.asked)
        if (said := self.raw(step, call)) is not None:
            return said
        rows = self.change(step, _rows(step, sentences), call)
        return json.dumps({"filed" if step == "merge" else "rewritten": rows})


@contextmanager
def serving() -> Iterator[LanguageServer]:
    """Run the server while the block runs."""
    server = LanguageServer()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{listening.server_address[1]}/v1"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def _rows(step: str, sentences: Rows) -> Rows:
    if step == "cleanse":
        return [{"number": one["number"], "text": expand(one["text"]), "dropped": ""} for one in sentences]
    if step == "refine":
        return [_refined(one) for one in sentences]
    return [
        {"number": one["number"], "section": key, "text": found.text}
        for one in sentences
        for key, kept in structure_text(one["text"]).sections.items()
        for found in kept
    ]


def _refined(sentence: dict[str, Any]) -> dict[str, Any]:
    structured = structure_text(sentence["text"])
    kept = [found.text for sentences in structured.sections.values() for found in sentences]
    if not kept:
        return {"number": sentence["number"], "text": "", "dropped": "comparison"}
    text = sentence["text"] if len(kept) > 1 else kept[0]
    return {"number": sentence["number"], "text": text, "dropped": ""}


def _handler(server: LanguageServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.keys.append(self.headers.get("authorization", ""))
            said = {message["role"]: message["content"] for message in body["messages"]}
            try:
                answer = _completion(body["model"], server.content(_text(said["user"]), _text(said["system"])))
                self._send(200, answer)
            except ConnectionError:
                self._send(500, {"error": {"message": "overloaded", "type": "server_error"}})
            except PermissionError:
                self._send(401, {"error": {"message": "wrong key", "type": "invalid_request_error"}})

        def _send(self, status: int, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _completion(model: str, content: str) -> dict[str, Any]:
    return {
        "id": "answer",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }
