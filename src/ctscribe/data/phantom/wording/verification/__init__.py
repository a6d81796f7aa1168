"""Whether a report is true: every sentence read back and held to the table of findings, every finding spoken of."""

from ctscribe.data.phantom.wording.verification.contradictions import contradictions

__all__ = ["contradictions"]
