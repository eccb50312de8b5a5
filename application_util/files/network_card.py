"""A network's card, ``<network>.json`` beside it, and ``<sequence>.json`` beside each detection file made with it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from application_util.errors import UserError
from application_util.files.json_file import read_json, write_json
from application_util.progress import say, warn

TEXT_FIELDS = ("name", "sha256", "trained_on", "terms", "precision", "origin")


@dataclass(frozen=True)
class NetworkCard:
    """Where features come from and how far apart they may be.

    Parameters
    ----------
    name : str
        The network's file name.
    sha256 : str
        Of that file, see `network_sha256`.
    dimension : int
        Length of its features.
    max_cosine_distance : float or None
        The recommended ``--max_cosine_distance``, None where nobody has said.
    trained_on : str
        The images it was trained on.
    terms : str
        What it may be used for.
    image_format : dict
        What images it takes, where not BGR from 0 to 255: the arguments of
        `tools.network.image_format.ImageFormat`.
    precision : str
        Of a detection file, what the network computed in; of a network that was quantised, ``int8``.
    origin : str
        SHA-256 of the network that a quantised one was made from.
    made : dict
        Of a detection file, what else it depends on, and its own hash.
    """

    name: str
    sha256: str
    dimension: int
    max_cosine_distance: float | None = None
    trained_on: str = ""
    terms: str = ""
    image_format: dict[str, Any] = field(default_factory=dict)
    precision: str = "float32"
    origin: str = ""
    made: dict[str, Any] = field(default_factory=dict)

    def made_alike(self, other: NetworkCard | None) -> bool:
        """Return whether features of this card and of another were made by the same network in the same way."""
        return other is not None and (self.sha256, self.precision, self.made) == (
            other.sha256,
            other.precision,
            other.made,
        )


def card_path(path: str | Path) -> Path:
    """Return where the card of a network or a detection file lies: beside it, ending in ``.json``."""
    return Path(path).with_suffix(".json")


def read_card(path: str | Path) -> NetworkCard | None:
    """Return the card of a network or a detection file.

    Parameters
    ----------
    path : str or Path
        The network or detection file.

    Returns
    -------
    NetworkCard or None
        None where there is none: other programs' files may have the same name.
    """
    try:
        found = read_json(card_path(path))
        values = {each.name: found[each.name] for each in fields(NetworkCard) if each.name in found}
        card = NetworkCard(**values)
        return None if _wrong_fields(card) else card
    except (UserError, ValueError, TypeError, KeyError, OverflowError):
        return None


def _wrong_fields(card: NetworkCard) -> list[str]:
    """Return the names of fields that hold something else than they should."""
    distance = card.max_cosine_distance
    right = {
        "sha256": len(card.sha256) == 64,
        "dimension": type(card.dimension) is int and card.dimension > 0,
        "max_cosine_distance": distance is None
        or (type(distance) in (int, float) and math.isfinite(distance) and distance >= 0),
        "image_format": isinstance(card.image_format, dict),
    }
    texts = {name: isinstance(getattr(card, name), str) for name in TEXT_FIELDS}
    return [name for name, fine in (right | texts).items() if not fine]


def network_sha256(network: str | Path) -> str:
    """Return the SHA-256 of a network's file, for OpenVINO's ``.xml`` of that and the weights in ``.bin``."""
    digest = hashlib.sha256(Path(network).read_bytes())
    weights = Path(network).with_suffix(".bin")
    if Path(network).suffix.lower() == ".xml" and weights.is_file():
        digest.update(weights.read_bytes())
    return digest.hexdigest()


def network_card(network: str | Path, dimension: int) -> NetworkCard:
    """Return what is known of a network: its card, or its name, sha256 and dimension alone.

    Parameters
    ----------
    network : str or Path
        The network's file.
    dimension : int
        Length of its features.

    Raises
    ------
    UserError
        If the card is of this file and tells another length.
    """
    sha256 = network_sha256(network)
    card, place = read_card(network), card_path(network)
    if card is not None and card.sha256 == sha256:
        if card.dimension != dimension:
            raise UserError(
                f"{place}: features of {card.dimension} dimensions, but {Path(network).name} gives {dimension}: "
                "is it the card of another output?"
            )
        return card
    if card is not None:
        used = "; its image_format is used nevertheless" if card.image_format else ""
        warn(f"{place}: is about another file than {Path(network).name}, which has changed since{used}")
    elif place.exists():
        warn(f"{place}: no card of a network, and not used: images are given as BGR of 0 to 255")
    return NetworkCard(Path(network).name, sha256, dimension)


def write_card(path: str | Path, card: NetworkCard | None) -> None:
    """Write the card of a network or a detection file.

    Parameters
    ----------
    path : str or Path
        The network or detection file.
    card : NetworkCard or None
        None removes the card that is there: nothing is known of the new file. Another program's file stays.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    place = card_path(path)
    mine = read_card(path) is not None
    if card is not None and place.exists() and not mine:
        warn(f"{place}: no card of a network, and left as it is: nothing says what network {path} is of")
    elif card is not None:
        write_json(place, asdict(card))
    elif mine:
        place.unlink()


def say_distance(card: NetworkCard | None, default: float) -> None:
    """Say what distance the tracker needs for a network's features, where it is not the default."""
    if card is not None and card.max_cosine_distance not in (None, default):
        say(f"features of {card.name}: track them with --max_cosine_distance {card.max_cosine_distance:g}")


def distance_warnings(detection_file: str | Path, max_cosine_distance: float) -> list[str]:
    """Return what the user should know where features are meant for another distance than the tracker's.

    Nothing is said of a distance of 0, which switches appearance off.

    Parameters
    ----------
    detection_file : str or Path
    max_cosine_distance : float
        The tracker's.
    """
    card = read_card(detection_file)
    recommended = None if card is None else card.max_cosine_distance
    if card is None or recommended is None or max_cosine_distance in (0, recommended):
        return []
    return [
        f"{Path(detection_file).name}: features of {card.name}, for which --max_cosine_distance "
        f"{recommended:g} is recommended, not {max_cosine_distance:g}"
    ]
