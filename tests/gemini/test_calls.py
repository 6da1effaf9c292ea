"""Function calls come whole, by path, or in pieces of text, and are one call in the end."""

from __future__ import annotations

import itertools

from gravitex_async.deltas import ToolCallDelta
from gravitex_async.gemini import FunctionCall, Part
from gravitex_async.gemini._calls import CallAssembly
from gravitex_async.gemini._partial import MAX_DEPTH, MAX_KNOWN, MAX_LIST

from .test_accumulate import deltas_of, event, folded


def call(**fields: object) -> dict:
    return {"functionCall": fields}


def arguments_of(*events: dict) -> dict[int, str]:
    """The arguments as the deltas tell them."""
    told: dict[int, str] = {}
    for delta in itertools.chain(*deltas_of(*events)):
        for fragment in delta.tool_calls:
            told[fragment.index] = told.get(fragment.index, "") + fragment.arguments
    return told


def test_whole_calls_keep_their_order_and_signature():
    """Of parallel calls only the first carries the signature; all go back as they came."""
    parts = [
        {**call(name="f", args={"x": 1}, id="1"), "thoughtSignature": "s"},
        call(name="f", args={}, id="2"),
        call(name="g"),
    ]
    state = folded(event(*parts[:1]), event(*parts[1:], finish="STOP"))
    assert state.final().to_input()[0]["parts"] == parts
    assert [(c.id, c.name, c.arguments, c.index) for c in state.tool_calls] == [
        ("1", "f", '{"x":1}', 0),
        ("2", "f", "", 1),
        ("", "g", "", 2),
    ]
    assert state.tool_calls[0].extra == {"thoughtSignature": "s"}
    assert state.reason == "stop"


def piece(path: str, more: bool = True, **value: object) -> dict:
    partial = {"jsonPath": path, **value}
    return event(call(partialArgs=[partial], willContinue=more))


BY_PATH = [
    event({**call(name="f", willContinue=True), "thoughtSignature": "s"}),
    piece("$.a", stringValue="Bos", willContinue=True),
    piece("$.a", stringValue="ton"),
    piece("$.n[1].x", numberValue=2),
    piece("$.n[0]", boolValue=True),
    piece("$['odd key'].z", nullValue=None),
    piece('$["it\\"s"]', numberValue=3),
    event(call(), finish="STOP"),
]
WHOLE = {"a": "Boston", "n": [True, {"x": 2}], "odd key": {"z": None}, 'it"s': 3}


def test_arguments_by_path():
    """Text in pieces, numbers, booleans, null, lists and quoted names."""
    state = folded(*BY_PATH)
    assert state.tool_calls[0].parsed() == WHOLE
    assert state.final().to_input()[0]["parts"] == [
        {"functionCall": {"name": "f", "args": WHOLE}, "thoughtSignature": "s"}
    ]


def test_arguments_by_path_are_told_once_when_they_are_whole():
    """A delta is a piece of JSON text, and a path is none: the text comes with the last fragment."""
    state = folded(*BY_PATH)
    assert arguments_of(*BY_PATH) == {0: state.tool_calls[0].arguments}


def test_arguments_by_path_that_nobody_closed_are_told_at_the_end():
    """The finish reason closes every call of its candidate."""
    events = [*BY_PATH[:3], event(finish="STOP")]
    assert arguments_of(*events) == {0: '{"a":"Boston"}'}
    assert folded(*events).final().function_calls[0].args == {"a": "Boston"}


def test_arguments_by_path_go_to_the_call_of_their_id():
    """Two open calls at once."""
    state = folded(
        event(call(name="f", id="1", willContinue=True), call(name="g", id="2", willContinue=True)),
        event(call(id="1", partialArgs=[{"jsonPath": "$.x", "numberValue": 1}])),
        event(call(id="2", partialArgs=[{"jsonPath": "$.y", "numberValue": 2}])),
    )
    assert [c.parsed() for c in state.tool_calls] == [{"x": 1}, {"y": 2}]


def test_a_signature_may_come_with_a_later_fragment():
    """It belongs to the call, and goes back with it."""
    state = folded(
        event(call(name="f", willContinue=True)),
        event({**call(partialArgs=[{"jsonPath": "$.x", "numberValue": 1}]), "thoughtSignature": "s"}),
    )
    assert state.final().parts[0].thought_signature == "s"
    assert state.tool_calls[0].extra == {"thoughtSignature": "s"}


