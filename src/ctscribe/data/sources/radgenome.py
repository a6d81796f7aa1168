"""RadGenome-ChestCT: CT-RATE's reports sentence by sentence with their regions, region masks, and questions.

Zhang et al., arXiv 2404.16754. The regions' masks speak of ten regions; of these a label map takes heart, esophagus,
thyroid and mediastinum, the others (such as the lung as a whole) are no TotalSegmentator classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import pandas as pd

from ctscribe.anatomy.taxonomy import CHEST6, load_taxonomy
from ctscribe.data.record import Question, Split
from ctscribe.data.sources.ct_rate import identified
from ctscribe.data.sources.source import SOURCES, Found, records_of
from ctscribe.data.tables import Column, Frame, read_table, said

VOLUME = "Volumename"

WITHOUT_CLASSES = {"breast": "musculoskeletal", "pleura": "lung", "thyroid": "mediastinum"}
"""Regions that share no TotalSegmentator class with chest-6: the breast lies on the chest wall, pleural disease is
reported with the lung, and the thyroid reaches into the upper mediastinum."""


@dataclass(frozen=True)
class Asked:
    """How one of the four tables of questions reads: columns to name the thing asked about, and the answer."""

    topic: str | None
    answer: str
    wording: str


QUESTIONS = {
    "abnormality": Asked(None, "Abnormality", "What abnormality is seen in the {region}?"),
    "location": Asked("Abnormality", "Anatomy", "Where is the {topic}?"),
    "presence": Asked("Finding", "Presence", "Is there {topic} in the {region}?"),
    "size": Asked("Abnormality", "Size", "What is the size of the {topic} in the {region}?"),
}
"""The tables give topics and answers alone; the questions' wording is ours."""


@SOURCES.register("radgenome")
class RadGenome:
    """RadGenome-ChestCT as it is downloaded: ``dataset/`` or the folder that holds it.

    Parameters
    ----------
    valid_as : the split that the official validation cases become.
    """

    def __init__(self, *, valid_as: Literal["validation", "test"] = "validation") -> None:
        self.valid_as: Split = valid_as

    def read(self, root: Path) -> Found:
        """List the volumes that have sentences."""
        below = "dataset" if (root / "dataset").is_dir() else "."
        tables = root / below / "radgenome_files"
        parts: dict[str, tuple[str, Split]] = {"train": ("train", "train"), "valid": ("validation", self.valid_as)}
        there = {name: part for name, part in parts.items() if (tables / f"{part[0]}_region_report.csv").is_file()}
        if not there:
            read_table(tables / "train_region_report.csv")
        notes: list[str] = []
        frames = [_part(root, below, name, stem, split, notes) for name, (stem, split) in there.items()]
        return Found(records_of(pd.concat(frames, ignore_index=True)), tuple(notes))


@cache
def chest6_regions() -> Mapping[str, str]:
    """RadGenome region → the chest-6 region that has most of its structures."""
    found = dict(WITHOUT_CLASSES)
    for region in load_taxonomy("radgenome10"):
        shared = Counter(home.key for name in region.structures if (home := CHEST6.region_of(name)))
        if shared:
            found[region.key] = shared.most_common(1)[0][0]
    return found


def _part(root: Path, below: str, name: str, stem: str, split: Split, notes: list[str]) -> Frame:
    tables = root / below / "radgenome_files"
    report = tables / f"{stem}_region_report.csv"
    sentences = read_table(report, [VOLUME, "Anatomy", "Sentence"])
    sentences = sentences.assign(Sentence=said(sentences["Sentence"]), region=_region(sentences["Anatomy"]))
    names = sentences[VOLUME].drop_duplicates()
    frame = pd.DataFrame(identified(names, report)).assign(split=split)
    # The folder of a scan is train_1a here, where CT-RATE has train_1_a.
    folder = frame["patient"] + "/" + frame["scan"].str.replace(r"_([a-z]+)$", r"\1", regex=True)
    frame["volume"] = Path(below, f"{name}_preprocessed").as_posix() + "/" + folder + "/" + names
    if (root / below / f"{name}_region_mask").is_dir():
        frame["masks"] = Path(below, f"{name}_region_mask").as_posix() + "/seg_" + frame["id"]
    else:
        notes.append(f"{name}_region_mask is missing: its cases have no masks.")
    whole = sentences.groupby(VOLUME, sort=False)["Sentence"].agg(_joined)
    sections = _sections(sentences)
    questions = _questions(tables, stem, notes)
    return frame.assign(
        findings=names.map(whole),
        sections=[sections.get(name, {}) for name in names],
        questions=[tuple(questions.get(name, ())) for name in names],
    )


def _region(anatomy: Column) -> Column:
    """The region that a place such as ``lung/left lung/…`` lies in; empty for the whole scan."""
    return said(anatomy).str.split("/").str[0].str.strip().str.lower()


def _sections(sentences: Frame) -> dict[str, dict[str, str]]:
    """Volume → chest-6 region → its sentences, in the regions' order."""
    placed = sentences.assign(key=sentences["region"].map(chest6_regions())).dropna(subset="key")
    joined = placed.groupby([VOLUME, "key"], sort=False)["Sentence"].agg(_joined)
    found: dict[str, dict[str, str]] = {}
    for (name, key), text in joined.items():
        found.setdefault(name, {})[key] = text
    order = [region.key for region in CHEST6]
    return {name: {key: texts[key] for key in order if texts.get(key)} for name, texts in found.items()}


def _questions(tables: Path, stem: str, notes: list[str]) -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {}
    for kind, asked in QUESTIONS.items():
        file = tables / f"{stem}_vqa_{kind}.csv"
        if not file.is_file():
            notes.append(f"{file.name} is missing: there are no questions of its kind.")
            continue
        topic = asked.topic or "Anatomy"
        table = read_table(file, dict.fromkeys((VOLUME, "Anatomy", topic, asked.answer)))
        columns = (said(table["Anatomy"]), table[topic].str.strip(), said(table[asked.answer]))
        for name, anatomy, about, answer in zip(table[VOLUME], *columns, strict=True):
            if not answer:
                continue
            place = anatomy or "scan"
            question = asked.wording.format(topic=about.lower(), region=place.split("/")[-1])
            found.setdefault(name, []).append(Question(kind, question, answer, region=anatomy or None))
    return found


def _joined(sentences: Column) -> str:
    return " ".join(filter(None, sentences))
