"""The content tree of the SR document (DICOM PS3.16, TID 1500), item by item."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import highdicom as hd
import numpy as np
from highdicom.sr import RelationshipTypeValues as Relation
from pydicom.uid import generate_uid

from ctscribe.anatomy.lesions import Lesion
from ctscribe.case import Case
from ctscribe.ct.volume import DicomReferences
from ctscribe.report.schema import BiomarkerEntry, LesionEntry, Report
from ctscribe.report.writers import codes, titles
from ctscribe.report.writers.body_sites import site_of
from ctscribe.report.writers.codes import Concept
from ctscribe.report.writers.key_slices import Sentence, sentences
from ctscribe.report.writers.outlines import lesion_mask, lesion_of, outer_contours

_FEWEST_POLYGONS = 2  # what DICOM asks of a surface made of polygons
_MOST_POINTS = 5000  # an element of VR FL holds 64 KiB: 5461 points of three float32


def coded(concept: Concept) -> hd.sr.CodedConcept:
    """The concept as highdicom writes it."""
    return hd.sr.CodedConcept(concept.value, concept.scheme, concept.meaning)


class MeasurementReportContent:
    """Builds TID 1500 for one report.

    Parameters
    ----------
    references : the source series; key slices are referred to only while it is aligned with the canonical slices.
    entropy : what the tree's UIDs derive from.
    """

    def __init__(self, report: Report, case: Case, references: DicomReferences, entropy: Sequence[str]) -> None:
        self.report = report
        self.case = case
        self.references = references
        self.entropy = entropy

    def build(self) -> hd.sr.MeasurementReport:
        """The whole tree, as a sequence of its one root."""
        groups = [
            self._scan_group(),
            *(self._lesion_group(number, entry) for number, entry in enumerate(self.report.lesions, start=1)),
            *(self._biomarker_group(e, e.value) for e in self.report.biomarkers if e.value is not None),
        ]
        root = hd.sr.MeasurementReport(
            observation_context=hd.sr.ObservationContext(observer_device_context=self._observer()),
            procedure_reported=coded(codes.CT_CHEST),
            imaging_measurements=groups,
            title=coded(codes.REPORT_TITLE),
        )
        root[0].ContentSequence.append(self._narrative())
        return root

    @cached_property
    def _algorithm(self) -> hd.sr.AlgorithmIdentification:
        author = self.report.author
        return hd.sr.AlgorithmIdentification(
            name=author.name, version=author.version, parameters=[f"segmenter: {author.segmenter}"]
        )

    def _uid(self, name: str) -> str:
        return generate_uid(entropy_srcs=[*self.entropy, name])

    def _observer(self) -> hd.sr.ObserverContext:
        device = hd.sr.DeviceObserverIdentifyingAttributes(
            uid=self._uid("device"),
            name=self.report.research_use,
            manufacturer_name="ctscribe",
            model_name=self.report.author.software,
        )
        return hd.sr.ObserverContext(coded(codes.DEVICE), device)

    def _group(self, name: str, measurements: list[hd.sr.Measurement], **parts: Any) -> dict[str, Any]:
        """What every measurement group has."""
        tracking = hd.sr.TrackingIdentifier(uid=self._uid(name), identifier=name)
        return {
            "tracking_identifier": tracking,
            "algorithm_id": self._algorithm,
            "measurements": measurements,
            **parts,
        }

    def _scan_group(self) -> hd.sr.MeasurementsAndQualitativeEvaluations:
        spacing = _measurement(codes.SLICE_SPACING, self.report.technique.spacing_mm[0], "mm")
        return hd.sr.MeasurementsAndQualitativeEvaluations(**self._group("scan", [spacing]))

    def _lesion_group(
        self, number: int, entry: LesionEntry
    ) -> hd.sr.MeasurementsAndQualitativeEvaluations | hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
        figures = [
            _measurement(concept, value, unit)
            for concept, value, unit in (
                (codes.DIAMETER, entry.diameter_mm, "mm"),
                (codes.VOLUME, entry.volume_ml, "mL"),
                (codes.MEAN_ATTENUATION, entry.mean_hu, "[hnsf'U]"),
            )
            if value is not None
        ]
        group = self._group(
            f"lesion {number}",
            figures,
            finding_type=coded(codes.finding_of(entry)),
            finding_category=coded(codes.ABNORMAL_STRUCTURE),
            finding_sites=_sites(entry.sub_region),
        )
        lesion = lesion_of(entry, self.case)
        surface = None if lesion is None else self._surface(lesion)
        if surface is not None:
            return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_volume_surface=surface, **group)
        images = self._images([entry.key_slice], hd.sr.SourceImageForMeasurementGroup)
        return hd.sr.MeasurementsAndQualitativeEvaluations(source_images=images or None, **group)

    def _surface(self, lesion: Lesion) -> hd.sr.VolumeSurface | None:
        """The lesion's outline in every slice, LPS mm; ``None`` without a mask in at least two slices."""
        found = lesion_mask(lesion, self.case)
        if found is None or not self.references.frame_of_reference_uid:
            return None
        mask, (z, y, x) = found
        outlines = [
            (k, curve) for k, section in enumerate(mask, start=z) for curve in outer_contours(section, _MOST_POINTS)
        ]
        if len(outlines) < _FEWEST_POLYGONS:
            return None
        polygons = []
        for k, curve in outlines:
            indices = np.column_stack([np.full(len(curve), k), curve + np.array([y, x]), np.ones(len(curve))])
            polygons.append((indices @ self.case.volume.affine.T)[:, :3])
        images = self._images([k for k, _ in outlines], hd.sr.SourceImageForSegmentation)
        return hd.sr.VolumeSurface(
            "POLYGON",
            polygons,
            self.references.frame_of_reference_uid,
            source_images=images or None,
            source_series=hd.sr.SourceSeriesForSegmentation(self.references.series_instance_uid),
        )

    def _biomarker_group(self, entry: BiomarkerEntry, value: float) -> hd.sr.MeasurementsAndQualitativeEvaluations:
        quantity = codes.quantity_of(entry.name, entry.region)
        images = self._images([entry.key_slice], hd.sr.SourceImageForMeasurementGroup)
        group = hd.sr.MeasurementsAndQualitativeEvaluations(
            source_images=images or None,
            **self._group(
                entry.name,
                [_measurement(quantity.concept, value, entry.unit)],
                finding_sites=_sites(quantity.site),
            ),
        )
        roughly = " The outline measured is only roughly right." if entry.approximate else ""
        group[0].ContentSequence.append(_text(codes.COMMENT, f"{entry.method}. {entry.limits}{roughly}".strip()))
        return group

    def _images(self, slices: Sequence[int | None], kind: Any) -> list[Any]:
        """References to the objects of canonical slices, as ``kind``; none where the series is not aligned."""
        return [kind(**reference) for k in dict.fromkeys(slices) if (reference := self._reference(k)) is not None]

    def _reference(self, k: int | None) -> dict[str, Any] | None:
        references = self.references
        if k is None or not references.aligned or not 0 <= k < len(references.sop_instance_uids):
            return None
        frames = references.frame_numbers
        return {
            "referenced_sop_class_uid": references.sop_class_uid,
            "referenced_sop_instance_uid": references.sop_instance_uids[k],
            "referenced_frame_numbers": None if frames is None else [frames[k]],
        }

    def _narrative(self) -> hd.sr.ContainerContentItem:
        """Every sentence, the technique line and what could not be assessed, as text."""
        container = hd.sr.ContainerContentItem(
            coded(codes.QUALITATIVE_EVALUATIONS), relationship_type=Relation.CONTAINS
        )
        technique = self.report.technique
        missing = [entry for entry in self.report.biomarkers if entry.value is None]
        container.ContentSequence = hd.sr.ContentSequence(
            [
                _text(codes.COMMENT, self.report.research_use),
                _text(codes.PROCEDURE_DESCRIPTION, " ".join((technique.text, *titles.remarks(technique)))),
                *(self._sentence(sentence) for sentence in sentences(self.report)),
                *(
                    _text(codes.COMMENT, f"{titles.biomarker_title(e.name)} was not assessable: {e.reason}.")
                    for e in missing
                ),
                *(_text(codes.COMMENT, note) for note in self.report.notes),
            ]
        )
        return container

    def _sentence(self, sentence: Sentence) -> hd.sr.TextContentItem:
        """A sentence with its region, polarity, origin and notes, inferred from its key slices."""
        finding = sentence.finding
        item = _text(codes.IMPRESSION if sentence.region is None else codes.FINDING, finding.text)
        parts: list[hd.sr.ContentItem] = []
        site = site_of(sentence.region) if sentence.region else None
        if site is not None:
            parts.append(
                hd.sr.CodeContentItem(coded(codes.FINDING_SITE), coded(site.concept), Relation.HAS_CONCEPT_MOD)
            )
        parts.append(_text(codes.POLARITY, titles.POLARITIES[finding.polarity][1], Relation.HAS_PROPERTIES))
        parts.append(_text(codes.ORIGIN, titles.ORIGINS[finding.origin], Relation.HAS_PROPERTIES))
        parts += [_text(codes.COMMENT, note, Relation.HAS_PROPERTIES) for note in finding.notes]
        for k in dict.fromkeys(evidence.key_slice for evidence in finding.evidence):
            if (reference := self._reference(k)) is not None:
                parts.append(
                    hd.sr.ImageContentItem(
                        coded(codes.KEY_IMAGE), **reference, relationship_type=Relation.INFERRED_FROM
                    )
                )
        item.ContentSequence = hd.sr.ContentSequence(parts)
        return item


_PLAIN = str.maketrans({"−": "-", "–": "-", "≈": "~", "≥": ">=", "≤": "<=", "’": "'"})


def plain(text: str) -> str:
    """The text with the signs that Latin-1 lacks written as people type them: many readers of SR know no more."""
    return text.translate(_PLAIN)


def _text(concept: Concept, value: str, relation: Relation = Relation.CONTAINS) -> hd.sr.TextContentItem:
    return hd.sr.TextContentItem(coded(concept), plain(value), relation)


def _measurement(concept: Concept, value: float, unit: str) -> hd.sr.Measurement:
    return hd.sr.Measurement(name=coded(concept), value=round(value, 3), unit=coded(codes.unit_of(unit)))


def _sites(structure: str) -> list[hd.sr.FindingSite] | None:
    site = site_of(structure)
    if site is None:
        return None
    laterality = None if site.laterality is None else coded(site.laterality)
    return [hd.sr.FindingSite(anatomic_location=coded(site.concept), laterality=laterality)]
