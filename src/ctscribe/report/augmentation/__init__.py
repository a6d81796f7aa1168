"""AMOS-MM's two knowledge-based augmentations of a report: what a question answers, and what usually goes unsaid.

Apply ``add_answers`` first, then ``add_normal_sentences``: each leaves out what the report already speaks of, and an
answer knows more of the scan than a default does. Hold the result to the measurements with ``check_consistency``.
"""

from ctscribe.report.augmentation.normality import NormalSentence, add_normal_sentences, normal_sentences
from ctscribe.report.augmentation.questioning import Triplet, add_answers, common_triplets

__all__ = ["NormalSentence", "Triplet", "add_answers", "add_normal_sentences", "common_triplets", "normal_sentences"]
