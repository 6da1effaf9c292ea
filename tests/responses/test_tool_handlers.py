"""Hosted tools fill their items while they work."""

from __future__ import annotations

from gravitex_async.responses import (
    CodeInterpreterCallItem,
    ImageGenerationCallItem,
    McpCallItem,
    ShellCallItem,
    ShellCallOutputItem,
    WebSearchCallItem,
)

from .wire import added, done, event, final, read_events

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
