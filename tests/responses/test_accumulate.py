"""The response of a stream: what arrives, how it ends, what it counts as."""

from __future__ import annotations

import pytest

from gravitex_async._json import dumps
from gravitex_async.deltas import ToolCall
from gravitex_async.errors import APIStatusError, RateLimitError, ServerError
from gravitex_async.responses import (
    CompletedEvent,
    FailedEvent,
    MessageItem,
    QueuedEvent,
    ReasoningItem,
    ResponsesAccumulator,
)

from ..costs import growth
from .wire import (
    COMPLETED,
    CREATED,
    USAGE,
    added,
    call,
    done,
    event,
    final,
    frame,
    message,
    read,
    read_events,
    text,
)

# The rows of the gateway's documents


def test_row_128_created():
    """The first event brings the id of the response."""
    reading = read_events(CREATED)
    assert reading.events[0].response.id == "resp_1"
    assert reading.accumulator.response_id == "resp_1"
    assert reading.accumulator.final().status == "in_progress"


def test_row_129_in_progress():
    """The event is read and its status taken."""
    reading = read_events(event("in_progress", response={"id": "resp_1", "status": "in_progress"}))
    assert reading.events[0].response.status == "in_progress"
    assert reading.accumulator.final().status == "in_progress"


def test_row_130_output_item_added():
    """An announced item stands in the response at once."""
    reading = read_events(CREATED, added(call("a"), 0))
    (item,) = reading.accumulator.final().output
    assert (item.type, item.id) == ("function_call", "a")


def test_row_131_delta_without_item_id():
    """The documents' deltas have a sequence_number and nothing that says where they belong."""
    reading = read_events(
        CREATED, text("Artificial", sequence_number=1), text(" Intelligence", sequence_number=2), COMPLETED
    )
    assert reading.error is None
    assert reading.text == reading.accumulator.content == "Artificial Intelligence"
    (item,) = reading.accumulator.final().output
    assert isinstance(item, MessageItem)
    assert (item.role, item.text) == ("assistant", "Artificial Intelligence")


def test_row_132_output_text_done():
    """The done event sets the final text of its part."""
    response = final(
        text("he", item_id="m", output_index=0, content_index=0),
        event("output_text.done", text="hello", item_id="m", output_index=0, content_index=0),
    )
    assert response.output_text == "hello"


def test_row_133_output_item_done():
    """The done event replaces the item."""
    response = final(
        added(message("m"), 0), text("x", output_index=0), done(message("m", "hello", phase="p"), 0)
    )
    (item,) = response.output
    assert isinstance(item, MessageItem)
    assert (item.text, item.phase) == ("hello", "p")


def test_row_134_completed_without_output():
    """A last event without output keeps the text that was built, and brings usage and status."""
    reading = read_events(CREATED, text("x"), COMPLETED)
    response = reading.accumulator.final()
    assert (response.output_text, response.status) == ("x", "completed")
    assert response.usage.total_tokens == 175
    usage = reading.accumulator.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (25, 150, 175)
    assert (usage.cached_tokens, usage.reasoning_tokens, usage.visible_tokens) == (0, 50, 100)
    assert reading.deltas[-1].usage == usage
    assert reading.deltas[-1].finish_reason == "completed"


@pytest.mark.parametrize("output", [None, []])
def test_row_134_empty_output_keeps_what_was_built(output):
    """The same for an output that is null or empty, and for one that has lost its text."""
    end = {"id": "resp_1", "status": "completed", "output": output}
    reading = read_events(CREATED, text("x"), event("completed", response=end))
    assert reading.accumulator.content == "x"
    end["output"] = [message("m")]
    assert read_events(CREATED, text("x"), event("completed", response=end)).accumulator.content == "x"


def test_row_135_obfuscation():
    """Padding is no text, and what the done event adds to the deltas is told."""
    reading = read_events(
        text("he", output_index=0, content_index=0, item_id="m", obfuscation="xYz"),
        event("output_text.done", output_index=0, content_index=0, item_id="m", text="hello"),
        COMPLETED,
    )
    assert reading.text == reading.accumulator.content == "hello"


def test_row_135_hidden_deltas():
    """Where all deltas are hidden, the text is told by the done event."""
    reading = read_events(
        text("", obfuscation="x"),
        text("", obfuscation="y"),
        event("output_text.done", text="hello"),
        COMPLETED,
    )
    assert reading.text == reading.accumulator.content == "hello"


