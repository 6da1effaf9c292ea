"""Recorded bodies: where they are cut, and what counts as an event."""

from __future__ import annotations

import pytest

from gravitex_async.testing import Tape
from gravitex_async.testing._tape import event_ends

BODY = b"data: 1\n\ndata: 2\r\n\r\ndata: 3\r\rdata: 4"


def test_event_ends():
    """Blank lines of all three kinds end an event; what is left at the end counts too."""
    assert event_ends(BODY) == [9, 20, 29, len(BODY)]
    assert event_ends(b"a\n\n") == [3]


@pytest.mark.parametrize("options", [{}, {"cuts": [1, 9, 400]}, {"seed": 7}, {"every": 3}])
def test_pieces_join_to_the_body(options):
    """However it is cut, nothing is lost and every event is counted once, when it is complete."""
    steps = list(Tape(BODY, **options).steps())
    assert b"".join(step.data for step in steps) == BODY
    assert sum(step.events for step in steps) == 4
    assert list(Tape(BODY, **options).steps()) == steps


def test_cut_positions_are_the_given_ones():
    """Each cut ends a piece; the pause comes between pieces, not before the first."""
    steps = list(Tape(BODY, cuts=[5, 2], pace=0.5).steps())
    assert [len(step.data) for step in steps] == [2, 3, len(BODY) - 5]
    assert [step.pause for step in steps] == [0.0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("name", "content_type", "streamed"),
    [("a.sse", "text/event-stream", True), ("a.json", "application/json", False)],
)
def test_load(tmp_path, name, content_type, streamed):
    """The suffix of a file says what it holds."""
    path = tmp_path / name
    path.write_bytes(BODY)
    reply = Tape.load(path, status=201).reply()
    assert (reply.status, reply.streamed) == (201, streamed)
    assert reply.headers["Content-Type"] == content_type
