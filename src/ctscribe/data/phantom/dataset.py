"""Phantoms made as they are asked for, without touching a disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ctscribe.case import Case
from ctscribe.data.phantom.anatomy import Anatomy, packaged_anatomy
from ctscribe.data.phantom.case import VERSION, PhantomCase, Recipe, case_id, make_case
from ctscribe.data.record import CaseRecord, Split


class PhantomDataset:
    """So many phantoms of one split; the same cases as ``ctscribe data phantom`` writes with the same recipe.

    It has a length and items, so a torch ``DataLoader`` takes it as it is, and records and cases, so a cache does.
    """

    def __init__(
        self,
        count: int,
        recipe: Recipe | None = None,
        split: Split = "train",
        anatomies: Sequence[Anatomy] | None = None,
    ) -> None:
        self.count, self.recipe, self.anatomies = count, recipe or Recipe(), anatomies
        self.split: Split = split

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> PhantomCase:
        """Make one phantom.

        Raises
        ------
        IndexError : there are not so many.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"phantom {index} of {self.count}")
        return make_case(self.recipe, self.split, index, self.anatomies)

    @property
    def records(self) -> list[CaseRecord]:
        """The cases as an index would list them, without what is known only once they are made."""
        numbers = range(self.count)
        ids = [case_id(self.split, index) for index in numbers]
        return [CaseRecord(id=one, patient=one, split=self.split, volume=f"phantom:{one}") for one in ids]

    @property
    def digest(self) -> str:
        """What every case depends on."""
        anatomies = [anatomy.sha256 for anatomy in self.anatomies or (packaged_anatomy(),)]
        return json.dumps([VERSION, asdict(self.recipe), anatomies])

    def case(self, index: int) -> Case:
        """One phantom as every later floor takes it."""
        return self[index].case()
