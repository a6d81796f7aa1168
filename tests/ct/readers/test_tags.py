import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from ctscribe.ct.readers import tags


def raw(keyword: str, vr: str, value: bytes) -> Dataset:
    """A header as it comes from a file: bytes, converted on access."""
    header = Dataset()
    tag = Tag(keyword)
    header[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)
    return header


def test_numbers_must_be_as_many_as_asked_and_finite():
    header = raw("PixelSpacing", "DS", b"0.7\\0.8 ")
    assert tags.numbers(header, "PixelSpacing", 2) == (0.7, 0.8)
    assert tags.numbers(header, "PixelSpacing", 3) is None
    assert tags.number(header, "PixelSpacing") is None


@pytest.mark.parametrize("value", [b"", b"abc", b"NaN\\1", b"inf\\1", b"0.7", b"1\\2\\3"])
def test_malformed_numbers_are_none(value: bytes):
    assert tags.numbers(raw("PixelSpacing", "DS", value), "PixelSpacing", 2) is None


def test_malformed_values_neither_raise_nor_warn():
    assert tags.integer(raw("SeriesNumber", "IS", b"3.5 "), "SeriesNumber") is None
    assert tags.integer(raw("SeriesNumber", "IS", b"ab"), "SeriesNumber") is None
    assert tags.integer(raw("Rows", "US", b"\x01"), "Rows") is None
    assert tags.integer(raw("SeriesNumber", "IS", b"0012"), "SeriesNumber") == 12
    assert tags.text(raw("StudyInstanceUID", "UI", b"not a uid"), "StudyInstanceUID") == "not a uid"
    assert tags.items(raw("KVP", "DS", b"120 "), "KVP") == ()


def test_text_loses_terminal_escapes_and_excess():
    assert tags.text(raw("SeriesDescription", "LO", b"Tho\x1b[2Jrax\n"), "SeriesDescription") == "Tho[2Jrax"
    assert len(tags.text(raw("SeriesDescription", "LO", b"a" * 500), "SeriesDescription")) == tags.LONGEST_TEXT
    assert tags.text(raw("ConvolutionKernel", "SH", b"I31f\\3 "), "ConvolutionKernel") == "I31f/3"
    assert tags.text(Dataset(), "Manufacturer") == ""
