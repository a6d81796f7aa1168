"""AMOS-MM: chest, abdomen and pelvis CTs with reports by region, and multiple-choice questions (MICCAI 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctscribe.data.record import CaseRecord, Question, Split
from ctscribe.data.sources.source import SOURCES, Found
from ctscribe.data.tables import UNSAID, read_json
from ctscribe.errors import BadInput

REPORTS, QUESTIONS = "report_generation_train_val.json", "vqa_train_val.json"
PARTS: Mapping[str, Split] = {"training": "train", "validation": "validation"}
FOLDERS: Mapping[Split, Path] = {"train": Path("imagesTr"), "validation": Path("imagesVa")}


@SOURCES.register("amos-mm")
class AMOSMM:
    """AMOS-MM as it is downloaded: two JSON files, ``imagesTr/`` and ``imagesVa/``.

    Its three regions cut across chest-6, so that the text stays free text; ``extra`` has it by region.
    """

    def read(self, root: Path) -> Found:
        """List the scans that have a report or questions."""
        entries = {file: _entries(root / file) for file in (REPORTS, QUESTIONS) if (root / file).is_file()}
        if REPORTS not in entries:
            read_json(root / REPORTS)
        splits: dict[str, Split] = {image: split for listed in entries.values() for image, split, _ in listed}
        reports = {image: _labels(entry, REPORTS, "report") for image, _, entry in entries[REPORTS]}
        asked = {image: _labels(entry, QUESTIONS, "qa") for image, _, entry in entries.get(QUESTIONS, ())}
        records = [
            _record(image, split, reports.get(image, {}), tuple(_question(one, image) for one in asked.get(image, ())))
            for image, split in splits.items()
        ]
        return Found(records, () if asked else (f"{QUESTIONS} is missing: there are no questions.",))


def _entries(file: Path) -> list[tuple[str, Split, dict[str, Any]]]:
    content = read_json(file)
    found: list[tuple[str, Split, dict[str, Any]]] = []
    for part, split in PARTS.items():
        for at, entry in enumerate(content.get(part, ()) if isinstance(content, dict) else ()):
            if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
                raise BadInput(f"{file}: entry {at} of {part!r} names no image", code="unreadable-table")
            image = Path(entry["image"])
            found.append(((image if image.parent.name else FOLDERS[split] / image).as_posix(), split, entry))
    if not found:
        raise BadInput(f"{file} has neither 'training' nor 'validation' cases", code="unreadable-table")
    return found


def _labels(entry: Mapping[str, Any], file: str, key: str) -> Any:
    try:
        return entry["labels"][key]
    except (KeyError, TypeError):
        raise BadInput(f"{file}: the case of {entry['image']} has no labels.{key}", code="missing-column") from None


def _question(asked: Mapping[str, Any], image: str) -> Question:
    """A question with the words of its answer, where the file gives the letter."""
    try:
        options = {str(letter): str(text) for letter, text in asked["options"].items()}
        answer = str(asked["answer"]).strip()
        return Question(
            kind=str(asked.get("type", "choice")),
            question=str(asked["question"]),
            answer=options.get(answer, answer),
            choices=tuple(options.values()),
        )
    except (KeyError, TypeError, AttributeError):
        raise BadInput(
            f"{QUESTIONS}: a question on {image} lacks its text, options or answer", code="missing-column"
        ) from None


def _record(image: str, split: Split, report: Mapping[str, Any], questions: tuple[Question, ...]) -> CaseRecord:
    name = Path(image).name.removesuffix(".gz").removesuffix(".nii")
    regions = {part: _texts(report.get(part) or {}) for part in ("findings", "impression")}
    return CaseRecord(
        id=name,
        patient=name,
        split=split,
        volume=image,
        findings=" ".join(regions["findings"].values()) or None,
        impression=" ".join(regions["impression"].values()) or None,
        questions=questions,
        extra={f"{part}.{region}": text for part, texts in regions.items() for region, text in texts.items()},
    )


def _texts(by_region: Mapping[str, Any] | str) -> dict[str, str]:
    texts = by_region if isinstance(by_region, Mapping) else {"whole": by_region}
    said = {region: str(text or "").strip() for region, text in texts.items()}
    return {region: text for region, text in said.items() if text.lower() not in UNSAID}
