"""The rule engine: no model, no network, the same answer everywhere."""

from __future__ import annotations

from ctscribe import __version__
from ctscribe.data.structuring.engine import Structured
from ctscribe.report.sectioning import structure_text


class RulesStructurer:
    """Structures by ``report.sectioning``."""

    name = "rules"
    fingerprint = f"rules {__version__}"

    def __call__(self, text: str) -> Structured:
        """The report in sections."""
        return Structured(structure_text(text), self.name)
