"""One answer, run from the bytes of its body to what a caller reads; knows no dialect and not aiohttp.

_stream       what a caller sees
_engine       opens, waits, tries again, lets go
_reading      what came of the body so far, and how it ended; without asyncio
_queue        what was read and not taken yet, as items or as deltas
_tasks        one reader at a time
_accumulator  what a dialect brings
_views        deltas, text, batches
_text_views   a growing value, thinking taken out of the content
_sniff        what a body is, by its first bytes
_plain        an answer that is no stream
"""

from ._accumulator import Accumulator
from ._plain import AnswerForm, fetch, fetch_answer
from ._reading import Reading
from ._stream import Stream

__all__ = ["Accumulator", "AnswerForm", "Reading", "Stream", "fetch", "fetch_answer"]
