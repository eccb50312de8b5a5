"""Folders of images: which files are frames, what a file may announce, what is said without any."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from application_util.errors import UserError
from application_util.sequences.image_header import has_false_chunk, image_size
from application_util.sequences.images import ImageFolder, decode_image, no_images, read_image
from application_util.sequences.sequence import read_sequence
from tests.support.sequences import make_sequence


def write_images(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        cv2.imencode(".png", np.full((4, 6, 3), 9, np.uint8))[1].tofile(folder / name)


@pytest.mark.parametrize("names", [
    ("000002.png", "000001.png", "7.png", "cover.png", "thumb_1.png", ".000009.png", "._000003.png", "8.txt"),
    ("frame_000001.png", "frame_000002.png", "frame_000007.png", "._frame_000009.png", "cover.png"),
    ("cam-2 img00001.png", "cam-2 img00002.png", "cam-2 img00007.png"),
])  # fmt: skip
def test_names_with_and_without_a_prefix(tmp_path, names):
    write_images(tmp_path / "img1", *names)
    assert list(ImageFolder(tmp_path / "img1")) == [1, 2, 7]


def test_images_that_cannot_be_one_sequence(tmp_path):
    write_images(tmp_path / "a", "left_1.png", "right_1.png")
    with pytest.raises(UserError, match=r"a: images of several kinds \(left_, right_\)"):
        ImageFolder(tmp_path / "a")
    write_images(tmp_path / "b", "1.png", "0001.png")
    with pytest.raises(UserError, match=r"1\.png: frame 1 has another image, 0001\.png"):
        ImageFolder(tmp_path / "b")
    write_images(tmp_path / "c", "000001.png", "2026112507.png")
    with pytest.raises(UserError, match=r"2026112507\.png: frame 2026112507 comes 2026112506 frames after"):
        ImageFolder(tmp_path / "c")


@pytest.mark.parametrize(
    ("name", "found"),
    [("img", 3), ("img1", 2), ("nothing", 2), ("..", 2), ("", 2), ("/", 2), ("x" * 3000, 2), ("a\0", 2)],
)
def test_the_folder_of_images_is_that_of_seqinfo(tmp_path, name, found):
    write_images(tmp_path / "S" / "img", "1.png", "2.png", "3.png")
    write_images(tmp_path / "S" / "img1", "1.png", "2.png")
    (tmp_path / "S" / "seqinfo.ini").write_text(f"[Sequence]\nimDir={name}\n")
    assert len(read_sequence(tmp_path / "S").images) == found


def test_without_images_it_is_said_what_is_there(tmp_path):
    (tmp_path / "img").mkdir()
    assert no_images(tmp_path / "img1").endswith("(seqinfo.ini's imDir names another); beside: img")
    assert no_images(tmp_path / "img").endswith("such as 000001.jpg; it has nothing")
    write_images(tmp_path / "img", *(f"{name}.png" for name in "gfedcba"))
    assert no_images(tmp_path / "img").endswith("it has a.png, b.png, c.png, d.png, e.png and 2 more")


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60000, 60000), (31000, 31000), (16385, 8192)])
def test_a_small_file_cannot_take_all_memory(tmp_path, size):
    (tmp_path / "1.png").write_bytes(png(*size))
    with pytest.raises(UserError, match=rf"1\.png: {size[0]} x {size[1]} pixels, more than the 134,217,728"):
        read_image(tmp_path / "1.png")


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "tif", "webp"])
def test_the_size_is_read_from_the_head_of_a_file(kind):
    content = cv2.imencode("." + kind, np.random.default_rng(0).integers(0, 255, (31, 47, 3), np.uint8))[1].tobytes()
    assert image_size(content) == (31, 47)
    if kind == "jpg":  # fill bytes before a marker
        assert image_size(content[:2] + b"\xff\xff" + content[2:]) == (31, 47)
    for end in range(0, min(len(content), 700)):
        assert image_size(content[:end]) in (None, (31, 47))
        for change in (b"\xff\xff", b"\0\0", b"\x80\x01"):
            image_size(content[:end] + change + content[end + 2 :])


def test_the_size_of_a_gif():
    content = b"GIF89a" + (30000).to_bytes(2, "little") + (20000).to_bytes(2, "little") + bytes(9)
    assert image_size(content) == (20000, 30000)
    with pytest.raises(UserError, match="30000 x 20000 pixels, more than"):
        decode_image(content, "a.jpg")


def test_what_is_known_of_a_size_without_decoding(tmp_path):
    folder = make_sequence(tmp_path / "S", 2, suffix="jpg") / "img1"
    first = folder / "000001.jpg"
    assert ImageFolder(folder).announced_size == (96, 128)
    content = first.read_bytes()
    first.write_bytes(content[:2] + b"\xff\xe1\0\x10Exif\0\0" + bytes(8) + content[2:])
    assert ImageFolder(folder).announced_size is None  # it may be turned
    first.write_bytes(b"no image")
    assert ImageFolder(folder).announced_size is None


def test_the_sizes_of_other_kinds_of_webp():
    lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
    assert image_size(cv2.imencode(".webp", np.zeros((31, 47, 3), np.uint8), lossless)[1].tobytes()) == (31, 47)
    extended = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\x2e\0\0" + b"\x1e\0\0"
    assert image_size(extended) == (31, 47)


@pytest.mark.parametrize("content", [b"", b"GIF", b"\xff\xd8\xff", b"II*\0\xff\xff\xff\xff", b"BM"])
def test_files_that_are_no_images(tmp_path, content):
    (tmp_path / "1.png").write_bytes(content)
    with pytest.raises(UserError, match=r"1\.png: "):
        read_image(tmp_path / "1.png")


def test_a_chunk_of_a_png_is_no_longer_than_the_file(tmp_path):
    content = cv2.imencode(".png", np.zeros((9, 5, 3), np.uint8))[1].tobytes()
    place = content.index(b"IDAT") - 4
    broken = content[:place] + b"\x80\0\0\0" + content[place + 4 :]
    assert has_false_chunk(broken)
    assert not has_false_chunk(content) and not has_false_chunk(content + b"appended")
    (tmp_path / "1.png").write_bytes(broken)
    with pytest.raises(UserError, match=r"1\.png: not a readable image"):
        read_image(tmp_path / "1.png")


def test_names_beyond_ascii(tmp_path, monkeypatch):
    monkeypatch.setattr(cv2, "imread", lambda *_: pytest.fail("cv2.imread, which cannot read such names on Windows"))
    write_images(tmp_path / "Straße" / "img1", "000001.png")
    assert read_sequence(tmp_path / "Straße").read_image(1).shape == (4, 6, 3)
