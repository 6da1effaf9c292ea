"""GET /v1/models and /v1/models/{id}, and Google's list: what the gateway says it serves."""

from __future__ import annotations

from collections.abc import Collection

from ._chat import CREATED
from ._errors import error_body, unknown_model
from ._records import RecordedRequest
from ._reply import Reply, document

# One per family. Without a set of its own the gateway accepts all other names, too.
DEFAULT_MODELS = (
    "gpt-4o-mini",
    "gpt-5.2",
    "claude-sonnet-4-5-20250929",
    "deepseek-r1",
    "deepseek-v3",
    "gemini-2.5-flash",
    "gemini-3-pro-preview",
    "grok-4",
    "qwen3-omni-flash",
    "text-embedding-004",
)


class Catalogue:
    """Which models exist: *names*, or any name that does not start with "unknown"."""

    def __init__(self, names: Collection[str] | None) -> None:
        self._names = names

    @property
    def names(self) -> Collection[str]:
        """What the lists show."""
        return DEFAULT_MODELS if self._names is None else self._names

    def __contains__(self, model: str) -> bool:
        return not model.startswith("unknown") if self._names is None else model in self._names

    def check(self, model: str) -> None:
        """Raise the gateway's 404 for a model that does not exist."""
        if model not in self:
            raise unknown_model(model)

    def list(self) -> Reply:
        """All models in the gateway's form."""
        data = [_model(name) for name in self.names]
        return document({"success": True, "object": "list", "data": data})

    def retrieve(self, name: str) -> Reply:
        """One model. An unknown one is an error body with status 200, as the real gateway has it."""
        if name in self:
            return document(_model(name))
        message = f"The model '{name}' does not exist"
        return document(error_body(message, "model_not_found", "invalid_request_error"))

    def listed_for(self, request: RecordedRequest) -> Reply:
        """All models; in Google's form if the request has Google's header."""
        return self.google_list() if "x-goog-api-key" in request.headers else self.list()

    def google_list(self) -> Reply:
        """All models in Google's form."""
        models = [{"name": f"models/{name}", "displayName": name} for name in self.names]
        return document({"models": models, "nextPageToken": None})


def _model(name: str) -> dict[str, object]:
    model = {"id": name, "object": "model", "created": CREATED, "owned_by": "gravitex"}
    return {**model, "supported_endpoint_types": ["openai"]}
