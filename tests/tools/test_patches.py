from __future__ import annotations

import cv2
import numpy as np
import pytest

from tools.features.patches import cut_patches, extract_image_patch


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)


@pytest.mark.parametrize("shape", [(60, 90), (60, 90, 1), (60, 90, 4)])
def test_images_of_other_channels_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(height, width, 3\)"):
        cut_patches(np.zeros(shape, np.uint8), [[1, 2, 30, 40]], (32, 16))


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ([np.nan, 2, 30, 40], r"box 1: \[nan, 2.0, 30.0, 40.0\] is not finite"),
        ([1, 2, np.inf, 40], "box 1: .* is not finite"),
        ([1, 2, 30], r"box 1: of shape \(3,\)"),
        ([1, 2, 30, 40, 0.9], r"box 1: of shape \(5,\)"),
        (None, r"box 1: of shape \(\)"),
    ],
)
def test_a_box_that_is_none_is_named(image, box, message):
    with pytest.raises(ValueError, match=message):
        cut_patches(image, [[1, 2, 30, 40], box], (32, 16))


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint16])
def test_a_patch_has_the_type_of_its_image(image, kind):
    """As the original's: a float image from 0 to 1 would be black as uint8."""
    patch = extract_image_patch((image / 2).astype(kind), [11.0, 10, 30, 40], (32, 16))
    assert patch.dtype == kind
    assert np.abs(patch - 63.5).mean() > 10


def test_patches_are_those_of_the_original(functions):
    patches = [extract_image_patch(functions["patch_image"], box, (128, 64)) for box in functions["patch_boxes"]]
    assert [patch is not None for patch in patches] == functions["patch_found"].tolist()
    found = np.array([patch for patch in patches if patch is not None])
    assert found.tobytes() == functions["patches"].tobytes()


def test_a_box_of_the_patchs_shape_is_copied(image):
    assert np.array_equal(extract_image_patch(image, [10, 20, 16, 32], (32, 16)), image[20:52, 10:26])


@pytest.mark.parametrize("box", [[11, 10, 30, 41], np.array([11, 10, 30, 41], np.int32)])
def test_boxes_in_whole_numbers_are_widened_in_whole_pixels(image, box):
    """41 high is 20.5 wide, from 15.75 on: cut to 15 and 20, where 36.25 would be the right edge."""
    whole = extract_image_patch(image, box, (32, 16))
    assert np.array_equal(whole, cv2.resize(image[10:51, 15:35], (16, 32)))
    assert not np.array_equal(whole, extract_image_patch(image, [11.0, 10.0, 30.0, 41.0], (32, 16)))


def test_narrow_and_wide_boxes_get_the_aspect_ratio_about_their_centre(image):
    narrow = extract_image_patch(image, [16, 20, 4, 32], (32, 16))
    wide = extract_image_patch(image, (8, 20, 20, 32), (32, 16))
    assert np.array_equal(narrow, image[20:52, 10:26])
    assert np.array_equal(wide, image[20:52, 10:26])


@pytest.mark.parametrize(
    "box",
    [
        (-50, 10, 20, 40),
        (200, 10, 20, 40),
        (10, -80, 20, 40),
        (10, 60, 20, 40),
        (10, 10, 20, 0),
        (10, 10, 20, -5),
        (1e300, 10, 20, 40),
        (np.nan, 10, 20, 40),
    ],
)
def test_nothing_to_cut_out(image, box):
    assert extract_image_patch(image, box, (128, 64)) is None


def test_a_huge_box_is_the_whole_image_without_its_last_row_and_column(image):
    patch = extract_image_patch(image, (-1e9, -1e9, 2e9, 2e9), (59, 89))
    assert np.array_equal(patch, image[:-1, :-1])


def test_the_box_is_left_alone(image):
    box = np.array([10.0, 20.0, 5.0, 32.0])
    extract_image_patch(image, box, (32, 16))
    assert box.tolist() == [10, 20, 5, 32]


def test_noise_for_empty_boxes_depends_on_seed_and_place_alone(image):
    boxes = [(10, 20, 16, 32), (500, 0, 10, 20), (500, 0, 10, 20)]
    patches, empty = cut_patches(image, boxes, (32, 16), seed=(3, 4))
    again, _ = cut_patches(image, boxes, (32, 16), seed=(3, 4))
    other, _ = cut_patches(image, boxes, (32, 16), seed=(3, 5))
    assert empty == 2
    assert np.array_equal(patches, again)
    assert np.array_equal(patches[0], other[0])
    assert not np.array_equal(patches[1], patches[2])
    assert not np.array_equal(patches[1], other[1])
    assert patches[1].std() > 50


def test_no_boxes(image):
    patches, empty = cut_patches(image, [], (32, 16))
    assert patches.shape == (0, 32, 16, 3)
    assert empty == 0


@pytest.mark.parametrize("image", [None, np.zeros((20, 20, 3), np.float32), np.ones((20, 20, 3))])
def test_an_image_that_is_none_or_has_other_values_is_refused(image):
    with pytest.raises(ValueError, match=r"image .*expected"):
        cut_patches(image, np.array([[1.0, 1, 10, 10]]), (16, 8))
