from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from application_util.errors import UserError
from tests.support.crops import make_folders, make_market, make_mars, picture, write_picture, zip_folder
from tools.features.patches import extract_image_patch
from tools.reid.data import ImageSource, hold_out, merge, resize_images
from tools.reid.mat_file import read_table
from tools.reid.readers import cuhk03_entries, folder_entries, market1501_entries, mars_entries, read_dataset
from tools.reid.unlabelled import read_unlabelled

SHAPE = (32, 16)


def test_market_folder_and_zip_are_the_same(tmp_path):
    folder = make_market(tmp_path / "data")
    archive = zip_folder(folder, tmp_path / "data.zip")
    for split, count in (("train", 20), ("query", 5), ("gallery", 17)):
        from_folder = read_dataset("market1501", folder, split, SHAPE)
        from_zip = read_dataset("market1501", archive, split, SHAPE)
        assert len(from_folder) == count
        for column in ("images", "identities", "cameras", "tracklets"):
            np.testing.assert_array_equal(getattr(from_folder, column), getattr(from_zip, column))


def test_market_names(tmp_path):
    data = read_dataset("market1501", make_market(tmp_path), "gallery", SHAPE)
    assert data.identities[0] == -1
    assert data.cameras[0] == 1
    assert data.identities[1] == 0
    assert sorted(set(data.identities[2:])) == [501, 502, 503, 504, 505]
    assert len(set(data.tracklets)) == len(data)


def test_market_images_are_bgr(tmp_path):
    data = read_dataset("market1501", make_market(tmp_path), "train", SHAPE)
    expected = picture(1, 0)[2:14, 2:14].mean(axis=(0, 1))
    np.testing.assert_allclose(data.images[0][2:14, 2:14].mean(axis=(0, 1)), expected, atol=4)


def test_mars_train(tmp_path):
    entries = mars_entries(ImageSource(make_mars(tmp_path)), "train")
    assert [(entry.identity, entry.camera) for entry in entries[::2]] == [
        (1, 1),
        (1, 2),
        (3, 1),
        (3, 2),
        (5, 1),
        (5, 2),
    ]
    assert [entry.tracklet for entry in entries] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_mars_query_and_gallery_are_tracklets(tmp_path):
    source = ImageSource(zip_folder(make_mars(tmp_path / "mars"), tmp_path / "mars.zip"))
    query, gallery = mars_entries(source, "query"), mars_entries(source, "gallery")
    assert [(e.identity, e.camera, e.tracklet) for e in query[::3]] == [(2, 1, 0), (4, 1, 2)]
    assert [(e.identity, e.camera) for e in gallery[::3]] == [(2, 2), (4, 3), (0, 2), (-1, 1)]
    assert [e.name.split("/")[-1] for e in query[:3]] == [f"0002C1T0001F00{frame}.jpg" for frame in (1, 2, 3)]


def test_mars_needs_its_info_folder(tmp_path):
    (make_mars(tmp_path) / "info" / "query_IDX.mat").unlink()
    with pytest.raises(UserError, match=r"info/query_IDX\.mat not found"):
        mars_entries(ImageSource(tmp_path), "query")


def test_mars_broken_table_and_missing_image(tmp_path):
    root = make_mars(tmp_path)
    next((root / "bbox_test" / "0002").glob("*C1*F002.jpg")).unlink()
    with pytest.raises(UserError, match=r"0002C1T0001F002\.jpg: listed .* but not in bbox_test"):
        mars_entries(ImageSource(root), "query")
    (root / "info" / "query_IDX.mat").write_bytes(b"no matlab file")
    with pytest.raises(UserError, match=r"info/query_IDX\.mat"):
        mars_entries(ImageSource(root), "query")


