"""From the bytes of a body to structs, and to the errors that a body reports; without asyncio.

_events        reads -> items of one type
_cut           reads of the simple form -> payloads
_tolerant      the slow way to read one event
_guards        tests over many fields of a struct
_failures      error bodies, in all their shapes -> errors
_status_words  which HTTP status an error's word stands for
"""

from ._cut import CRLF, LF, Cut, cut_events, is_one_line
from ._events import EventDecoder
from ._failures import (
    ErrorInfo,
    error_of,
    find_error,
    find_flat,
    flat_error,
    parse_body,
    retry_after_of,
)
from ._guards import any_of, fields_but, made_of, more_than
from ._tolerant import TolerantDecoder, excerpt

__all__ = [
    "CRLF",
    "LF",
    "Cut",
    "ErrorInfo",
    "EventDecoder",
    "TolerantDecoder",
    "any_of",
    "cut_events",
    "error_of",
    "excerpt",
    "fields_but",
    "find_error",
    "find_flat",
    "flat_error",
    "is_one_line",
    "made_of",
    "more_than",
    "parse_body",
    "retry_after_of",
]
