"""ctscribe: a chest CT goes in, a structured radiology report comes out, every sentence tied to what was seen."""

__version__ = "0.1.0"
