"""The offline model: answers as a language model would, by an agent's rules.

It gets the same messages and tools, and its answers go through the same checks and approvals.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryPromptPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from pydantic_ai import RunContext
    from pydantic_ai.messages import ModelResponseStreamEvent
    from pydantic_ai.settings import ModelSettings

NAME = "offline"


@dataclass(frozen=True)
class Move:
    """What the rules do next: call a tool, or, without a tool's name, give the decision."""

    arguments: Mapping[str, Any]
    tool: str | None = None


# The brief (parsed JSON) in, a move out.
Rules = Callable[[Mapping[str, Any]], Move]


class OfflineModel(Model):
    """A deterministic model that applies rules."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self._rules = rules

    @property
    def model_name(self) -> str:
        return NAME

    @property
    def system(self) -> str:
        return "hivemind"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: "ModelSettings | None",
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        return self._answer(messages, parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: "ModelSettings | None",
        model_request_parameters: ModelRequestParameters,
        run_context: "RunContext[Any] | None" = None,  # noqa: ARG002 - its signature
    ) -> "AsyncGenerator[StreamedResponse]":
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        yield _Stream(
            model_request_parameters=parameters, answer=self._answer(messages, parameters)
        )

    def _answer(
        self, messages: Sequence[ModelMessage], parameters: ModelRequestParameters
    ) -> ModelResponse:
        refused = _last_refusal(messages)
        if refused is not None:
            # Rules that break a spec are our own mistake: asking them again changes nothing.
            raise ValueError(f"the offline policy was refused: {refused}")
        move = self._rules(_brief(messages))
        tool = move.tool or parameters.output_tools[0].name
        call = ToolCallPart(tool_name=tool, args=dict(move.arguments))
        return ModelResponse(parts=[call], model_name=NAME)


@dataclass
class _Stream(StreamedResponse):
    """A whole answer as a stream of one part."""

    answer: ModelResponse = field(kw_only=True)

    async def _get_event_iterator(self) -> "AsyncIterator[ModelResponseStreamEvent]":
        for index, part in enumerate(self.answer.parts):
            if isinstance(part, ToolCallPart):
                yield self._parts_manager.handle_tool_call_part(
                    vendor_part_id=index, tool_name=part.tool_name, args=part.args_as_dict()
                )

    @property
    def model_name(self) -> str:
        return NAME

    @property
    def provider_name(self) -> str:
        return "hivemind"

    @property
    def provider_url(self) -> None:
        return None

    @property
    def timestamp(self) -> datetime:
        return datetime.now(UTC)


def _brief(messages: Sequence[ModelMessage]) -> Mapping[str, Any]:
    """The last user prompt: JSON, as `briefs.prompt` writes it."""
    for message in reversed(messages):
        if not isinstance(message, ModelRequest):
            continue
        for part in reversed(message.parts):
            if isinstance(part, UserPromptPart) and isinstance(part.content, str):
                found: Mapping[str, Any] = json.loads(part.content)
                return found
    raise ValueError("the conversation holds no brief")


def _last_refusal(messages: Sequence[ModelMessage]) -> str | None:
    last = messages[-1]
    parts = last.parts if isinstance(last, ModelRequest) else ()
    return next(
        (part.model_response() for part in parts if isinstance(part, RetryPromptPart)), None
    )