def test_row_137_reasoning_is_apart():
    """Summaries and full thinking are a channel of their own, a blank line between their parts."""
    reading = read_events(
        CREATED,
        event("reasoning_summary_text.delta", delta="a", output_index=0, summary_index=0),
        event("reasoning_summary_text.delta", delta="b", output_index=0, summary_index=0),
        event("reasoning_summary_text.delta", delta="c", output_index=0, summary_index=1),
        event("reasoning_text.delta", delta="d", output_index=0, content_index=0),
        text("x", output_index=1),
        COMPLETED,
    )
    assert reading.reasoning == reading.accumulator.reasoning_content == "ab\n\nc\n\nd"
    assert reading.text == "x"
    reasoning, _ = reading.accumulator.final().output
    assert isinstance(reasoning, ReasoningItem)
    assert [part.type for part in reasoning.summary] == ["summary_text", "summary_text"]
    assert [part.type for part in reasoning.content] == ["reasoning_text"]


def test_row_137_reasoning_without_deltas():
    """Pieces of reasoning that come as a whole are paragraphs too, told once."""
    reading = read_events(
        event("reasoning_summary_text.done", text="a", output_index=0, summary_index=0),
        event("reasoning_summary_text.done", text="b", output_index=0, summary_index=1),
        event("reasoning_text.delta", delta="c", output_index=0, content_index=0),
        event("reasoning_text.delta", delta="d", output_index=0, content_index=0),
        COMPLETED,
    )
    assert reading.reasoning == reading.accumulator.reasoning_content == "a\n\nb\n\ncd"


def test_refusals_without_deltas():
    """The same for a refusal."""
    reading = read_events(event("refusal.done", refusal="No.", output_index=0), COMPLETED)
    assert [delta.refusal for delta in reading.deltas] == ["No.", ""]
    assert reading.accumulator.refusal == "No."


def test_row_123_custom_tool_call():
    """A custom tool call is put together like a function call; its input is free text."""
    tree = {"type": "custom_tool_call", "id": "ct", "call_id": "call_1", "name": "shell", "input": ""}
    reading = read_events(
        added(tree, 0),
        event("custom_tool_call_input.delta", delta="ls ", item_id="ct", output_index=0),
        event("custom_tool_call_input.delta", delta="-l", item_id="ct", output_index=0),
        event("custom_tool_call_input.done", input="ls -l", item_id="ct", output_index=0),
        done({**tree, "input": "ls -l"}, 0),
        COMPLETED,
    )
    assert reading.calls == [("call_1", "shell", "ls -l")]
    assert reading.accumulator.tool_calls == [
        ToolCall("call_1", "shell", "ls -l", 0, {"type": "custom_tool_call"}),
    ]


def test_row_126_function_call_of_the_documents():
    """The documents' item, whose id is its call id, comes with a single event."""
    item = {
        "id": "call_xxx",
        "type": "function_call",
        "status": "completed",
        "name": "get_weather",
        "call_id": "call_xxx",
        "arguments": '{"city":"Shanghai"}',
    }
    reading = read_events(CREATED, done(item), COMPLETED)
    assert reading.calls == [("call_xxx", "get_weather", '{"city":"Shanghai"}')]
    (found,) = reading.accumulator.tool_calls
    assert (found.id, found.parsed()) == ("call_xxx", {"city": "Shanghai"})


# The end


def test_nothing_follows_the_last_event():
    """The stream is closed by its last event, and whole."""
    reading = read_events(CREATED, text("x"))
    assert (reading.accumulator.complete, reading.accumulator.closed) == (False, False)
    assert reading.accumulator.finish_reason is None
    reading = read_events(CREATED, text("x"), COMPLETED)
    assert (reading.accumulator.complete, reading.accumulator.closed) == (True, True)
    assert reading.accumulator.reason == "stop"


