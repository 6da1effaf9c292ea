"""The samples of the gateway's own documents as typed code that uses this package; made, never stored.

Their Python samples get their indentation back, which the documents' text lost, and are turned into calls of
this package: an async client, ``await`` and ``async for``. The bodies of their requests become the keyword
arguments of a call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from json import JSONDecoder  # which says where a value ends
from textwrap import indent
from typing import Any

from tests.documents import DOCUMENTS, text_of

_START = re.compile(r"(?:import base64\n)?from openai import OpenAI\n|import google\.generativeai as genai\n")
_CURL = re.compile(r"/(?P<path>v1\w*/[\w/.:-]+)[^\n]*\n(?:-H [^\n]*\n)*-d '(?=\{)")
_BARE = re.compile(r'^(?=\{\n"(?:contents|cachedContent)":)', re.MULTILINE)
_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")

_PARAMETERS = {"generationConfig": "generation_config", "gravitex_thinking_to_content": "thinking_to_content",
               "nebula_thinking_to_content": "thinking_to_content"}  # fmt: skip


def module() -> str:
    """All samples, each as a typed async function of its own."""
    functions = [*_python_functions(), *_body_functions()]
    head = "import base64\nfrom gravitex_async import AsyncGravitex\n"
    return "\n\n".join([head, *functions, ""])


def _python_functions() -> Iterator[str]:
    for document in DOCUMENTS:
        for start in _START.finditer(text_of(document)):
            lines = [line for line in start[0].splitlines() if not line.startswith(("from openai", "import"))]
            lines += _lines(text_of(document)[start.end() :])
            tree = _Async().visit(ast.parse("\n".join(lines)))
            code = indent(ast.unparse(ast.fix_missing_locations(tree)), "    ")
            yield f"async def python_{document}_{start.start()}() -> None:\n{code}"


def _lines(text: str) -> Iterator[str]:
    """The lines of Python that *text* begins with, indented again; what follows them is prose or JSON."""
    margin, held = "", ""
    for line in text.splitlines():
        held = f"{held}\n{line}" if held else line
        if not held.strip() or held.startswith("#"):
            held = ""
            continue
        opens = held.endswith(":")
        if not _is_statement(f"{held}\n    pass" if opens else held):
            if _is_open(held):
                continue
            return
        yield indent(held, margin)
        margin += "    " * opens
        held = ""


def _is_open(text: str) -> bool:
    return sum(map(text.count, "([{")) > sum(map(text.count, ")]}")) and not text.startswith("{")


def _is_statement(text: str) -> bool:
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        return False
    return all(not isinstance(each, ast.Expr) or isinstance(each.value, ast.Call) for each in statements)


class _Async(ast.NodeTransformer):
    """From the synchronous clients of the documents to ``AsyncGravitex``."""

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        return ast.AsyncFor(node.target, node.iter, node.body, node.orelse)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = ast.unparse(node.func)
        if name == "OpenAI":
            return ast.Call(ast.Name("AsyncGravitex"), node.args, node.keywords)
        if name == "genai.GenerativeModel":
            return node.args[0]
        if name == "model.generate_content":
            given = [ast.keyword("model", ast.Name("model")), ast.keyword("contents", node.args[0])]
            return ast.Await(ast.Call(_name("client.gemini.generate_content"), [], given))
        return ast.Await(node) if name.endswith(".create") else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "genai.configure":
            given = {keyword.arg: keyword.value for keyword in node.value.keywords}
            keywords = [ast.keyword("api_key", given["api_key"])]
            if isinstance(options := given["client_options"], ast.Dict):
                keywords.append(ast.keyword("base_url", options.values[0]))
            return ast.Assign([ast.Name("client")], ast.Call(ast.Name("AsyncGravitex"), [], keywords))
        self.generic_visit(node)
        return node


def _name(dotted: str) -> ast.expr:
    return ast.parse(dotted, mode="eval").body


def _body_functions() -> Iterator[str]:
    for document in DOCUMENTS:
        text = text_of(document)
        found = [(each["path"], each.end()) for each in _CURL.finditer(text)]
        found += [
            ("v1beta/models/gemini-2.5-pro:generateContent", each.end()) for each in _BARE.finditer(text)
        ]
        for number, (path, start) in enumerate(found):
            body, _ = JSONDecoder().raw_decode(text[start:].replace("'\\''", "'"))
            call = _call(path, body)
            yield (
                f"async def body_{document}_{number}(client: AsyncGravitex) -> None:\n"
                f"    answer = await {call}\n    print(answer)"
            )


def _call(path: str, body: dict[str, Any]) -> str:
    if path == "v1/responses":
        return _written("client.responses.create", body)
    if path == "v1/chat/completions":
        google = body.pop("extra_body", {})
        return _written("client.chat.completions.create", {**body, **google})
    model, _, method = path.rpartition("/")[2].partition(":")
    name = "generate_content_stream" if method.startswith("stream") else "generate_content"
    arguments = {_HUMP.sub(lambda hump: f"_{hump[0].lower()}", key): value for key, value in body.items()}
    return _written(f"client.gemini.{name}", {"model": model, **arguments})


def _written(function: str, arguments: dict[str, Any]) -> str:
    given = (f"{_PARAMETERS.get(name, name)}={value!r}" for name, value in arguments.items())
    return f"{function}({', '.join(given)})"