def test_wild_paths_are_left_out():
    """Neither a depth nor an index nor a clash of types is a reason to fail or to allocate."""
    deep = "$" + ".a" * (MAX_DEPTH + 1)
    state = folded(
        event(call(name="f", willContinue=True)),
        piece(deep, stringValue="no"),
        piece(f"$.l[{MAX_LIST}]", numberValue=1),
        piece("$.l[999999999].x", numberValue=1),
        piece("nowhere", numberValue=1),
        piece("$.s", stringValue="text"),
        piece("$.s.t", numberValue=1),
        piece("$.ok", boolValue=True),
    )
    assert state.tool_calls[0].parsed() == {"l": [], "s": {"t": 1}, "ok": True}


def test_an_index_where_an_object_stands_is_a_name():
    """Arguments are an object, whatever the path says; pieces under one path come together."""
    state = folded(
        event(call(name="f", willContinue=True)),
        piece("$[0].x", numberValue=1),
        piece("$[0].y", numberValue=2),
        piece("$[1]", stringValue="a"),
        piece("$[1]", stringValue="b"),
    )
    assert state.tool_calls[0].parsed() == {"0": {"x": 1, "y": 2}, "1": "ab"}


def test_long_paths_are_read_as_short_ones():
    """They are not remembered."""
    name = "n" * (MAX_KNOWN + 1)
    state = folded(
        event(call(name="f", willContinue=True)),
        *(piece(f"$.{name}", stringValue="a") for _ in range(2)),
        *(piece("$.short", stringValue="b") for _ in range(2)),
    )
    assert state.tool_calls[0].parsed() == {name: "aa", "short": "bb"}


def test_pieces_of_text_of_converted_models():
    """A name, then nameless parts with ``{"arguments": piece}``, as the gateway sends them."""
    events = [
        event(call(name="f", args={})),
        event(call(name="", args={"arguments": '{"ci'})),
        event(call(name="", args={"arguments": 'ty": "Bonn"}'})),
        event(call(name="g", args={"arguments": '{"x"'})),
        event(call(args={"arguments": ": 1}"}), finish="STOP"),
    ]
    state = folded(*events)
    assert [c.parsed() for c in state.tool_calls] == [{"city": "Bonn"}, {"x": 1}]
    assert [c.args for c in state.final().function_calls] == [{"city": "Bonn"}, {"x": 1}]
    assert arguments_of(*events) == {0: '{"city": "Bonn"}', 1: '{"x": 1}'}


def test_one_odd_key_is_no_error():
    """A parameter may be called ``arguments``; pieces that never make JSON stay what they are."""
    whole = folded(event(call(name="f", args={"arguments": "plain"})))
    assert whole.tool_calls[0].parsed() == {"arguments": "plain"}
    cut = folded(event(call(name="f")), event(call(args={"arguments": '{"x'})))
    assert cut.tool_calls[0].arguments == '{"x'
    assert cut.final().function_calls[0].args == {"arguments": '{"x'}


def test_whole_arguments_after_the_name():
    """The gateway sends a piece that happens to be whole JSON as an object."""
    state = folded(event(call(name="f", args={})), event(call(name="", args={"city": "Bonn"})))
    assert [(c.name, c.parsed()) for c in state.tool_calls] == [("f", {"city": "Bonn"})]


def test_a_nameless_first_part_is_a_call_of_its_own():
    """Nothing to go on with: kept as it came."""
    assert folded(event(call(args={"x": 1}))).final().to_input()[0]["parts"] == [call(args={"x": 1})]


def test_fragments_name_their_call_by_position():
    """Only the fragment that opens a call has its id and its name."""
    calls = CallAssembly()
    opening, more = FunctionCall(name="f", id="1"), FunctionCall(args={"arguments": "{}"})
    call, added = calls.add(Part(function_call=opening), opening)
    assert (call is not None, added) == (True, ToolCallDelta(0, "1", "f", ""))
    assert calls.add(Part(function_call=more), more) == (None, ToolCallDelta(0, None, None, "{}"))


