from ctscribe.anatomy.segmenters.atlas.packaged import BLOOD, BONES, load_atlas


def test_the_packaged_anatomy_is_whole() -> None:
    atlas = load_atlas()
    assert atlas.ct.dtype == "int16"
    assert tuple(2 * n for n in atlas.ct.shape) == atlas.labels.shape
    assert {"heart", "aorta", "trachea", "spinal_cord", "vertebrae_T1", "rib_left_12"} <= set(atlas.names.values())
    assert not {"kidney_cyst_left", "vertebrae_C5", "gallbladder"} & set(atlas.names.values())
    assert all(atlas.ids(prefix) for prefix in (*BONES, *BLOOD))
    assert atlas.names[atlas.id("liver")] == "liver"


def test_the_mass_is_painted_out() -> None:
    atlas = load_atlas()
    left_lower = atlas.labels[1::2, 1::2, 1::2] == atlas.id("lung_lower_lobe_left")
    assert (atlas.ct[left_lower] > -200).mean() < 0.02
