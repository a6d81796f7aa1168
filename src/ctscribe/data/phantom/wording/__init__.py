"""What is said about a phantom: reports written by a grammar, and the check that every sentence is true."""

from ctscribe.data.phantom.wording.document import (
    STYLES,
    Figure,
    FreeSentence,
    PhantomReport,
    PhantomSentence,
    Style,
)
from ctscribe.data.phantom.wording.writing import write_report

__all__ = ["STYLES", "Figure", "FreeSentence", "PhantomReport", "PhantomSentence", "Style", "write_report"]
