"""All events of a stream as one type, whose members are told apart by ``event.type``."""

from __future__ import annotations

from typing import TypeAlias

from . import _events as e
from . import _tool_events as te

__all__ = ["ResponsesStreamEvent"]

ResponsesStreamEvent: TypeAlias = (
    e.CreatedEvent
    | e.QueuedEvent
    | e.InProgressEvent
    | e.CompletedEvent
    | e.IncompleteEvent
    | e.FailedEvent
    | e.ErrorEvent
    | e.KeepaliveEvent
    | e.OutputItemAddedEvent
    | e.OutputItemDoneEvent
    | e.ContentPartAddedEvent
    | e.ContentPartDoneEvent
    | e.ReasoningSummaryPartAddedEvent
    | e.ReasoningSummaryPartDoneEvent
    | e.OutputTextDeltaEvent
    | e.OutputTextDoneEvent
    | e.OutputTextAnnotationAddedEvent
    | e.RefusalDeltaEvent
    | e.RefusalDoneEvent
    | e.ReasoningTextDeltaEvent
    | e.ReasoningTextDoneEvent
    | e.ReasoningSummaryTextDeltaEvent
    | e.ReasoningSummaryTextDoneEvent
    | e.FunctionCallArgumentsDeltaEvent
    | e.FunctionCallArgumentsDoneEvent
    | e.CustomToolCallInputDeltaEvent
    | e.CustomToolCallInputDoneEvent
    | te.WebSearchCallInProgressEvent
    | te.WebSearchCallSearchingEvent
    | te.WebSearchCallCompletedEvent
    | te.FileSearchCallInProgressEvent
    | te.FileSearchCallSearchingEvent
    | te.FileSearchCallCompletedEvent
    | te.CodeInterpreterCallInProgressEvent
    | te.CodeInterpreterCallInterpretingEvent
    | te.CodeInterpreterCallCompletedEvent
    | te.CodeInterpreterCallCodeDeltaEvent
    | te.CodeInterpreterCallCodeDoneEvent
    | te.ImageGenerationCallInProgressEvent
    | te.ImageGenerationCallGeneratingEvent
    | te.ImageGenerationCallPartialImageEvent
    | te.ImageGenerationCallCompletedEvent
    | te.McpCallInProgressEvent
    | te.McpCallArgumentsDeltaEvent
    | te.McpCallArgumentsDoneEvent
    | te.McpCallCompletedEvent
    | te.McpCallFailedEvent
    | te.McpListToolsInProgressEvent
    | te.McpListToolsCompletedEvent
    | te.McpListToolsFailedEvent
    | te.ShellCallCommandAddedEvent
    | te.ShellCallCommandDeltaEvent
    | te.ShellCallCommandDoneEvent
    | te.ShellCallOutputContentDeltaEvent
    | te.ShellCallOutputContentDoneEvent
    | te.AudioDeltaEvent
    | te.AudioDoneEvent
    | te.AudioTranscriptDeltaEvent
    | te.AudioTranscriptDoneEvent
    | te.CompactionCompactingEvent
    | e.UnknownEvent
)
"""What a ``ResponsesStream`` gives: ask ``event.type``, or use ``isinstance``."""
