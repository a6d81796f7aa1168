"""The words that a reader knows: kinds, their attributes, and what is said of many kinds at once.

Written without the wordings' own tables, so that a mistake in those is seen here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PARENCHYMA = (
    "nodule", "mass", "consolidation", "ground_glass", "emphysema", "atelectasis", "fibrotic_band", "septal_thickening",
    "peribronchial_thickening", "bronchiectasis", "mosaic_attenuation",
)  # fmt: skip


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


KIND_WORDS: Mapping[str, re.Pattern[str]] = {
    "nodule": _words(r"\bnodul(?:es?|ar)\b"),
    "mass": _words(r"\bmass(?:es)?\b"),
    "consolidation": _words(r"\bconsolidation"),
    "ground_glass": _words(r"\bground-glass\b"),
    "emphysema": _words(r"\bemphysema"),
    "atelectasis": _words(r"\batelecta"),
    "fibrotic_band": _words(r"\bfibrotic\b"),
    "septal_thickening": _words(r"\bsept(?:a|al)\b"),
    "peribronchial_thickening": _words(r"\bperibronchial\b|\bbronchial wall"),
    "bronchiectasis": _words(r"\bbronchiecta"),
    "mosaic_attenuation": _words(r"\bmosaic\b"),
    "pleural_effusion": _words(r"\bpleural\b|\bcostophrenic\b"),
    "lymphadenopathy": _words(r"\blymph|\bnodes?\b"),
    "hiatal_hernia": _words(r"\bhiat(?:al|us)\b"),
    "cardiomegaly": _words(
        r"\bcardiomegaly\b|\bheart (?:is|size|dimensions|not)\b|\bcardiac (?:enlargement|silhouette|size)\b"
        r"|\bcardiothoracic ratio\b|\benlarged heart\b"
    ),
    "pericardial_effusion": _words(r"\bpericardi(?:um|al)\b"),
    "arterial_calcification": _words(r"\baort(?:a|ic)\b"),
    "coronary_calcification": _words(r"\bcoronary\b|\bcircumflex\b|\banterior descending\b"),
    "medical_material": _words(r"\bcatheter\b|\bpacemaker\b|\bwires\b|\btube\b|\bmedical\b|\bforeign\b"),
    "kidney_cyst": _words(r"\brenal cyst|\bcyst.*\bkidney|\bkidneys?\b.*\bcyst"),
    "liver_cyst": _words(
        r"\b(?:hepatic|liver) cyst|\bcyst.*\b(?:in|of) the (?:\w+ )*liver|^in the liver,.*cyst"
        r"|\bliver (?:is|parenchyma).*cyst"
    ),
    "hepatic_steatosis": _words(
        r"steatosis\b|\bfatty\b|\bliver (?:parenchyma )?(?:density|attenuation)\b|\bhepatic attenuation\b"
        r"|\b(?:density|attenuation) of the liver\b|\bliver parenchyma is of normal density\b"
    ),
    "vertebral_compression": _words(r"\bvertebra|\bspine\b|\bT\d+\b"),
    "rib_fracture": _words(r"\bribs?\b"),
}
"""What names a kind, affirmed or denied."""

AT_ONCE: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (_words(r"\blungs are clear|\bclear lungs|\blung parenchyma (?:is|are|show)|\bno acute pulmonary"), PARENCHYMA),
    (_words(r"\bno pathology .*parenchyma|\bno lesion .*parenchyma"), PARENCHYMA),
    (
        _words(r"\baerat"),
        ("consolidation", "ground_glass", "atelectasis", "emphysema", "mosaic_attenuation"),
    ),
    (_words(r"\binfiltrati|\bairspace (?:disease|opacity)"), ("consolidation", "ground_glass")),
    (_words(r"\bspace-occupying|\bpulmonary lesion"), ("nodule", "mass")),
    (_words(r"\bsegmental bronchi\b|\binterlobular structures\b|\bbronchial calibre"),
     ("septal_thickening", "peribronchial_thickening", "bronchiectasis")),
    (_words(r"\bliver is unremarkable"), ("liver_cyst", "hepatic_steatosis")),
    (_words(r"\bbone structures\b"), ("vertebral_compression", "rib_fracture")),
)  # fmt: skip
"""What calls many kinds absent."""

SILENT = _words(r"\btrachea\b|\bcentral airways\b|\btracheobronchial\b|\b(?:not within|outside|enter|not imaged)\b.*")
"""What speaks of no kind."""

DENIAL = _words(
    r"\bno\b|\bnot\b|\bnegative\b|\bnormal(?:ly)?\b|\bfree of\b|\bclear\b|\bunremarkable\b|\bintact\b|\bpreserved\b"
    r"|\bmaintained\b|\bwithin (?:normal )?limits\b|\bwithout\b"
)
AFFIRMED_ALL_THE_SAME = _words(r"\b(?:no|without) air bronchogram\b|\babove normal limits\b")
"""Denials inside a sentence that affirms."""

SEVERITY = {"mild": r"(?:mild|slight)(?:ly)?", "moderate": r"moderate(?:ly)?", "severe": r"(?:severe|marked)(?:ly)?"}
SIZE = {"small": r"small|minimal|trace", "moderate": r"moderate", "large": r"large"}
ATTRIBUTES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "nodule": {
        "density": {"solid": r"(?<!-)solid", "part-solid": r"part-solid|semisolid|subsolid",
                    "ground-glass": r"ground-glass", "calcified": r"calcifi(?:ed|c)"},
        "margin": {"smooth": r"smooth|regular|well-defined", "spiculated": r"spiculated"},
    },
    "mass": {"margin": {"lobulated": r"lobulated", "spiculated": r"spiculated", "smooth": r"smooth|regular"}},
    "consolidation": {
        "extent": {"patchy": r"patchy|multifocal", "segmental": r"segmental", "lobar": r"lobar"},
        "bronchogram": {"yes": r"air bronchograms", "no": r"(?:no|without) air bronchogram"},
    },
    "ground_glass": {
        "pattern": {"patchy": r"patchy|multifocal", "peripheral": r"peripheral|subpleural", "diffuse": r"diffuse"}
    },
    "emphysema": {
        "type": {"centrilobular": r"centrilobular", "paraseptal": r"paraseptal"}, "severity": SEVERITY,
    },
    "atelectasis": {
        "type": {"linear": r"linear|plate-like", "segmental": r"segmental", "passive": r"passive|compressive"}
    },
    "septal_thickening": {"severity": SEVERITY},
    "peribronchial_thickening": {"severity": SEVERITY},
    "bronchiectasis": {"type": {"cylindrical": r"cylindrical", "cystic": r"cystic"}},
    "pleural_effusion": {"size": SIZE},
    "lymphadenopathy": {
        "station": {name: name for name in ("right paratracheal", "left paratracheal", "aortopulmonary", "subcarinal",
                                            "right hilar", "left hilar")}
    },
    "hiatal_hernia": {"size": SIZE},
    "cardiomegaly": {"severity": SEVERITY},
    "pericardial_effusion": {"size": SIZE},
    "arterial_calcification": {
        "vessel": {name: name for name in ("ascending aorta", "aortic arch", "descending aorta")}, "severity": SEVERITY,
    },
    "coronary_calcification": {
        "vessel": {"left anterior descending": r"left anterior descending artery",
                   "circumflex": r"left circumflex artery", "right coronary": r"right coronary artery"},
        "severity": SEVERITY,
    },
    "medical_material": {
        "device": {name: name for name in ("central venous catheter", "pacemaker", "sternal wires", "chest tube",
                                           "nasogastric tube")}
    },
    "hepatic_steatosis": {"severity": SEVERITY},
    "vertebral_compression": {"severity": SEVERITY},
}  # fmt: skip
"""Kind → attribute → value → the words for it."""

TOLD_SINGLY = frozenset({
    "nodule", "mass", "pleural_effusion", "lymphadenopathy", "hiatal_hernia", "cardiomegaly", "pericardial_effusion",
    "medical_material", "kidney_cyst", "liver_cyst", "hepatic_steatosis", "vertebral_compression",
})  # fmt: skip
"""Kinds of which a sentence without a plural tells one finding, and no more."""

PLURAL = _words(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b|\bnodules\b|\bcysts\b|\bnodes\b|\beffusions\b"
    r"|\blymphadenopath.*\bup to\b|\blymphadenopathies\b|\bbilateral|\bboth\b|\blargest\b"
)
NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

ABBREVIATIONS: Mapping[str, str] = {
    r"\bRUL\b": "right upper lobe", r"\bRML\b": "right middle lobe", r"\bRLL\b": "right lower lobe",
    r"\bLUL\b": "left upper lobe", r"\bLLL\b": "left lower lobe", r"\bGGOs\b": "ground-glass opacities",
    r"\bGGO\b": "ground-glass opacity", r"\bGGN\b": "ground-glass nodule", r"\bLNs\b": "lymph nodes",
    r"\bLN\b": "lymph node", r"\bLAP\b": "lymphadenopathy", r"\bCTR\b": "cardiothoracic ratio",
    r"\bCVC\b": "central venous catheter", r"\bNGT\b": "nasogastric tube",
    r"\bLAD\b": "left anterior descending artery", r"\bLCx\b": "left circumflex artery",
    r"\bRCA\b": "right coronary artery", r"\bPE\b": "pleural effusion",
    r"\bb/l\b": "bilateral", r"\bw/o\b": "without", r"\bw/ ": "with ", r"\bc/w\b": "consistent with",
    r"\bR kidney": "right kidney", r"\bL kidney": "left kidney",
}  # fmt: skip
COMPARISON = _words(
    r"^(?:when )?(?:compared|in comparison) (?:with|to)[^,]*, |^as in the previous examination, "
    r"|^(?:unchanged from prior|again noted|stable since [\d.]+): "
    r"|, (?:unchanged|stable|new|newly developed|which was also present|(?:slightly )?increased from|previously)\b"
    r".*(?=\.$)"
    r"| \((?:unchanged|previously|it was)[^)]*\)|\b(?:stable|known|unchanged|newly developed|new) "
)
HEDGE = _words(
    r", (?:which may (?:be compatible with|represent)|in favour of|suggestive of|compatible with|likely representing"
    r"|consistent with) (?!\w+ cardiomegaly)[^.,]*"
)
