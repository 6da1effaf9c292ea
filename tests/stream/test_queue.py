"""The queue between what was read and what was taken: each entry once, in order, in either form."""

from __future__ import annotations

import random

import pytest

from gravitex_async.deltas import Delta
from gravitex_async.stream._queue import Queue


def queue_of(*words: str) -> Queue[str]:
    queue: Queue[str] = Queue()
    put(queue, *words)
    return queue


def put(queue: Queue[str], *words: str) -> None:
    queue.put(list(words), [Delta(word) for word in words], [word.encode() for word in words])


def take(queue: Queue[str], kind: str) -> str:
    """The next entry, as a view of *kind* takes it."""
    if kind == "items":
        assert queue.turn("items") is queue.items
        return queue.items.pop()
    assert queue.turn("deltas") is queue.deltas
    delta = queue.deltas.pop()
    assert isinstance(delta, Delta)
    return delta.content


@pytest.mark.parametrize("seed", range(50))
def test_each_entry_is_taken_once_in_any_mixture_of_views(seed: int) -> None:
    """Also when more comes while something is left, and between reads that bring nothing."""
    dice = random.Random(seed)
    queue: Queue[str] = Queue()
    words = [str(number) for number in range(40)]
    coming, found = list(words), []
    while coming or queue:
        for _ in range(dice.randrange(3)):
            count = dice.randrange(5)
            put(queue, *coming[:count])
            del coming[:count]
        while queue and dice.random() < 0.8:
            found.append(take(queue, dice.choice(("items", "deltas"))))
            assert queue.last_payload == found[-1].encode()
            assert queue.taken > 0
    assert found == words


@pytest.mark.parametrize("seed", range(50))
def test_an_item_nobody_asked_for_is_met_by_no_view_of_items(seed: int) -> None:
    """Views of deltas meet it, once; the others keep their order, and their payloads."""
    dice = random.Random(seed)
    queue: Queue[str] = Queue()
    words = [str(number) for number in range(12)]
    unasked = words[dice.randrange(12)]
    coming, found = list(words), []
    while coming or queue:
        count = dice.randrange(5)
        more = coming[:count]
        payloads = [word.encode() for word in more]
        queue.put(list(more), [Delta(word) for word in more], payloads, unasked if unasked in more else None)
        del coming[:count]
        while queue and dice.random() < 0.7:
            kind = dice.choice(("items", "deltas"))
            queue.turn(kind)
            if not queue.filled:
                break
            found.append(take(queue, kind))
            assert kind == "deltas" or found[-1] != unasked
            assert queue.last_payload == found[-1].encode()
    assert [word for word in found if word != unasked] == [word for word in words if word != unasked]
    assert found.count(unasked) <= 1


def test_only_one_of_the_lists_is_filled() -> None:
    """A view may look at its list alone to know whether there is anything for it."""
    queue = queue_of("a", "b")
    assert (len(queue.items), queue.deltas) == (2, [])
    queue.turn("deltas")
    assert (queue.items, len(queue.deltas), len(queue)) == ([], 2, 2)


def test_a_read_without_an_event_changes_nothing() -> None:
    """The payload of what was handed out last is still at hand."""
    queue = queue_of("a")
    take(queue, "items")
    put(queue)
    assert (queue.last_payload, queue.taken, len(queue)) == (b"a", 1, 0)


def test_what_is_kept_while_a_stream_waits() -> None:
    """The last payload, and the knowledge that something was taken."""
    queue = queue_of("a", "b")
    for _ in range(2):
        take(queue, "items")
    assert queue.held
    queue.settle()
    assert (queue.last_payload, queue.taken, queue.held, len(queue)) == (b"b", 1, False, 0)
    queue.turn("deltas")
    assert not queue.deltas  # those of entries that were taken as items are gone


def test_what_went_to_nobody_is_forgotten() -> None:
    """Then nothing was taken, what is left stays, and its payloads are right."""
    queue = queue_of("a", "b", "c")
    take(queue, "deltas")
    queue.forget_taken()
    assert (queue.taken, queue.last_payload, len(queue)) == (0, None, 2)
    assert take(queue, "items") == "b"
    assert queue.last_payload == b"b"


def test_nothing_is_left_of_another_try() -> None:
    """Neither entries nor payloads nor what was taken."""
    queue = queue_of("a", "b")
    take(queue, "items")
    queue.restart()
    assert (queue.taken, queue.last_payload, len(queue), queue.held) == (0, None, 0, False)
    put(queue, "c")
    assert take(queue, "deltas") == "c"


def test_payloads_may_be_views() -> None:
    """Large ones are, and are copied when they are asked for, not before."""
    queue: Queue[str] = Queue()
    queue.put(["a"], [()], [memoryview(b"abc")[1:]])
    queue.items.pop()
    assert queue.last_payload == b"bc"
    assert type(queue.last_payload) is bytes