@pytest.mark.parametrize(
    "table", [[[0, 3, 1, 1]], [[3, 2, 1, 1]], [[1, 99, 1, 1]], [[1.5, 2, 1, 1]], [[1, 2, 3]], [[np.nan] * 4]]
)
@pytest.mark.parametrize("compressed", [False, True])
def test_mars_tables_of_other_numbers(tmp_path, table, compressed):
    root = make_mars(tmp_path)
    savemat(root / "info" / "tracks_test_info.mat", {"track_test_info": np.array([table])}, do_compression=compressed)
    with pytest.raises(UserError, match=r"info/tracks_test_info\.mat"):
        mars_entries(ImageSource(root), "query")


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "f4", "f8", "u8"])
@pytest.mark.parametrize("compressed", [False, True])
def test_tables_of_matlab(tmp_path, kind, compressed):
    table = np.arange(1, 13).reshape(3, 4).astype(kind)
    savemat(tmp_path / "a.mat", {"other": np.eye(3), "ab": "text", "table": table}, do_compression=compressed)
    assert np.array_equal(read_table((tmp_path / "a.mat").read_bytes(), "table"), table)


def test_a_broken_member_of_an_archive_is_named(tmp_path):
    archive = zip_folder(make_market(tmp_path / "data"), tmp_path / "market.zip")
    content = bytearray(archive.read_bytes())
    content[content.index(b"JFIF") + 40] ^= 1
    archive.write_bytes(content)
    with pytest.raises(UserError, match=r"market\.zip: Market/\S+\.jpg: cannot be read \(Bad CRC"):
        read_dataset("market1501", archive, "train", (32, 16))
        read_dataset("market1501", archive, "query", (32, 16))
        read_dataset("market1501", archive, "gallery", (32, 16))


def test_folders_of_ones_own(tmp_path):
    source = ImageSource(make_folders(tmp_path))
    train = folder_entries(source, "train")
    assert len(train) == 12
    assert len({entry.identity for entry in train}) == 3
    assert len({entry.camera for entry in train}) == 12  # no camera in the names: each image its own
    query, gallery = folder_entries(source, "query"), folder_entries(source, "gallery")
    assert {entry.identity for entry in gallery} == {entry.identity for entry in query} | {0}
    assert {entry.camera for entry in query} == {1}
    assert sorted(entry.camera for entry in gallery if entry.identity)[::2] == [1, 2, 3]


def test_cuhk03(tmp_path):
    for person in ("train-0001", "val-0001"):
        for number in (1, 4, 5, 9):
            write_picture(tmp_path / "cuhk03" / person / f"0001_{number:02d}.jpg", 0, number)
    source = ImageSource(tmp_path)
    assert [(entry.identity, entry.camera) for entry in cuhk03_entries(source, "train")] == [
        (person, camera) for person in (1, 2) for camera in (1, 1, 2, 2)
    ]
    query, gallery = cuhk03_entries(source, "query"), cuhk03_entries(source, "gallery")
    assert [(entry.identity, entry.camera) for entry in query] == [(1, 1), (2, 1)]
    assert [(entry.identity, entry.camera) for entry in gallery] == [(1, 2), (1, 2), (2, 2), (2, 2)]
    write_picture(tmp_path / "cuhk03" / "odd" / "me.jpg", 0, 0)
    with pytest.raises(UserError, match=r"me\.jpg: not <person>"):
        cuhk03_entries(source, "train")


def test_data_sets_together_keep_their_people_apart(tmp_path):
    market = read_dataset("market1501", make_market(tmp_path / "market"), "gallery", SHAPE)
    own = read_dataset("folder", make_folders(tmp_path / "own"), "gallery", SHAPE)
    both = merge([market, own])
    assert len(both) == len(market) + len(own)
    np.testing.assert_array_equal(both.images, np.concatenate([market.images, own.images]))
    first, second = (both[rows] for rows in (np.arange(len(market)), np.arange(len(market), len(both))))
    assert not set(first.identities[first.identities > 0]) & set(second.identities[second.identities > 0])
    assert not set(first.cameras) & set(second.cameras)
    np.testing.assert_array_equal(second.identities == 0, own.identities == 0)  # nobody stays nobody
    assert len(set(second.identities)) == len(set(own.identities))


