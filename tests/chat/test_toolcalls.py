"""Tool calls out of fragments: what twelve kinds of providers send comes out as the same calls."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gravitex_async.chat import ChatCompletion, FunctionCall, MessageToolCall, ToolCallFragment
from gravitex_async.chat._structs import whole_call
from gravitex_async.chat._toolcalls import ToolCallAssembly

from .folding import call, chunk, fold

SHANGHAI = '{"city":"Shanghai"}'
PARIS = '{"city":"Paris"}'

# The habits of providers: see "Tool calls" in decoding/README.md.
HABITS = {
    "openai: id and name first, arguments in pieces": [
        call(0, "a", "get", ""), call(0, arguments='{"city":'), call(0, arguments='"Shanghai"}'),
        call(1, "b", "get", ""), call(1, arguments=PARIS),
    ],
    "everything in one fragment": [call(0, "a", "get", SHANGHAI), call(1, "b", "get", PARIS)],
    "both calls in one chunk": [
        chunk({"tool_calls": [
            {"index": 0, "id": "a", "function": {"name": "get", "arguments": SHANGHAI}},
            {"index": 1, "id": "b", "function": {"name": "get", "arguments": PARIS}}]}),
    ],
    "claude-backed: indices above 0, with gaps": [
        call(1, "a", "get", ""), call(1, arguments=SHANGHAI), call(4, "b", "get", ""),
        call(4, arguments=PARIS),
    ],
    "index null": [
        chunk({"tool_calls": [{"index": None, "id": id, "function": {"name": "get", "arguments": text}}]})
        for id, text in (("a", SHANGHAI), ("b", PARIS))
    ],
    "no index, same id again": [
        call(None, "a", "get", '{"city":'), call(None, "a", None, '"Shanghai"}'),
        call(None, "b", "get", PARIS),
    ],
    "no index, no id in later fragments": [
        call(None, "a", "get", ""), call(None, arguments='{"city":'), call(None, arguments='"Shanghai"}'),
        call(None, "b", "get", ""), call(None, arguments=PARIS),
    ],
    "index 0 for every parallel call": [
        call(0, "a", "get", ""), call(0, arguments=SHANGHAI), call(0, "b", "get", ""),
        call(0, arguments=PARIS),
    ],
    "id and name repeated in every fragment": [
        call(0, "a", "get", '{"city":'), call(0, "a", "get", '"Shanghai"}'),
        call(1, "b", "get", '{"city":'), call(1, "b", "get", '"Paris"}'),
    ],
    "the whole call sent twice": [
        call(0, "a", "get", SHANGHAI), call(0, "a", "get", SHANGHAI), call(1, "b", "get", PARIS),
        call(1, "b", "get", PARIS),
    ],
    "id, name and arguments null or empty in later fragments": [
        chunk({"tool_calls": [{"index": 0, "id": "a", "type": "function",
                               "function": {"name": "get", "arguments": None}}]}),
        chunk({"tool_calls": [{"index": 0, "id": "", "type": None,
                               "function": {"name": "", "arguments": SHANGHAI}}]}),
        chunk({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "get"}}]}),
        chunk({"tool_calls": [{"index": 1, "id": None, "function": {"name": None, "arguments": PARIS}}]}),
    ],
    "arguments as an object": [
        call(0, "a", "get", {"city": "Shanghai"}), call(1, "b", "get", {"city": "Paris"}),
    ],
    "interleaved": [
        call(0, "a", "get", ""), call(1, "b", "get", ""), call(0, arguments='{"city":'),
        call(1, arguments='{"city":"P'), call(0, arguments='"Shanghai"}'), call(1, arguments='aris"}'),
    ],
    "gemini through chat: arguments without id and type null": [
        call(0, "a", "get", ""), call(0, arguments=SHANGHAI, type=None),
        call(1, "b", "get", ""), call(1, arguments=PARIS, type=None),
    ],
    "numbers as text": [call("0", "a", "get", SHANGHAI), call("1", "b", "get", PARIS)],
    "name later than id": [
        call(0, "a"), call(0, None, "get"), call(0, arguments=SHANGHAI), call(1, "b"),
        call(1, None, "get", PARIS),
    ],
}  # fmt: skip


@pytest.mark.parametrize("habit", HABITS)
def test_the_habits_of_providers(habit: str) -> None:
    """However a provider cuts and repeats them, the same two calls come out, in order."""
    result = fold([*HABITS[habit], chunk(finish="tool_calls")])
    assert result.calls() == [("a", "get", SHANGHAI), ("b", "get", PARIS)]
    assert [tool.index for tool in result.folded.tool_calls] == [0, 1]
    assert result.final.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("habit", HABITS)
def test_the_message_holds_the_calls_in_the_shape_of_the_wire(habit: str) -> None:
    """``final()`` gives what a plain answer would have, ready for the next request."""
    message = fold(HABITS[habit]).final.choices[0].message
    sent = msgspec.to_builtins(message)
    assert sent["role"] == "assistant"
    assert "content" not in sent
    assert [c["function"] for c in sent["tool_calls"]] == [
        {"name": "get", "arguments": SHANGHAI}, {"name": "get", "arguments": PARIS},
    ]  # fmt: skip
    assert [(c["id"], c["type"]) for c in sent["tool_calls"]] == [("a", "function"), ("b", "function")]


@pytest.mark.parametrize(
    "id", ["call_abc", "toolu_01", "chatcmpl-tool-9f", "0", "functions.get:0", "a-" * 40]
)
def test_ids_are_opaque(id: str) -> None:
    """Any style of id passes unchanged."""
    assert fold([call(0, id, "get", "{}")]).calls() == [(id, "get", "{}")]


def test_calls_without_any_id() -> None:
    """A server that names no call still has its calls kept apart by index."""
    result = fold([call(0, None, "f", "{}"), call(1, None, "g", "{}")])
    assert result.calls() == [("", "f", "{}"), ("", "g", "{}")]


def test_calls_with_neither_index_nor_id() -> None:
    """A second name opens a second call; anything else goes on with the last."""
    result = fold([call(None, None, "f", '{"a"'), call(None, None, None, ":1}"), call(None, None, "g", "{}")])
    assert result.calls() == [("", "f", '{"a":1}'), ("", "g", "{}")]


def test_equal_pieces_are_not_taken_for_repeats() -> None:
    """Only a whole call sent again is a repeat: the same characters twice in one value are kept."""
    assert fold([call(0, "a", "f", '["'), call(0, None, None, "x"), call(0, None, None, "x")]).calls() == [
        ("a", "f", '["xx')
    ]
    assert fold([call(0, "a", "f", "1"), call(0, "a", "f", "1")]).calls() == [("a", "f", "11")]


def test_a_repeat_has_its_id() -> None:
    """Without one, the same JSON object again is one more piece; and it is all of what came before."""
    for name in (None, "f"):
        repeated = [call(0, "a", "f", PARIS), call(0, None, name, PARIS)]
        assert fold(repeated).calls() == [("a", "f", PARIS * 2)]
    assert fold([call(0, "a", "f", PARIS), call(0, "a", "f", "{}")]).calls() == [("a", "f", PARIS + "{}")]
    cut = [call(0, "a", "f", "{"), call(0, None, None, "}"), call(0, "a", "f", "{}")]
    assert fold(cut).calls() == [("a", "f", "{}{}")]
    for odd in ("{", "}", "{nonsense}", "[1]"):
        assert fold([call(0, "a", "f", odd)] * 2).calls() == [("a", "f", odd * 2)]


def test_what_is_empty_is_absent_from_deltas() -> None:
    """An id and a name are None where a fragment brings none."""
    for empty in (None, ""):
        result = fold([call(0, "a", "f", ""), call(0, empty, empty, "1"), call(0, empty, empty, "")])
        found = [(c.id, c.name, c.arguments) for delta in result.deltas for c in delta.tool_calls]
        assert found == [("a", "f", ""), (None, None, "1"), (None, None, "")]


def test_calls_of_a_plain_answer_without_anything() -> None:
    """Text is "", and what goes back with the call is what came with it."""
    empty = whole_call(MessageToolCall(), 3)
    assert (empty.id, empty.name, empty.arguments, empty.index, empty.extra) == ("", "", "", 3, {})
    tree = {"id": "b", "type": "custom", "custom": {"name": "g", "input": "i"}, "extra_content": {"x": 1}}
    custom = whole_call(msgspec.convert(tree, MessageToolCall), 0)
    assert (custom.id, custom.name, custom.arguments) == ("b", "g", "i")
    assert custom.extra == {"type": "custom", "extra_content": {"x": 1}}


def test_broken_arguments_are_the_callers_to_see() -> None:
    """Invalid JSON is given as it came, and only ``parsed`` complains."""
    (tool,) = fold([call(0, "a", "f", '{"cut')]).folded.tool_calls
    assert tool.arguments == '{"cut'
    with pytest.raises(ValueError, match="truncated"):
        tool.parsed()


def test_no_arguments_are_an_empty_object() -> None:
    """A call of a function without parameters comes with "" from some servers."""
    (tool,) = fold([call(0, "a", "f", "")]).folded.tool_calls
    assert (tool.arguments, tool.parsed()) == ("", {})


def test_the_deprecated_function_call() -> None:
    """``delta.function_call`` is a call without an id, and stays what it is in the message."""
    result = fold([
        chunk({"function_call": {"name": "get", "arguments": ""}}),
        chunk({"function_call": {"arguments": SHANGHAI}}),
        chunk(finish="function_call"),
    ])  # fmt: skip
    assert result.calls() == [("", "get", SHANGHAI)]
    message = result.final.choices[0].message
    assert message.function_call == FunctionCall("get", SHANGHAI)
    assert message.tool_calls is None
    assert result.folded.reason == "tool_calls"


def test_custom_calls() -> None:
    """A custom tool's ``input`` is its arguments, and goes back as a custom call."""
    first = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "shell", "input": "ls "}}
    result = fold([
        chunk({"tool_calls": [first]}), chunk({"tool_calls": [{"index": 0, "custom": {"input": "-l"}}]}),
    ])  # fmt: skip
    assert result.calls() == [("a", "shell", "ls -l")]
    sent = msgspec.to_builtins(result.final.choices[0].message.tool_calls)
    assert sent == [{"id": "a", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}]