def opening(**fields: object) -> list[tuple[str | None, str | None, str]]:
    """What the delta of a call that comes alone says."""
    ((delta,),) = deltas_of(event(call(**fields)))
    return [(each.id, each.name, each.arguments) for each in delta.tool_calls]


def test_what_the_first_fragment_says():
    """Names are None where there are none; arguments come at once unless more of them follow."""
    assert opening(name="f", id="1", args={"x": 1}) == [("1", "f", '{"x":1}')]
    assert opening(name="", id="", args={"x": 1}) == [(None, None, '{"x":1}')]
    assert opening(name="f", args={}) == [(None, "f", "")]
    assert opening(name="f") == [(None, "f", "")]
    assert opening(name="f", args={"x": 1}, willContinue=True) == [(None, "f", "")]
    partial = [{"jsonPath": "$.x", "numberValue": 1}]
    assert opening(name="f", partialArgs=partial) == [(None, "f", '{"x":1}')]
    assert opening(name="f", partialArgs=partial, willContinue=True) == [(None, "f", "")]


def test_a_text_named_arguments():
    """Beside a name it is the parameter of that name, unless it opens a JSON text that goes on."""
    assert opening(name="f", args={"arguments": '{"x": 1}'}) == [(None, "f", '{"arguments":"{\\"x\\": 1}"}')]
    assert opening(name="f", args={"arguments": '{"x"'}) == [(None, "f", '{"x"')]
    assert opening(name="f", args={"arguments": ' {"x"'}) == [(None, "f", ' {"x"')]
    assert opening(name="f", args={"arguments": "[1"}) == [(None, "f", '{"arguments":"[1"}')]
    assert opening(name="f", args={"arguments": 1}) == [(None, "f", '{"arguments":1}')]
    assert opening(name="f", args={"arguments": '{"x"', "y": 1}) == [
        (None, "f", '{"arguments":"{\\"x\\"","y":1}')
    ]
    assert opening(args={"arguments": "any text"}) == [(None, None, "any text")]
    deep = '{"a":' + "[" * 100_000
    assert opening(name="f", args={"arguments": deep}) == [(None, "f", deep)]


def test_fragments_go_to_the_call_of_their_id_or_to_the_last():
    """An id nobody knows opens a call, and so does a name."""
    state = folded(
        event(call(name="f", id="1", args={"arguments": "{"})),
        event(call(name="g", id="2", args={"arguments": "{"})),
        event(call(id="1", args={"arguments": '"a'})),
        event(call(args={"arguments": '"b'})),
        event(call(id="3", args={"x": 1})),
        event(call(name="g", args={"y": 2})),
    )
    assert [(c.id, c.name, c.arguments, c.index) for c in state.tool_calls] == [
        ("1", "f", '{"a', 0), ("2", "g", '{"b', 1), ("3", "", '{"x":1}', 2), ("", "g", '{"y":2}', 3),
    ]  # fmt: skip


def test_a_call_that_has_ended_takes_pieces_no_more():
    """What comes by path after the end of a call is told no second time."""
    events = [
        event(call(name="f", willContinue=True)),
        piece("$.x", numberValue=1),
        piece("$.y", more=False, numberValue=2),
        piece("$.z", more=False, numberValue=3),
        event(finish="STOP"),
    ]
    assert arguments_of(*events) == {0: '{"x":1,"y":2}'}


def test_the_first_signature_of_a_call_counts():
    """A later fragment does not take its place."""
    state = folded(
        event({**call(name="f", willContinue=True), "thoughtSignature": "s"}),
        event({**call(partialArgs=[{"jsonPath": "$.x", "numberValue": 1}]), "thoughtSignature": "t"}),
    )
    assert state.final().parts[0].thought_signature == "s"


def test_a_whole_call_goes_back_as_it_came():
    """Also when more could have followed and nothing did."""
    whole = call(name="f", args={"x": 1}, id="1")
    assert folded(event(whole)).final().to_input()[0]["parts"] == [whole]
    assert folded(event(call(name="f", willContinue=True))).final().to_input()[0]["parts"] == [
        call(name="f", args={})
    ]
    assert folded(event(call(name="f"), finish="STOP")).final().to_input()[0]["parts"] == [call(name="f")]
