"""TotalSegmentator as a segmenter: its command-line program, run on a copy of the scan that knows no patient.

Wasserthal et al., Radiology: Artificial Intelligence 5 (2023) e230024. The program downloads the weights of a task the
first time that the task runs, into ``TOTALSEG_HOME_DIR`` (else ``~/.totalsegmentator``); choosing this segmenter is
asking for that. Nothing is downloaded from here.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from importlib import import_module, metadata
from pathlib import Path

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.segmenters.gathering import Gathering
from ctscribe.anatomy.segmenters.mask_files import MaskImage, read_mask_image
from ctscribe.anatomy.segmenters.placing import lies_on_grid
from ctscribe.anatomy.taxonomy import totalsegmentator_classes
from ctscribe.anatomy.writing import write_nifti
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadInput, BadMasks, CTScribeError, MissingExtra

PROGRAM = "TotalSegmentator"

TASKS = ("total", "lung_nodules", "pleural_pericard_effusion", "kidney_cysts", "lung_vessels", "trunk_cavities")
"""``total``, and the openly licensed tasks that find lesions or what ``total`` leaves unlabelled in the chest."""

OTHER_TASKS: Mapping[str, Mapping[int, str]] = {
    "lung_nodules": {1: "lung", 2: "lung_nodules"},
    "pleural_pericard_effusion": {2: "pleural_effusion", 3: "pericardial_effusion"},
    "kidney_cysts": {1: "kidney_cyst_left", 2: "kidney_cyst_right"},
    "lung_vessels": {1: "lung_airways", 2: "lung_airways_wall", 3: "lung_arteries", 4: "lung_veins"},
    "trunk_cavities": {1: "abdominal_cavity", 2: "thoracic_cavity", 3: "pericardium", 4: "mediastinum"},
}
"""Label ids of the other tasks in version 2, for files that do not name their labels themselves. The two cavities have
no place in a label map (``class_names.FURTHER_CLASSES``)."""

TIMEOUT_S = 3600.0
"""For one task: long enough for a slow CPU, short enough that a program that hangs comes to an end."""

_PATH = re.compile(r"(?:[A-Za-z]:)?[~.\w-]*[/\\][^\s'\",:;]*")


class TotalSegmentatorSegmenter:
    """Organs and lesions by TotalSegmentator v2.

    Parameters
    ----------
    device : ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    fast : ``total`` with its 3 mm model; the other tasks have no such model and run as they are.
    tasks : what to run, in this order. ``total`` gives the organs; lesion tasks give lesion masks; whatever else a task
        names, lung vessels, airways, pericardium and mediastinum, fills voxels that ``total`` leaves empty.
    timeout_s : seconds that one task may take.
    """

    name = "totalsegmentator"

    def __init__(
        self,
        device: str = "cpu",
        fast: bool = False,
        tasks: tuple[str, ...] = TASKS,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.device = _program_device(device)
        self.fast = fast
        self.tasks = tasks
        self.timeout_s = timeout_s

    def __call__(self, volume: CTVolume) -> LabelMap:
        """Run every task on the volume.

        Raises
        ------
        MissingExtra : the program is not installed.
        CTScribeError : a task fails, takes too long, or leaves no output on the scan's grid.
        """
        program = shutil.which(PROGRAM)
        if program is None:
            raise MissingExtra(
                f"the program {PROGRAM} is not installed",
                hint='pip install "ctscribe[totalsegmentator]"',
                code="totalsegmentator-missing",
            )
        gathering = Gathering(volume)
        with tempfile.TemporaryDirectory(prefix="ctscribe-") as private:
            scan = Path(private) / "ct.nii.gz"
            write_nifti(volume.hu, volume.affine, scan)
            for task in self.tasks:
                self._run_task(program, task, scan, gathering)
        if self.fast:
            gathering.note("TotalSegmentator ran with its fast model of 3 mm: outlines are coarse.")
        return LabelMap(
            labels=gathering.tidy_labels(),
            names=gathering.names,
            affine=volume.affine,
            source=f"{PROGRAM} {_version()}".strip(),
            lesions=gathering.lesions,
            notes=tuple(gathering.notes),
        )

    def _run_task(self, program: str, task: str, scan: Path, gathering: Gathering) -> None:
        output = scan.with_name(f"{task}.nii.gz")
        command = [program, "-i", str(scan), "-o", str(output), "--ml", "--task", task, "--device", self.device]
        if self.fast and task == "total":
            command.append("--fast")
        code, said = run_quietly([*command, "--quiet"], scan.parent, self.timeout_s, task)
        if code and task != "total" and "invalid choice" in said:
            gathering.note(f"The installed TotalSegmentator does not know the task {task}; it was left out.")
            return
        if code:
            raise CTScribeError(
                f"{PROGRAM} failed on the task {task}: {last_line(said) or f'exit code {code}'}",
                hint=f"run {PROGRAM} by itself on the scan to see its whole output",
                code="totalsegmentator-failed",
            )
        image = _output_of(task, output, gathering.volume)
        gathering.add(image, _names_of(task, image))


def run_quietly(command: list[str], folder: Path, timeout_s: float, task: str) -> tuple[int, str]:
    """Run a program in a process group of its own, so that its workers end with it; its exit code and what it said.

    Raises
    ------
    CTScribeError : it took longer than ``timeout_s`` (``totalsegmentator-timeout``).
    """
    log = folder / "log.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=folder, start_new_session=True
        )
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise CTScribeError(
                f"{PROGRAM} did not finish the task {task} within {timeout_s:.0f} s",
                hint="use --fast or a GPU (-d cuda)",
                code="totalsegmentator-timeout",
            ) from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return code, log.read_text(encoding="utf-8", errors="replace")


def last_line(said: str) -> str:
    """The last line of a program's output, without the paths in it, at most 200 characters."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return _PATH.sub("…", lines[-1])[:200] if lines else ""


def _program_device(device: str) -> str:
    if re.fullmatch(r"cpu|mps|cuda(:\d+)?", device) is None:
        raise BadInput(f"unknown device {device!r}", hint="cpu, cuda, cuda:N or mps", code="unknown-device")
    return device.replace("cuda", "gpu")


def _output_of(task: str, output: Path, volume: CTVolume) -> MaskImage:
    """The labels that a task wrote; they must lie on the grid that the program was given."""
    if not output.is_file():
        raise CTScribeError(
            f"{PROGRAM} ended without an error but wrote nothing for the task {task}",
            hint=f"run {PROGRAM} by itself on the scan to see its whole output",
            code="totalsegmentator-no-output",
        )
    try:
        image = read_mask_image(output)
    except BadMasks as error:
        raise _wrong_output(task, error.message) from error
    if not lies_on_grid(image, volume):
        raise _wrong_output(task, "it lies on another grid")
    return image


def _wrong_output(task: str, what: str) -> CTScribeError:
    return CTScribeError(
        f"what {PROGRAM} wrote for the task {task} is not a label map of the scan: {what}",
        hint="update TotalSegmentator, or give its masks with --segmenter MASKS",
        code="totalsegmentator-wrong-output",
    )


def _names_of(task: str, image: MaskImage) -> Mapping[int, str]:
    """Label names: from the file, else from the installed package, else from the tables that ship with ctscribe."""
    if image.names:
        return image.names
    try:
        return import_module("totalsegmentator.map_to_binary").class_map[task]
    except (ImportError, AttributeError, KeyError):
        return totalsegmentator_classes() if task == "total" else OTHER_TASKS.get(task, {})


def _version() -> str:
    try:
        return metadata.version(PROGRAM)
    except metadata.PackageNotFoundError:
        return ""
