"""The Responses dialect: /v1/responses (https://platform.openai.com/docs/api-reference/responses).

_open         objects of open types, kept as they came: items, parts, annotations
_parts        content parts and annotations
_items        output items; _tool_items: those of tools
_words        what items hold, in the words all dialects share: sources, images
_structs      the response object
_events       the events of a stream; _tool_events: those of tools; _union: all of them
_decode       payloads -> events
_texts        one text while it grows, and what of it was emitted
_held         one struct while it is written
_slots        one item while it is written, with its parts
_snapshot     which item an event means
_draft        the response under construction, and its end
_deltas       what an event adds -> deltas
_handlers     what each event does; _tool_handlers: those of tools
_accumulate   events -> response, and the deltas of each
_params       the arguments of a call; _inputs, _options: their shapes as dicts
_request      arguments -> request
_parsed       response -> response with a value
_history      tools, messages and results for the next request
_api          client.responses
"""

from typing import TYPE_CHECKING

from .._late import late
from . import _events, _items, _parts, _structs, _tool_events, _tool_items
from ._accumulate import ResponsesAccumulator
from ._api import Responses, ResponsesStream, answer_from_json
from ._events import *  # noqa: F403
from ._history import flat_tool, nested_tool, tool_result, user_message
from ._items import *  # noqa: F403
from ._params import ParseParams, ResponsesParams
from ._parsed import ParsedResponse
from ._parts import *  # noqa: F403
from ._structs import *  # noqa: F403
from ._tool_events import *  # noqa: F403
from ._tool_items import *  # noqa: F403
from ._union import ResponsesStreamEvent

__all__ = [
    "ParseParams",
    "ParsedResponse",
    "Responses",
    "ResponsesAccumulator",
    "ResponsesParams",
    "ResponsesStream",
    "ResponsesStreamEvent",
    "answer_from_json",
    "flat_tool",
    "nested_tool",
    "tool_result",
    "user_message",
]
__all__ += _structs.__all__
__all__ += _items.__all__
__all__ += _tool_items.__all__
__all__ += _parts.__all__
__all__ += _events.__all__
__all__ += _tool_events.__all__

# The shapes of requests as dicts: for type checkers and editors, and for whoever names one at run time.
if TYPE_CHECKING:
    from . import _inputs, _options
    from ._inputs import *  # noqa: F403
    from ._options import *  # noqa: F403

    __all__ += _inputs.__all__
    __all__ += _options.__all__
else:
    __getattr__ = late(__name__, "_inputs", "_options")