def test_thought_signatures_go_back_unchanged() -> None:
    """What Google puts beside a call is kept on the call and in the message."""
    extra = {"google": {"thought_signature": "c2ln"}}
    result = fold([call(0, "a", "f", "{}", extra_content=extra)])
    assert result.folded.tool_calls[0].extra == {"extra_content": extra}
    assert msgspec.to_builtins(result.final.choices[0].message.tool_calls)[0]["extra_content"] == extra


def test_the_deltas_name_the_call_they_belong_to() -> None:
    """``ToolCallDelta.index`` is the place in ``stream.tool_calls``, whatever the server's index was."""
    result = fold(
        [call(7, "a", "f", ""), call(9, "b", "g", ""), call(7, None, None, "1"), call(9, None, None, "2")]
    )
    found = [(c.index, c.id, c.name, c.arguments) for delta in result.deltas for c in delta.tool_calls]
    assert found == [(0, "a", "f", ""), (1, "b", "g", ""), (0, None, None, "1"), (1, None, None, "2")]


def test_a_plain_answer_gives_the_same_calls() -> None:
    """``whole_call`` makes of a message's call what a stream would have made of its fragments."""
    completion = msgspec.json.decode(
        b'{"choices":[{"message":{"tool_calls":[{"id":"a","type":"function","function":'
        b'{"name":"f","arguments":"{}"}}]}}]}',
        type=ChatCompletion,
    )
    (found,) = completion.choices[0].message.tool_calls or ()
    assert whole_call(found, 0) == fold([call(0, "a", "f", "{}")]).folded.tool_calls[0]
    assert whole_call(MessageToolCall(), 3).name == ""


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_cutting_of_any_calls(data: st.DataObject) -> None:
    """Arguments cut anywhere and calls interleaved in any way: every call ends up whole."""
    count = data.draw(st.integers(1, 4))
    texts = [data.draw(st.text(max_size=12)) for _ in range(count)]
    queues = [list(text) for text in texts]
    assembly = ToolCallAssembly()
    for index in range(count):
        assembly.add(ToolCallFragment(index=index, id=f"id{index}", function=FunctionCall(f"f{index}", "")))
    while any(queues):
        index = data.draw(st.sampled_from([i for i, queue in enumerate(queues) if queue]))
        assembly.add(ToolCallFragment(index=index, function=FunctionCall(None, queues[index].pop(0))))
    assert [(c.id, c.name, c.arguments) for c in assembly.calls()] == [
        (f"id{i}", f"f{i}", text) for i, text in enumerate(texts)
    ]


def test_many_calls_cost_their_number() -> None:
    """Ten thousand calls are no slower each than ten: every fragment finds its call by a look-up."""
    assembly = ToolCallAssembly()
    for index in range(10_000):
        assembly.add(ToolCallFragment(index=index, id=str(index), function=FunctionCall("f", "{}")))
    assert len(assembly.calls()) == 10_000
