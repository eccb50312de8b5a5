"""Write features for other programs to rank."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from scipy.io import savemat

from application_util.files.output import write_whole
from tools.reid.data import ReidImages


def write_features(folder: Path, split: str, features: np.ndarray, data: ReidImages) -> None:
    """Write ``<split>_{features,ids,cameras}.npy``, and all three in ``<split>.mat``.

    Parameters
    ----------
    folder : Path
        Where to write; made if it is not there.
    split : str
        ``"query"`` or ``"gallery"``.
    features : ndarray
        (N, M).
    data : ReidImages
        Identities and cameras of the N rows.

    Raises
    ------
    UserError
        If a file cannot be written.
    """
    columns = {"features": features, "ids": data.identities, "cameras": data.cameras}
    matlab = io.BytesIO()
    savemat(matlab, columns, oned_as="column")
    contents = {f"{split}.mat": matlab.getvalue()}
    for name, column in columns.items():
        array = io.BytesIO()
        np.save(array, column, allow_pickle=False)
        contents[f"{split}_{name}.npy"] = array.getvalue()
    for name, content in contents.items():
        write_whole(folder / name, content)
