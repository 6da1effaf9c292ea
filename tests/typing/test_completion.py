"""What an editor offers while a request is written: pyright's language server, asked as an editor asks it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SETTINGS = {"python": {"pythonPath": sys.executable}}

HEAD = """\
from gravitex_async import AsyncGravitex
client = AsyncGravitex()
chat, native = client.chat.completions.create, client.gemini.generate_content
"""

# What stands at the mark ``^``, and some of what is offered there.
OFFERED = [
    ('chat(model="m", messages=[{"^": 1}])', {"role", "content", "tool_call_id"}),
    ('chat(model="m", messages=[{"role": "^"}])', {"user", "system", "assistant", "tool", "developer"}),
    ('chat(model="m", messages=[{"role": "user", "content": [{"type": "^"}]}])', {"text", "image_url"}),
    ('chat(model="m", messages=[], tools=[{"type": "^"}])', {"function", "custom"}),
    ('chat(model="m", messages=[], reasoning_effort="^")', {"minimal", "high"}),
    ('chat(model="m", messages=[], thinking={"type": "^"})', {"enabled", "disabled"}),
    ('client.responses.create(model="m", input=[{"type": "^"}])', {"input_text", "function_call_output"}),
    ('client.responses.create(model="m", input="x", tools=[{"type": "^"}])', {"web_search_preview", "mcp"}),
    ('native(model="m", contents=[{"role": "^"}])', {"user", "model"}),
    ('native(model="m", contents="x", thinking_config={"^": 1})', {"thinking_budget", "include_thoughts"}),
    ('client.with_options(auth="^")', {"bearer", "query"}),
]


class LanguageServer:
    """One running server, spoken to over its pipes."""

    def __init__(self, program: str, root: Path) -> None:
        self.process = subprocess.Popen([program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._root, self._asked = root, 0
        place, able = root.as_uri(), {"workspace": {"configuration": True}}
        folders = [{"uri": place, "name": "user"}]
        self.ask("initialize", processId=None, rootUri=place, capabilities=able, workspaceFolders=folders)
        self._send(method="initialized", params={})

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to a question; questions of the server are answered meanwhile."""
        self._asked += 1
        self._send(id=self._asked, method=method, params=params)
        while True:
            told = self._read()
            if "method" in told and "id" in told:
                asked = (told.get("params") or {}).get("items", [])
                self._send(id=told["id"], result=[SETTINGS.get(each["section"], {}) for each in asked])
            elif told.get("id") == self._asked:
                return told["result"]

    def offered(self, text: str) -> set[str]:
        """What it offers at the mark, as it would be written."""
        line, _, rest = text.partition("^")
        uri, row = (self._root / f"user{self._asked}.py").as_uri(), HEAD.count("\n")
        document = {"uri": uri, "languageId": "python", "version": 1, "text": HEAD + line + rest}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        position = {"line": row, "character": len(line)}
        answer = self.ask("textDocument/completion", textDocument={"uri": uri}, position=position)
        return {item["label"].strip("\"'") for item in answer["items"]}

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        size = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        told: dict[str, Any] = json.loads(self.process.stdout.read(size))
        return told


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    program = shutil.which("pyright-langserver", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("pyright is not installed")
    found = LanguageServer(program, tmp_path_factory.mktemp("user"))
    yield found
    found.process.kill()
    found.process.communicate()


@pytest.mark.parametrize(("text", "expected"), OFFERED, ids=[text for text, _ in OFFERED])
def test_an_editor_offers_keys_and_words(server: LanguageServer, text: str, expected: set[str]) -> None:
    """Although any other dict would be taken too."""
    assert expected <= server.offered(text)