def test_images_without_identities(tmp_path):
    write_picture(tmp_path / "crops" / "a" / "0.png", 1, 0)
    write_picture(tmp_path / "crops" / "1.jpg", 2, 0)
    data = read_unlabelled(tmp_path / "crops", SHAPE)
    assert data.images.shape == (2, *SHAPE, 3)
    assert not data.known.any()


def test_boxes_of_a_sequence(tmp_path):
    write_picture(tmp_path / "SEQ" / "img1" / "000001.jpg", 1, 0, (90, 120))
    write_picture(tmp_path / "SEQ" / "img1" / "000002.jpg", 1, 1, (90, 120))
    (tmp_path / "SEQ" / "det").mkdir()
    rows = ["1,-1,10,5,20,60,1", "1,-1,10,5,20,30,1", "2,-1,500,5,20,60,1", "2,-1,40,5,30,60,1", "7,-1,1,1,9,60,1"]
    (tmp_path / "SEQ" / "det" / "det.txt").write_text("\n".join(rows))
    data = read_unlabelled(tmp_path / "SEQ", SHAPE)
    assert len(data) == 2  # not the small one, the one outside the image, the one without an image
    image = cv2.imread(str(tmp_path / "SEQ" / "img1" / "000001.jpg"))
    np.testing.assert_array_equal(data.images[0], extract_image_patch(image, (10, 5, 20, 60), SHAPE))


def test_images_come_in_the_asked_size(tmp_path):
    assert read_dataset("folder", make_folders(tmp_path), "train", (24, 48)).images.shape == (12, 24, 48, 3)


def test_shrinking_averages():
    image = np.zeros((1, 4, 4, 3), np.uint8)
    image[:, ::2] = 200
    np.testing.assert_array_equal(resize_images(image, (2, 2)), 100)


def test_wrong_places(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        read_dataset("market1501", tmp_path / "none", "train", SHAPE)
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(UserError, match="zip"):
        read_dataset("market1501", tmp_path / "text.zip", "train", SHAPE)
    with pytest.raises(UserError, match=r"no train images of market1501.*--dataset"):
        read_dataset("market1501", make_folders(tmp_path / "own"), "train", SHAPE)


def test_broken_image_and_odd_name_are_named(tmp_path):
    root = make_market(tmp_path)
    (root / "Market" / "query" / "0501_c9s1_000000_00.jpg").write_bytes(b"\xff\xd8 cut short")
    with pytest.raises(UserError, match=r"query/0501_c9s1_000000_00\.jpg: not a readable image"):
        read_dataset("market1501", root, "query", SHAPE)
    (root / "Market" / "query" / "me.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"me\.jpg: not named PPPP_cC"):
        market1501_entries(ImageSource(root), "query")


def test_held_out_identities_are_apart(tmp_path):
    data = read_dataset("market1501", make_market(tmp_path), "train", SHAPE)
    kept, held = hold_out(data, 0.4, seed=1)
    assert len(set(held.identities)) == 2
    assert not set(held.identities) & set(kept.identities)
    assert len(kept) + len(held) == len(data)
    again = hold_out(data, 0.4, seed=1)[1]
    np.testing.assert_array_equal(held.identities, again.identities)


@pytest.mark.parametrize("place", ["__MACOSX/train/a", "train/a/@eaDir", "#recycle/train/b", ".cache/train/a"])
def test_folders_that_systems_add_hold_no_images(tmp_path, place):
    folder = make_folders(tmp_path / "data")
    expected = list(ImageSource(folder).images())
    (folder / place).mkdir(parents=True)
    write_picture(folder / place / "1.jpg", 0, 0)
    for source in (folder, zip_folder(folder, tmp_path / "data.zip")):
        assert list(ImageSource(source).images()) == expected
