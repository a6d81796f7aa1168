"""M3D-Cap and M3D-VQA: CTs of all regions as 8-bit arrays, with captions and questions (Bai et al., arXiv 2404.00578).

The arrays have been scaled to grey values: no Hounsfield unit can be had from them, and no case is made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ctscribe.data.cases import EIGHT_BIT
from ctscribe.data.record import CaseRecord, Question, Split
from ctscribe.data.sources.source import SOURCES, Found
from ctscribe.data.tables import Frame, read_json, read_table
from ctscribe.errors import BadInput

CAPTIONS = "M3D_Cap.json"
SPLITS: Mapping[str, Split] = {"train": "train", "validation": "validation", "test": "test"}
CHOICES = ("A", "B", "C", "D")
COLUMNS = (
    "Image Path", "Question", *(f"Choice {letter}" for letter in CHOICES), "Answer", "Answer Choice", "Question Type",
)  # fmt: skip
NOTE = "The volumes are 8-bit grey values: they serve for their text, and no case is made of them."


@SOURCES.register("m3d-cap")
class M3DCap:
    """M3D-Cap: the folder of ``M3D_Cap.json``, its paths as they stand there."""

    def read(self, root: Path) -> Found:
        """List the captioned volumes; every caption is a file of its own."""
        file = root / CAPTIONS
        content = read_json(file)
        records = [
            _captioned(entry, split, root, f"{file}, {part!r}, entry {at}")
            for part, split in SPLITS.items()
            for at, entry in enumerate(content.get(part, ()) if isinstance(content, dict) else ())
        ]
        if not records:
            raise BadInput(f"{file} has no 'train', 'validation' or 'test' entries", code="unreadable-table")
        return Found(records, (NOTE,))


@SOURCES.register("m3d-vqa")
class M3DVQA:
    """M3D-VQA: the folder of ``M3D_VQA_{train,val,test}*.csv``; images lie where their paths say, below it.

    Parameters
    ----------
    train, validation, test : the file of each split; those that are not there are passed over.
    """

    def __init__(
        self,
        *,
        train: str = "M3D_VQA_train.csv",
        validation: str = "M3D_VQA_val.csv",
        test: str = "M3D_VQA_test.csv",
    ) -> None:
        self.files: Mapping[Split, str] = {"train": train, "validation": validation, "test": test}

    def read(self, root: Path) -> Found:
        """List the volumes that are asked about."""
        there: dict[Split, str] = {split: name for split, name in self.files.items() if (root / name).is_file()}
        if not there:
            read_table(root / self.files["train"])
        records = [
            _record(image, split, questions=tuple(questions))
            for split, name in there.items()
            for image, questions in _asked(read_table(root / name, COLUMNS)).items()
        ]
        return Found(records, (NOTE,))


def _captioned(entry: Mapping[str, str], split: Split, root: Path, where: str) -> CaseRecord:
    try:
        image, text = entry["image"], entry["text"]
    except (KeyError, TypeError):
        raise BadInput(f"{where} lacks its image or text", code="missing-column") from None
    try:
        caption = (root / text).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{where}: {text} cannot be read", hint="copy it again", code="unreadable-file") from None
    return _record(image, split, findings=caption or None)


def _asked(table: Frame) -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {}
    kinds = table["Question Type"]
    for row, kind in zip(table[list(COLUMNS)].itertuples(index=False, name=None), kinds, strict=True):
        image, question, *choices, answer, _, _ = row
        found.setdefault(image, []).append(Question(kind, question, answer, tuple(filter(None, choices))))
    return found


def _record(image: str, split: Split, findings: str | None = None, questions: tuple[Question, ...] = ()) -> CaseRecord:
    """A volume such as ``ct_case/005537/Axial_x.npy``: several of one case folder are of one patient."""
    path = PurePosixPath(image)
    return CaseRecord(
        id=str(path.with_suffix("")),
        patient=str(path.parent),
        split=split,
        volume=str(path),
        findings=findings,
        questions=questions,
        extra={"scale": EIGHT_BIT},
    )