@pytest.mark.parametrize(
    ("details", "word", "reason"),
    [
        ({"reason": "max_output_tokens"}, "max_output_tokens", "length"),
        ({"reason": "content_filter"}, "content_filter", "filtered"),
        ({"reason": "max_patience"}, "max_patience", "length"),
        (None, "incomplete", "length"),
    ],
)
def test_incomplete_is_an_end(details, word, reason):
    """An incomplete response is whole as far as it goes, and says why it goes no further."""
    end = {"id": "r", "status": "incomplete", "incomplete_details": details}
    reading = read_events(text("x"), event("incomplete", response=end))
    assert reading.error is None
    assert reading.accumulator.complete
    assert (reading.accumulator.finish_reason, reading.accumulator.reason) == (word, reason)
    assert reading.deltas[-1].finish_reason == word
    assert reading.accumulator.final().output_text == "x"


@pytest.mark.parametrize(
    "error",
    [
        {"type": "error", "code": "server_error", "message": "boom", "param": None, "sequence_number": 1},
        {"type": "error", "error": {"type": "server_error", "code": "server_error", "message": "boom"}},
        {"type": "response.failed", "error": {"code": "server_error", "message": "boom"}},
        {
            "type": "response.failed",
            "response": {"status": "failed", "error": {"code": "server_error", "message": "boom"}},
        },
    ],
)
@pytest.mark.parametrize("names", [True, False])
def test_errors_are_raised_once(error, names):
    """An error in any form is the error its HTTP status would give; what follows is not read."""
    failed = event("failed", response={"status": "failed", "error": {"code": "rate_limit_exceeded"}})
    reading = read([frame(CREATED, text("x"), error, failed, names=names)])
    assert isinstance(reading.error, ServerError)
    assert (reading.error.message, reading.error.code) == ("boom", "server_error")
    assert reading.text == reading.accumulator.content == "x"
    assert not reading.accumulator.complete


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("rate_limit_exceeded", 429),
        ("server_error", 500),
        ("invalid_prompt", 400),
        ("invalid_base64_image", 400),
        ("failed_to_download_image", 400),
        ("bio_policy", 400),
        ("misalignment_policy_violation", 400),
        ("data_residency_mismatch", 400),
        ("vector_store_timeout", 504),
        ("something_new", None),
    ],
)
def test_failed_responses_have_a_status(code, status):
    """The code of a failed response stands for the status it would have had."""
    end = {"id": "r", "status": "failed", "error": {"code": code, "message": "m"}, "usage": USAGE}
    reading = read_events(text("x"), event("failed", response=end))
    assert reading.error is not None
    assert reading.error.status == status
    assert isinstance(reading.error, APIStatusError) is (status is not None)
    assert isinstance(reading.error, RateLimitError) is (status == 429)
    partial = reading.accumulator.final()
    assert (partial.status, partial.output_text) == ("failed", "x")
    assert reading.accumulator.usage.total_tokens == 175


@pytest.mark.parametrize(
    "end",
    [
        event("failed", response={"id": "r", "status": "failed", "error": None}),
        event("failed"),
        event("completed", response={"id": "r", "status": "cancelled"}),
        event("completed", response={"id": "r", "status": "failed"}),
        event("cancelled", response={"id": "r", "status": "cancelled"}),
    ],
)
def test_failures_without_a_reason(end):
    """A response that failed or was cancelled is an error, whatever it is called and whatever is missing."""
    reading = read_events(text("x"), end)
    assert reading.error is not None
    assert "failed" in reading.error.message or "cancelled" in reading.error.message
    assert not reading.accumulator.complete


def test_last_output_replaces_what_was_built():
    """The output of the last event is the response; items are matched, and nothing is told twice."""
    output = [
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "new"}]},
        message("m2", "x"),
        call("c", "{}"),
        call("d", "[]"),
    ]
    reading = read_events(
        CREATED,
        text("x", output_index=0),
        added(call("c"), 5),
        event("completed", response={"id": "r", "status": "completed", "output": output}),
    )
    assert [item.id for item in reading.accumulator.final().output] == ["r", "m2", "c", "d"]
    assert reading.text == "x"
    assert reading.reasoning == "new"
    assert reading.calls == [("call_c", "f_c", "{}"), ("call_d", "f_d", "[]")]
    assert [call.id for call in reading.accumulator.tool_calls] == ["call_c", "call_d"]


def test_items_missing_from_the_last_output_are_dropped():
    """What the last event does not list is not part of the response."""
    end = {"status": "completed", "output": [message("m", "x")]}
    reading = read_events(text("x", item_id="m"), added(call("c"), 1), event("completed", response=end))
    assert [item.type for item in reading.accumulator.final().output] == ["message"]
    assert reading.accumulator.tool_calls == []


