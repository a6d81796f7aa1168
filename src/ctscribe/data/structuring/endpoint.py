"""One step asked of a language model behind an OpenAI-compatible endpoint, through DSPy."""

from __future__ import annotations

import os
import threading
from dataclasses import asdict, dataclass
from typing import Any

from ctscribe.data.structuring.answers import Answers
from ctscribe.data.structuring.engine import Usage
from ctscribe.errors import BadInput, CTScribeError, MissingExtra

_PATIENCE = 10
"""Calls that may fail one after the other, each after its retries."""


class NoAnswer(Exception):
    """The endpoint failed, or what it said is not an answer; the message says which."""


@dataclass(frozen=True)
class Endpoint:
    """Where a language model is asked.

    Parameters
    ----------
    url : base URL, such as ``http://127.0.0.1:8000/v1``.
    model : its name there.
    key_from : the environment variable that holds the key; empty where none is needed.
    retries : how often a failed call is repeated, with growing pauses.
    max_tokens, temperature : of every answer.
    """

    url: str
    model: str
    key_from: str = ""
    retries: int = 3
    max_tokens: int = 8192
    temperature: float = 0.0

    @property
    def key(self) -> str:
        """The key.

        Raises
        ------
        BadInput : the environment variable is not set (``no-key``).
        """
        if not self.key_from:
            return "none"
        if not (key := os.environ.get(self.key_from)):
            raise BadInput(f"the environment variable {self.key_from} is not set", hint="export it", code="no-key")
        return key


class Asker:
    """Asks the steps; answers that are on disk are not asked for again.

    Raises
    ------
    MissingExtra : DSPy is not installed (``no-dspy``).
    """

    def __init__(self, endpoint: Endpoint, answers: Answers) -> None:
        dspy, steps = _dspy()
        self._endpoint, self._answers = endpoint, answers
        self._dspy, self._steps = dspy, steps
        # DSPy's own cache pickles; ours is JSON.
        self._language_model = dspy.LM(
            f"openai/{endpoint.model}",
            api_base=endpoint.url,
            api_key=endpoint.key,
            cache=False,
            num_retries=endpoint.retries,
            max_tokens=endpoint.max_tokens,
            temperature=endpoint.temperature,
        )
        self._counting = threading.Lock()
        self._failures = 0
        self.usage = Usage()

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that an answer depends on besides the question."""
        asked = {name: value for name, value in asdict(self._endpoint).items() if name not in {"key_from", "retries"}}
        return {**asked, "steps": self._steps.VERSION}

    def __call__(self, step: str, sentences: list[dict[str, Any]], complaint: str) -> list[dict[str, Any]]:
        """The rows that a step answers.

        Raises
        ------
        NoAnswer : after all retries.
        """
        asked = {"endpoint": self.identity, "step": step, "sentences": sentences, "complaint": complaint}
        kept = self._answers.read(asked)
        if kept is None:
            kept = {"rows": self._ask(step, sentences, complaint)}
            self._answers.keep(asked, kept)
        return kept["rows"]

    def _ask(self, step: str, sentences: list[dict[str, Any]], complaint: str) -> list[dict[str, Any]]:
        numbered = [self._steps.Numbered(**sentence) for sentence in sentences]
        predict = self._dspy.Predict(self._steps.STEPS[step])
        here = self._dspy.context(
            lm=self._language_model, adapter=self._dspy.JSONAdapter(), track_usage=True, disable_history=True
        )
        try:
            with here:
                answer = predict(sentences=numbered, complaint=complaint)
        except Exception as error:
            # Whatever a server, or a parser of its words, may raise is no answer.
            self._note_failure(type(error).__name__)
            raise NoAnswer(f"no answer to {step}: {type(error).__name__}") from error
        self._count(answer.get_lm_usage() or {})
        return [row.model_dump() for row in getattr(answer, "filed" if step == "merge" else "rewritten")]

    def _note_failure(self, kind: str) -> None:
        """A server that refuses the key, or has long been silent, ends the run: the rules should not do all of it."""
        if kind == "LMAuthError":
            raise BadInput("the endpoint refuses the key", hint="name its variable with --key-from", code="key-refused")
        with self._counting:
            self._failures = 0 if kind == "AdapterParseError" else self._failures + 1
            if self._failures >= _PATIENCE:
                raise CTScribeError(
                    f"the endpoint {self._endpoint.url} failed {_PATIENCE} times running ({kind})",
                    hint="give the command again when it is back; what was finished is kept",
                    code="endpoint-down",
                )

    def _count(self, used: dict[str, dict[str, Any]]) -> None:
        with self._counting:
            self._failures = 0
            for one in used.values():
                self.usage += Usage(1, one.get("prompt_tokens") or 0, one.get("completion_tokens") or 0)


def _dspy() -> tuple[Any, Any]:
    # Without it one of DSPy's clients fetches a price list when it is imported.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        import dspy
    except ImportError as error:
        raise MissingExtra(
            "a language model is asked through DSPy, which is not installed",
            hint="pip install 'ctscribe[structuring]', or --engine rules",
            code="no-dspy",
        ) from error
    from ctscribe.data.structuring import steps

    return dspy, steps
