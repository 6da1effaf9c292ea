"""Items, parts and annotations: typed where they are known, kept as they came in any case."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import msgspec
import pytest

from gravitex_async import responses
from gravitex_async._json import dumps
from gravitex_async.responses import (
    FunctionCallItem,
    MessageItem,
    OutputItem,
    OutputTextPart,
    ReasoningItem,
    Response,
    ShellCallItem,
    SummaryTextPart,
    UnknownAnnotation,
    UnknownItem,
    UnknownPart,
    UrlCitation,
)
from gravitex_async.responses._decode import answers
from gravitex_async.responses._items import ItemFamily
from gravitex_async.responses._open import members, wire_form

# One item of each type, as the API description has them.
ITEMS: list[dict[str, Any]] = [
    {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]},
    {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": None},
    {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "namespace": "n"},
    {"type": "function_call_output", "call_id": "c", "output": "done"},
    {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": "x"},
    {"type": "custom_tool_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]},
    {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}},
    {"type": "file_search_call", "queries": ["q"], "results": None},
    {"type": "computer_call", "call_id": "c", "action": {"type": "click"}, "pending_safety_checks": []},
    {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot"}},
    {"type": "code_interpreter_call", "code": "1+1", "container_id": "k", "outputs": None},
    {"type": "image_generation_call", "status": "completed", "result": "aGk="},
    {"type": "mcp_call", "server_label": "s", "name": "f", "arguments": "{}", "error": {"code": 1}},
    {"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "f"}]},
    {"type": "mcp_approval_request", "server_label": "s", "name": "f", "arguments": "{}"},
    {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True},
    {"type": "local_shell_call", "call_id": "c", "action": {"type": "exec", "command": ["ls"]}},
    {"type": "local_shell_call_output", "id": "c", "output": "{}"},
    {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"], "timeout_ms": None}},
    {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a", "stderr": "", "outcome": {}}]},
    {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "p"}},
    {"type": "apply_patch_call_output", "call_id": "c", "status": "completed", "output": "ok"},
    {"type": "tool_search_call", "call_id": None, "arguments": {"q": 1}, "execution": "server"},
    {"type": "tool_search_output", "call_id": None, "tools": []},
    {"type": "additional_tools", "role": "assistant", "tools": []},
    {"type": "program", "call_id": "c", "code": "f()", "fingerprint": "x"},
    {"type": "program_output", "call_id": "c", "result": "1"},
    {"type": "compaction", "encrypted_content": "x"},
]  # fmt: skip


def response(*items: Any) -> Response:
    return answers().decode(dumps({"id": "resp_1", "status": "completed", "output": list(items)}))


def item(tree: Any) -> Any:
    return response(tree).output[0]


def test_all_items_are_known():
    """All 28 types of output items have a struct of their own."""
    assert len(ITEMS) == 28
    assert set(members(ItemFamily)) == {tree["type"] for tree in ITEMS}


@pytest.mark.parametrize("tree", ITEMS, ids=lambda tree: tree["type"])
def test_item_is_typed_and_kept(tree):
    """An item is the struct of its type, and goes back exactly as it came, unknown fields included."""
    odd = {**tree, "new_field": {"a": [None, 1]}}
    found = item(odd)
    name = "".join(word.capitalize() for word in tree["type"].split("_")) + "Item"
    assert type(found) is getattr(responses, name)
    assert isinstance(found, OutputItem)
    assert found.type == tree["type"]
    assert found.raw == odd
    assert wire_form(found) == odd
    for field, value in tree.items():
        if not isinstance(value, (list, dict, type(None))):
            assert getattr(found, field) == value


@pytest.mark.parametrize("tree", ITEMS, ids=lambda tree: tree["type"])
def test_item_survives_copies_and_pickles(tree):
    """Copies and pickles of an item keep what the struct does not know."""
    found = item({**tree, "new_field": 1})
    for other in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert other == found
        assert other is not found
        assert wire_form(other) == {**tree, "new_field": 1}


def test_unknown_item_is_kept_raw():
    """An item of a type nobody knows is kept as it came, and goes back so."""
    tree = {"type": "x_search_call", "id": "x", "status": "completed", "arguments": "{}"}
    found = item(tree)
    assert isinstance(found, UnknownItem)
    assert isinstance(found, OutputItem)
    assert (found.type, found.id, found.status, found.raw) == ("x_search_call", "x", "completed", tree)
    assert response(tree).to_input() == [tree]
    assert pickle.loads(pickle.dumps(found)) == found
    assert item({"id": "x"}).type == ""
    assert item({"type": 5}).type == ""


def test_unknown_parts_and_annotations_are_kept_raw():
    """The same for content parts and annotations."""
    note = {"type": "new_citation", "at": 5}
    text = {
        "type": "output_text",
        "text": "t",
        "annotations": [note, {"type": "url_citation", "url": "u", "n": 1}],
    }
    tree = {"type": "message", "role": "assistant", "content": [text, {"type": "new_part", "x": None}]}
    found = item(tree)
    assert found.content[1] == UnknownPart(type="new_part", raw={"type": "new_part", "x": None})
    assert found.content[0].annotations == [
        UnknownAnnotation(type="new_citation", raw=note),
        UrlCitation(url="u"),
    ]
    assert wire_form(found) == tree


def test_malformed_item_is_refused():
    """A known item that is malformed is an error, with the place."""
    with pytest.raises(ValueError, match="str"):
        item({"type": "function_call", "name": ["f"]})
    with pytest.raises(ValueError, match="object"):
        item("message")


def test_odd_values_in_an_item_are_read():
    """Null for a list or a text, an object for JSON text: read as meant, sent back as it came."""
    tree = {
        "type": "message",
        "role": None,
        "content": [{"type": "output_text", "text": None, "annotations": None}],
    }
    found = item(tree)
    assert (found.role, found.text, found.content[0].annotations) == ("assistant", "", [])
    assert wire_form(found) == tree
    call = item({"type": "function_call", "call_id": 5, "name": "f", "arguments": {"a": 1}})
    assert (call.call_id, call.arguments) == ("5", '{"a":1}')


def test_changed_item_goes_back_changed():
    """A field that was changed goes back as it is now, the rest as it came."""
    tree = {"type": "message", "id": "m", "role": "assistant", "x": 1,
            "content": [{"type": "output_text", "text": "a", "annotations": [], "y": 2}]}  # fmt: skip
    found = item(tree)
    found.id = None
    found.content[0].text = "b"
    assert wire_form(found) == {
        "type": "message", "role": "assistant", "x": 1,
        "content": [{"type": "output_text", "text": "b", "annotations": [], "y": 2}],
    }  # fmt: skip


def test_built_item_goes_back_whole():
    """An item made by hand holds what the gateway asks for even when it is empty, and nothing else."""
    reasoning = ReasoningItem(id="r", summary=[SummaryTextPart(text="s")])
    assert wire_form(reasoning) == {
        "type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "s"}],
    }  # fmt: skip
    assert wire_form(ReasoningItem()) == {"type": "reasoning", "summary": []}
    assert wire_form(MessageItem(content=[OutputTextPart(text="t")])) == {
        "type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "t", "annotations": []}],
    }  # fmt: skip
    assert wire_form(FunctionCallItem(call_id="c", name="f")) == {
        "type": "function_call", "call_id": "c", "name": "f", "arguments": "",
    }  # fmt: skip
    assert wire_form(ShellCallItem(call_id="c"))["action"] == {"commands": []}


def test_items_share_their_strings():
    """What came and what it was read into are one string: a large image is not held twice."""
    found = item({"type": "image_generation_call", "result": "A" * 10_000})
    assert found.result is found.raw["result"]


def test_whole_response_encodes():
    """A response can be written as JSON, its items as structs."""
    written = msgspec.json.decode(msgspec.json.encode(response(*ITEMS)))
    assert [entry["type"] for entry in written["output"]] == [tree["type"] for tree in ITEMS]
