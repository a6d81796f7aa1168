"""LIDC-IDRI: chest CTs in which up to four radiologists outlined nodules (Armato et al., Med Phys 38, 2011)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from xml.etree import ElementTree

import pydicom
from pydicom.errors import InvalidDicomError

from ctscribe.data.record import CaseRecord
from ctscribe.data.sources.source import SOURCES, Found
from ctscribe.data.splitting import divided
from ctscribe.errors import BadInput


@SOURCES.register("lidc")
class LIDC:
    """Folders of DICOM series and LIDC's XML files of readings, wherever they lie below the root.

    Reports there are none. The nodules become a lesion mask of the case.

    Parameters
    ----------
    agreement : how many of the four readers must hold a voxel to be nodule.
    seed : of the split, 70/10/20 by patient; the data set has none.
    """

    def __init__(self, *, agreement: int = 2, seed: int = 0) -> None:
        if not 1 <= agreement <= 4:
            raise BadInput(f"agreement is 1 to 4 readers, not {agreement}", code="wrong-value")
        self.agreement, self.seed = agreement, seed

    def read(self, root: Path) -> Found:
        """List the series that were read; of each series one header is looked at."""
        readings = {uid: file for file in sorted(root.rglob("*.xml")) if (uid := _series_read(file))}
        if not readings:
            raise BadInput(f"there is no LIDC reading (XML) below {root}", code="file-missing")
        series = _series_below(root)
        there = {uid: file for uid, file in readings.items() if uid in series}
        patients = [series[uid][1] for uid in there]
        splits = divided(patients, {"train": 0.7, "validation": 0.1, "test": 0.2}, seed=self.seed)
        names = [_name(series[uid][0], root) for uid in there]
        records = [
            CaseRecord(
                id=name if names.count(name) == 1 else f"{name}_{uid[-8:]}",
                patient=patient,
                split=split,
                volume=series[uid][0].relative_to(root).as_posix(),
                extra={"readings": file.relative_to(root).as_posix(), "agreement": str(self.agreement)},
            )
            for (uid, file), patient, split, name in zip(there.items(), patients, splits, names, strict=True)
        ]
        without = len(readings) - len(there)
        return Found(records, (f"Readings left out because their series are not here: {without}.",) if without else ())


def _series_read(file: Path) -> str | None:
    """The CT series that an XML file is a reading of; ``None`` for other XML, such as readings of radiographs."""
    try:
        for _, element in ElementTree.iterparse(file):
            if element.tag.endswith("}SeriesInstanceUid"):
                return (element.text or "").strip()
            if element.tag.endswith("}ResponseHeader"):
                return None
    except (ElementTree.ParseError, OSError) as error:
        raise BadInput(f"{file} is not readable XML", hint="copy it again", code="unreadable-file") from error
    return None


def _series_below(root: Path) -> dict[str, tuple[Path, str]]:
    """Series → its folder, and a name for its patient that says nothing of who it is."""
    found: dict[str, tuple[Path, str]] = {}
    for folder in sorted({file.parent for file in root.rglob("*.dcm")}):
        try:
            first = next(iter(sorted(folder.glob("*.dcm"))))
            header = pydicom.dcmread(first, specific_tags=["SeriesInstanceUID", "PatientID"], stop_before_pixels=True)
        except (InvalidDicomError, OSError) as error:
            raise BadInput(f"{folder} holds no readable DICOM", hint="copy it again", code="unreadable-file") from error
        patient = str(header.get("PatientID", "")) or folder.as_posix()
        found[str(header.get("SeriesInstanceUID", ""))] = folder, hashlib.sha256(patient.encode()).hexdigest()[:12]
    return found


def _name(folder: Path, root: Path) -> str:
    """The topmost folder that the data set is divided by, such as ``LIDC-IDRI-0001``."""
    parts = folder.relative_to(root).parts
    return next((part for part in parts if part.startswith("LIDC-IDRI-")), parts[0] if parts else folder.name)
