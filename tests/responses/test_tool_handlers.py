"""Hosted tools fill their items while they work."""

from __future__ import annotations

import pytest

from gravitex_async.responses import (
    CodeInterpreterCallItem,
    ImageGenerationCallItem,
    McpCallItem,
    ShellCallItem,
    ShellCallOutputItem,
    WebSearchCallItem,
)
from gravitex_async.responses._decode import EVENT_TYPES

from .wire import added, done, event, final, read_events, text

# Hosted tools


def test_hosted_tools_fill_their_items():
    """Status, code, arguments and partial images of hosted tools stand in their items."""
    place = {"item_id": "x", "output_index": 0}
    (search,) = final(event("web_search_call.searching", **place)).output
    assert isinstance(search, WebSearchCallItem)
    assert search.status == "searching"
    (code,) = final(
        event("code_interpreter_call.in_progress", **place),
        event("code_interpreter_call_code.delta", delta="1+", **place),
        event("code_interpreter_call_code.delta", delta="1", **place),
        event("code_interpreter_call.interpreting", **place),
    ).output
    assert isinstance(code, CodeInterpreterCallItem)
    assert (code.code, code.status) == ("1+1", "interpreting")
    (image,) = final(event("image_generation_call.partial_image", partial_image_b64="aGk=", **place)).output
    assert isinstance(image, ImageGenerationCallItem)
    assert image.result == "aGk="
    (mcp,) = final(
        event("mcp_call_arguments.delta", delta="{", **place),
        event("mcp_call_arguments.done", arguments="{}", **place),
        event("mcp_call.failed", **place),
    ).output
    assert isinstance(mcp, McpCallItem)
    assert (mcp.arguments, mcp.status) == ("{}", "failed")


def test_a_finished_tool_keeps_its_item():
    """A late sign of life does not undo a finished item."""
    item = {"type": "image_generation_call", "id": "x", "status": "completed", "result": "whole"}
    (image,) = final(
        done(item, 0),
        event("image_generation_call.generating", output_index=0),
        event("image_generation_call.partial_image", partial_image_b64="part", output_index=0),
    ).output
    assert isinstance(image, ImageGenerationCallItem)
    assert (image.result, image.status) == ("whole", "completed")


def test_shell_calls():
    """Commands and what they print are put together by command."""
    shell = {
        "type": "shell_call",
        "id": "s",
        "call_id": "c",
        "action": {"commands": []},
        "status": "in_progress",
    }
    response = final(
        added(shell, 0),
        event("shell_call_command.added", command="", command_index=0, output_index=0),
        event("shell_call_command.delta", delta="ls ", command_index=0, output_index=0),
        event("shell_call_command.delta", delta="-l", command_index=0, output_index=0),
        event("shell_call_command.added", command="pwd", command_index=1, output_index=0),
        event(
            "shell_call_output_content.delta",
            delta={"stdout": "a"},
            item_id="o",
            output_index=1,
            command_index=0,
        ),
        event(
            "shell_call_output_content.delta",
            delta={"stdout": "b", "stderr": "c"},
            item_id="o",
            output_index=1,
            command_index=0,
        ),
        event("shell_call_output_content.delta", item_id="o", output_index=1),
    )
    call_, output = response.output
    assert isinstance(call_, ShellCallItem)
    assert isinstance(output, ShellCallOutputItem)
    assert (call_.action.commands, call_.call_id) == (["ls -l", "pwd"], "c")
    assert [(entry.stdout, entry.stderr) for entry in output.output] == [("ab", "c")]
    whole = event("shell_call_output_content.done", output=[{"stdout": "x", "outcome": {}}], output_index=1)
    (output,) = final(whole).output
    assert isinstance(output, ShellCallOutputItem)
    assert [entry.stdout for entry in output.output] == ["x"]


def test_audio_counts_as_content():
    """Audio has no place in a response; its events arrive, and keep the stream alive."""
    reading = read_events(event("audio.delta", delta="aGk="), event("audio.transcript.delta", delta="hi"))
    assert len(reading.events) == 2
    assert reading.accumulator.progress == (2, 0)
    assert reading.accumulator.final().output == []


WORDS = ("in_progress", "searching", "interpreting", "generating", "completed", "failed")


@pytest.mark.parametrize(
    "name", [name for name in EVENT_TYPES if name.count(".") == 2 and name.endswith(WORDS)]
)
def test_how_far_a_tool_is(name: str) -> None:
    """Each of its events says so in the item, and is a sign of life."""
    _, kind, word = name.split(".")
    reading = read_events(text("a", output_index=0), {"type": name, "item_id": "x", "output_index": 1})
    item = reading.accumulator.final().output[1]
    assert (item.type, item.id, item.status) == (kind, "x", word)
    assert reading.accumulator.progress == (2, 0)


def test_what_a_shell_prints_is_content() -> None:
    """Each of its two outputs, where it has anything; an image in the making is content too."""
    printed = event("shell_call_output_content.delta", delta={"stdout": "a", "stderr": "b"}, output_index=0)
    assert read_events(printed).accumulator.progress == (2, 0)
    printed["delta"] = {"stdout": "a"}
    assert read_events(printed).accumulator.progress == (1, 0)
    draft = event("image_generation_call.partial_image", partial_image_b64="aGk=", size="1x1")
    reading = read_events(draft)
    assert reading.accumulator.progress == (1, 0)
    assert reading.accumulator.final().output[0].size == "1x1"
    assert read_events(event("audio.delta", delta="")).accumulator.progress == (0, 0)
