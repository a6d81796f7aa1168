"""The report as data: six sections of findings, each with its polarity, its evidence and its origin.

The JSON form of these classes is the contract with other systems; ``json_schema()`` exports it, ``SCHEMA_VERSION``
changes when a reader of the old form would misread the new one.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ctscribe.types import Point, SliceRange

SCHEMA_VERSION = "1.0"
RESEARCH_USE = "AI generated. Research use only. Not for clinical use. Not a medical device."

Polarity = Literal["present", "absent", "normal", "uncertain", "not_assessed"]
Origin = Literal["model", "measured", "default", "question"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(_Frozen):
    """A figure that a finding rests on."""

    name: str = Field(description="Stable key, such as diameter, volume, cardiothoracic_ratio")
    value: float
    unit: str = Field(description="UCUM code")
    method: str = Field(description="How it was measured, with the published source")
    approximate: bool = Field(default=False, description="The outline measured is only roughly right")


class Evidence(_Frozen):
    """Where in the scan a finding was seen. Slices are canonical: 0 is the most inferior."""

    structures: tuple[str, ...] = Field(
        default=(), description="TotalSegmentator classes or lesion guidance regions looked at"
    )
    lesion: int | None = Field(default=None, description="Index into the report's lesions")
    slices: SliceRange | None = Field(default=None, description="First and last axial slice, both included")
    key_slice: int | None = Field(default=None, description="The slice to look at first")
    centroid_mm: Point | None = Field(default=None, description="LPS position (x, y, z) in mm")
    line_mm: tuple[Point, Point] | None = Field(default=None, description="LPS end points of a measured diameter")
    measurements: tuple[Measurement, ...] = ()
    source: str = Field(description="Segmenter, detector or model the evidence comes from")


class Finding(_Frozen):
    """One sentence of the report."""

    text: str
    polarity: Polarity
    origin: Origin
    labels: tuple[str, ...] = Field(default=(), description="CT-RATE abnormality labels the sentence speaks of")
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = Field(default=None, ge=0, le=1)
    notes: tuple[str, ...] = Field(default=(), description="What the consistency check found or changed")


class Section(_Frozen):
    """One of the six organ sections."""

    key: str = Field(description="chest-6 region key")
    title: str
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The section's sentences, joined."""
        return " ".join(finding.text for finding in self.findings)


class Author(_Frozen):
    """Who wrote the report."""

    name: str = Field(description="Reporter, such as measured or a model's name")
    version: str
    segmenter: str = Field(description="Segmenter and its version")
    software: str = Field(description="ctscribe and its version")


class Technique(_Frozen):
    """How the scan was acquired and what was mended before it was read."""

    format: str
    slices: int
    spacing_mm: tuple[float, float, float] = Field(description="(z, y, x)")
    size_mm: tuple[float, float, float] = Field(description="(z, y, x)")
    slice_thickness_mm: float | None = None
    contrast: bool | None = None
    kernel: str | None = None
    kvp: float | None = None
    repairs: tuple[str, ...] = Field(default=(), description="What the reader mended, one sentence each")
    limits: tuple[str, ...] = Field(
        default=(), description="What limits the scan or its segmentation, one sentence each"
    )
    text: str = Field(description="The technique line for people")


class LesionEntry(_Frozen):
    """A lesion as measured, the row that findings point to."""

    kind: str
    sub_region: str
    volume_ml: float
    diameter_mm: float
    centroid_mm: Point
    slices: SliceRange
    key_slice: int
    mean_hu: float | None = None
    source: str
    confidence: float | None = None


class BiomarkerEntry(_Frozen):
    """A biomarker as measured, or why it could not be."""

    name: str
    region: str
    value: float | None
    unit: str
    method: str
    limits: str
    reason: str | None = None
    key_slice: int | None = None
    approximate: bool = False


class Report(_Frozen):
    """A structured chest CT report."""

    schema_version: str = SCHEMA_VERSION
    research_use: str = RESEARCH_USE
    author: Author
    technique: Technique
    sections: tuple[Section, ...] = Field(description="Always the six of chest-6, in order")
    impression: tuple[Finding, ...] = Field(default=(), description="The findings that matter most, first things first")
    lesions: tuple[LesionEntry, ...] = ()
    biomarkers: tuple[BiomarkerEntry, ...] = ()
    notes: tuple[str, ...] = Field(default=(), description="What the consistency check changed in the report")

    def section(self, key: str) -> Section:
        """The section of a chest-6 region."""
        return next(section for section in self.sections if section.key == key)


def json_schema() -> dict[str, Any]:
    """The JSON Schema that ``report.json`` follows."""
    return Report.model_json_schema(mode="serialization")
