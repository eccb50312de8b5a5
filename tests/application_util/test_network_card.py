from __future__ import annotations

import hashlib
import json

import pytest

from application_util.errors import UserError
from application_util.files.network_card import (
    NetworkCard,
    card_path,
    distance_warnings,
    network_card,
    network_sha256,
    read_card,
    say_distance,
    write_card,
)

CARD = NetworkCard("net.pb", "ab" * 32, 128, 0.3, "some images", "research", {"color_order": "RGB"})


def test_written_cards_are_read(tmp_path):
    write_card(tmp_path / "SEQ.npy", CARD)
    assert card_path(tmp_path / "SEQ.npy").name == "SEQ.json"
    assert read_card(tmp_path / "SEQ.npy") == CARD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "[" * 100_000,
        json.dumps({**vars(CARD), "max_cosine_distance": 10**400}),
        '{"images": []}',
        '{"name": 1',
        json.dumps({**vars(CARD), "max_cosine_distance": "far"}),
        json.dumps({**vars(CARD), "max_cosine_distance": -0.1}),
        json.dumps({**vars(CARD), "image_format": "RGB"}),
        json.dumps({**vars(CARD), "max_cosine_distance": "0.2"}),
        json.dumps({**vars(CARD), "max_cosine_distance": True}),
        json.dumps({**vars(CARD), "max_cosine_distance": float("nan")}),
        json.dumps({**vars(CARD), "dimension": "128"}),
        json.dumps({**vars(CARD), "name": 5}),
    ],
)
def test_other_files_of_that_name_are_no_cards(tmp_path, text, capsys):
    (tmp_path / "SEQ.json").write_text(text)
    assert read_card(tmp_path / "SEQ.npy") is None
    write_card(tmp_path / "SEQ.npy", None)
    write_card(tmp_path / "SEQ.npy", CARD)
    assert (tmp_path / "SEQ.json").read_text() == text and "left as it is" in capsys.readouterr().err


def test_a_card_of_features_that_are_gone_goes(tmp_path):
    write_card(tmp_path / "SEQ.npy", CARD)
    write_card(tmp_path / "SEQ.npy", None)
    assert not (tmp_path / "SEQ.json").exists()


def test_a_network_without_a_card_has_name_and_sha256(tmp_path):
    network = tmp_path / "net.pb"
    network.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    assert network_card(network, 7) == NetworkCard("net.pb", sha256, 7)
    card = NetworkCard("net.pb", sha256, 7, 0.4)
    write_card(network, card)
    assert network_card(network, 7) == card


def test_a_card_of_another_network_is_left_out(tmp_path, capsys):
    network = tmp_path / "net.pb"
    network.write_bytes(b"weights")
    write_card(network, CARD)
    assert network_card(network, 128).max_cosine_distance is None
    assert "net.json: is about another file than net.pb" in capsys.readouterr().err


@pytest.mark.parametrize("distance, said", [(0.3, False), (0.0, False), (0.2, True)])
def test_another_distance_than_recommended_is_said(tmp_path, distance, said):
    write_card(tmp_path / "SEQ.npy", CARD)
    words = "SEQ.npy: features of net.pb, for which --max_cosine_distance 0.3 is recommended, not 0.2"
    assert distance_warnings(tmp_path / "SEQ.npy", distance) == ([words] if said else [])
    assert distance_warnings(tmp_path / "other.npy", distance) == []
    write_card(tmp_path / "SEQ.npy", NetworkCard("net.pb", "ab" * 32, 128))
    assert distance_warnings(tmp_path / "SEQ.npy", distance) == []


@pytest.mark.parametrize("default, said", [(0.3, False), (0.2, True)])
def test_a_distance_other_than_the_default_is_said(capsys, default, said):
    say_distance(CARD, default)
    assert capsys.readouterr().err == (
        "features of net.pb: track them with --max_cosine_distance 0.3\n" if said else ""
    )
    say_distance(None, default)
    say_distance(NetworkCard("net.pb", "ab" * 32, 128), default)
    assert not capsys.readouterr().err


def test_the_hash_of_a_network_is_that_of_all_its_files(tmp_path):
    for name, content in (
        ("net.xml", b"graph"),
        ("net.bin", b"weights"),
        ("net.onnx", b"all"),
        ("net.zip", b"packed"),
        ("one.xml", b"one"),
    ):
        (tmp_path / name).write_bytes(content)
    expected = {"net.xml": b"graphweights", "net.onnx": b"all", "net.zip": b"packed", "one.xml": b"one"}
    for name, content in expected.items():
        assert network_sha256(tmp_path / name) == hashlib.sha256(content).hexdigest()


def test_a_card_and_its_network_are_compared(tmp_path, capsys):
    network = tmp_path / "net.pb"
    network.write_bytes(b"weights")
    about = {**vars(CARD), "sha256": network_sha256(network)}
    card_path(network).write_text(json.dumps(about))
    assert network_card(network, 128).max_cosine_distance == 0.3
    with pytest.raises(UserError, match=r"net.json: features of 128 dimensions, but net.pb gives 64"):
        network_card(network, 64)
    assert capsys.readouterr().err == ""
    card_path(network).write_text(json.dumps(vars(CARD)))
    assert network_card(network, 64).dimension == 64
    assert "has changed since; its image_format is used nevertheless" in capsys.readouterr().err
    card_path(network).write_text("{")
    assert network_card(network, 64).image_format == {}
    assert "net.json: no card of a network, and not used" in capsys.readouterr().err