def test_usage_zeros_do_not_wipe():
    """The last usage wins, but zeros after counts, and nothing at all, do not."""
    zeros = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    first = event("in_progress", response={"status": "in_progress", "usage": USAGE})
    for usage in (zeros, None):
        end = event("completed", response={"status": "completed", "usage": usage})
        assert read_events(first, end).accumulator.usage.total_tokens == 175
    other = event(
        "completed", response={"status": "completed", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    )
    assert read_events(first, other).accumulator.usage.total_tokens == 7
    assert read_events(CREATED).accumulator.usage.source == "none"


def test_the_output_of_the_first_event_counts():
    """A stream that begins in the middle brings what there is with its first event."""
    start = event("created", response={"status": "in_progress", "output": [message("m", "so far")]})
    reading = read_events(start, text(" and on", item_id="m", output_index=0), COMPLETED)
    assert reading.text == reading.accumulator.content == "so far and on"


# Progress, for the clocks and for retries


def test_progress_counts_content_and_reasoning():
    """Text, refusals and calls are content, thinking is reasoning; announcements are neither before them."""
    assert read_events(
        CREATED, added(message("m"), 0), event("web_search_call.searching")
    ).accumulator.progress == (0, 0)
    assert read_events(text("")).accumulator.progress == (0, 0)
    assert read_events(text("a"), text("b")).accumulator.progress == (2, 0)
    assert read_events(event("refusal.delta", delta="a")).accumulator.progress == (1, 0)
    assert read_events(added(call("c"), 0)).accumulator.progress == (1, 0)
    assert read_events(event("reasoning_text.delta", delta="a")).accumulator.progress == (0, 1)
    assert read_events(event("reasoning_summary_text.done", text="a")).accumulator.progress == (0, 1)
    assert read_events(done(message("m", "x"), 0)).accumulator.progress == (1, 0)


def test_signs_of_life_count_once_there_was_content():
    """A tool at work keeps an answer that has begun from being taken for a stalled one."""
    search = event("web_search_call.searching", output_index=1)
    assert read_events(text("a"), search).accumulator.progress == (2, 0)
    assert read_events(event("reasoning_text.delta", delta="a"), search).accumulator.progress == (0, 2)
    assert read_events(text("a"), event("brand_new")).accumulator.progress == (2, 0)
    assert read_events(text("a"), {"type": "ping"}, {"type": "keepalive"}).accumulator.progress == (1, 0)


# A whole answer in place of a stream, and a stream taken up again


@pytest.mark.parametrize(
    ("status", "kind"),
    [("completed", CompletedEvent), (None, CompletedEvent), ("queued", QueuedEvent), ("failed", FailedEvent)],
)
def test_whole_body(status, kind):
    """A plain answer is the one event that would have brought it, and tells all of it."""
    tree = {"id": "r", "status": status, "output": [message("m", "x"), call("c", "{}")], "usage": USAGE}
    accumulator = ResponsesAccumulator()
    (item,) = accumulator.whole(frame(tree | {"type": "x"})[len("event: x\ndata: ") :])
    assert isinstance(item, kind)
    (deltas,) = accumulator.fold([item])
    assert accumulator.suspect is (status == "failed")
    odd = dumps(tree | {"output": None, "status": "completed"})
    assert ResponsesAccumulator().whole(odd)[0].response.output == []
    if kind is CompletedEvent:
        assert "".join(delta.content for delta in deltas) == "x"
        assert accumulator.complete
        assert accumulator.final().tool_calls == accumulator.tool_calls


@pytest.mark.parametrize(
    "body", [b"{}", b'{"choices":[]}', b"<html>", b"[]", b'{"id":"x","status":"odd"}', b"1"]
)
def test_whole_body_that_is_no_response(body):
    """Anything else is refused."""
    with pytest.raises(ValueError, match="expected"):
        ResponsesAccumulator().whole(body)


def test_taking_a_stream_up_again():
    """What had arrived stands in the accumulation of the second stream, and is not told again."""
    first = read_events(
        CREATED, added(message("m"), 0), text("Hel", item_id="m", output_index=0), added(call("c", "{"), 1)
    )
    second = ResponsesAccumulator(first.accumulator.final())
    assert second.content == "Hel"
    reading = read(
        [
            frame(
                text("lo", item_id="m", output_index=0),
                event("function_call_arguments.delta", delta="}", output_index=1),
                done(message("m", "Hello"), 0),
                done(call("c", "{}"), 1),
                COMPLETED,
            )
        ],
        second,
    )
    assert reading.text == "lo"
    assert reading.accumulator.content == "Hello"
    assert reading.accumulator.tool_calls[0].arguments == "{}"
    assert reading.calls == [(None, None, "}")]
    assert first.accumulator.content == "Hel"


def test_sequence_number():
    """The number of the last event, from which a stream can be taken up again."""
    assert read_events(CREATED).accumulator.sequence_number is None
    assert (
        read_events(text("a", sequence_number=3), text("b", sequence_number=4)).accumulator.sequence_number
        == 4
    )


def test_accumulation_is_linear():
    """What an event costs does not depend on how many came before it."""

    def spent(count: int) -> float:
        import time

        events = read_events(*(text("word ", item_id="m", output_index=0) for _ in range(count))).events
        accumulator = ResponsesAccumulator()
        start = time.process_time()
        for place in range(0, count, 10):
            accumulator.fold(events[place : place + 10])
        assert len(accumulator.content) == 5 * count
        return time.process_time() - start

    assert growth(spent, 2_000, 20_000, below=20) < 20


POLICY = {"code": "bio_policy", "message": "m"}
LIMIT = {"code": "rate_limit_exceeded", "message": "m"}
PLAIN = {"object": "response", "status": "failed"}


@pytest.mark.parametrize(
    ("tree", "message", "code", "status"),
    [
        ({"type": "response.failed", "response": {"status": "failed"}}, "the response is failed", None, None),
        ({"type": "response.failed"}, "the response is failed", None, None),
        ({"type": "odd", "response": {"status": "cancelled"}}, "the response is cancelled", None, None),
        ({"type": "response.failed", "response": [1]}, "the response is failed", None, None),
        ({"response": {"error": POLICY}}, "m", "bio_policy", 400),
        ({"response": {"error": LIMIT}}, "m", "rate_limit_exceeded", 429),
        ({**PLAIN, "error": LIMIT}, "m", "rate_limit_exceeded", 429),
        ({"type": "error", "code": "server_error", "message": "m"}, "m", "server_error", 500),
        ({**PLAIN, "code": "c", "message": "m"}, "the response is failed", None, None),
    ],
)
def test_error_in(tree, message, code, status):
    """What is wrong is said by the event, by its response, or by how that stands."""
    found = ResponsesAccumulator().error_in(tree)
    assert found is not None
    assert (found.message, found.code) == (message, code)
    if status is not None:
        assert found.status == status
    assert found.body == tree
    for nothing in (None, 1, "x", [], [{}]):
        assert ResponsesAccumulator().error_in(nothing) is None


def test_how_it_stands_before_its_end():
    """A status that comes early is no end."""
    early = event("in_progress", response={"id": "resp_1", "status": "completed"})
    accumulator = read_events(early, text("a")).accumulator
    assert (accumulator.finish_reason, accumulator.reason, accumulator.complete) == (None, "unknown", False)
    assert accumulator.final().status == "completed"
    cut_off = event("in_progress", response={"status": "incomplete"})
    assert read_events(cut_off).accumulator.reason == "length"
    assert ResponsesAccumulator().ends_by == "itself"
    assert not ResponsesAccumulator().suspect


def test_taking_up_reasoning_and_calls():
    """Further reasoning is a paragraph of its own; an item that was whole stays so."""
    tree = {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "a"}]}
    first = read_events(CREATED, done(tree, 0), done({**message("m", "x"), "status": "completed"}, 1))
    second = ResponsesAccumulator(first.accumulator.final())
    assert second.progress == (0, 0)
    again = event("reasoning_summary_text.delta", delta="b", output_index=0, summary_index=1)
    reading = read([frame(again, text("y"), COMPLETED)], second)
    assert reading.reasoning == "\n\nb"
    assert [item.text for item in reading.accumulator.final().output[1:]] == ["x", "y"]
    bare = ResponsesAccumulator(read_events(CREATED, text("x", output_index=0)).accumulator.final())
    thinking = event("reasoning_summary_text.delta", delta="b", output_index=1, summary_index=0)
    assert read([frame(thinking, text("y", output_index=0))], bare).reasoning == "b"
    assert bare.content == "xy"
