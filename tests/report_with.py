"""Reports made of given sentences, for the tests of what is done to a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.schema import Author, Finding, Report, Section, Technique


def model_finding(text: str) -> Finding:
    return Finding(text=text, polarity="uncertain", origin="model")


def report_with(sentences: Mapping[str, Sequence[str]], impression: Sequence[str] = ()) -> Report:
    """A report with these sentences in the sections of these chest-6 keys, the other sections empty."""
    return Report(
        author=Author(name="test", version="1", segmenter="none", software="ctscribe"),
        technique=Technique(
            format="nifti", slices=10, spacing_mm=(1, 1, 1), size_mm=(10, 10, 10), text="CT of the chest."
        ),
        sections=tuple(
            Section(
                key=region.key,
                title=region.title,
                findings=tuple(map(model_finding, sentences.get(region.key, ()))),
            )
            for region in CHEST6
        ),
        impression=tuple(map(model_finding, impression)),
    )
