"""The skeleton: where a walking person's joints are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Build:
    """A body.

    Parameters
    ----------
    height : float
        Metres.
    girth : float
        1 for an average person, less for a slim one.
    """

    height: float
    girth: float

    @property
    def stride(self) -> float:
        """Metres of two steps."""
        return 0.82 * self.height


def pose(build: Build, phase: float, pace: float) -> dict[str, np.ndarray]:
    """Joints of a walking person.

    Parameters
    ----------
    build : Build
        The body.
    phase : float
        Of the walk, radians.
    pace : float
        Metres a second; legs and arms swing less when it is small.

    Returns
    -------
    dict of str to ndarray
        (3,) metres right of, above and before the spot where the person stands. Names of paired joints end in
        ``_l`` and ``_r``.
    """
    tall, swing = build.height, min(1.0, pace / 1.2)
    joints: dict[str, np.ndarray] = {}
    thigh = shin = 0.243 * tall
    reach = []
    for side, sign, offset in (("l", -1, 0.0), ("r", 1, np.pi)):
        at = phase + offset
        hip = swing * (0.46 * np.sin(at) + 0.06)
        knee = 0.06 + swing * (0.12 + 0.85 * max(0.0, np.cos(at + 0.25)) ** 1.6)
        ankle = swing * (0.25 * max(0.0, np.sin(at)) - 0.55 * max(0.0, -np.sin(at - 0.5)))
        spread = sign * 0.055 * tall * build.girth**0.5
        knee_at = np.array([spread, -thigh * np.cos(hip), thigh * np.sin(hip)])
        ankle_at = knee_at + np.array([-0.15 * spread, -shin * np.cos(hip - knee), shin * np.sin(hip - knee)])
        toe = 0.11 * tall * np.array([0.12 * sign, np.sin(ankle - 0.15), np.cos(ankle)])
        joints |= {f"knee_{side}": knee_at, f"ankle_{side}": ankle_at}
        joints |= {f"hip_{side}": np.array([spread, 0.0, 0.0])}
        joints |= {f"toe_{side}": ankle_at + toe, f"heel_{side}": ankle_at - 0.35 * toe + [0, -0.012 * tall, 0]}
        reach.append(min(ankle_at[1], ankle_at[1] + toe[1]) - 0.036 * tall)
    raised = np.array([0.0, -min(reach), 0.0])  # the lower foot stands on the ground
    joints = {name: at + raised for name, at in joints.items()}

    lean = 0.05 * swing
    up = np.array([0.0, np.cos(lean), np.sin(lean)])
    pelvis = raised + np.array([0, 0.005 * tall, 0])
    twist = 0.14 * swing * np.sin(phase)
    chest = pelvis + 0.305 * tall * up
    joints |= {"pelvis": pelvis - 0.035 * tall * up, "waist": pelvis + 0.08 * tall * up, "chest": chest}
    joints |= {"neck": pelvis + 0.33 * tall * up, "head": pelvis + 0.405 * tall * up}
    joints["crown"] = joints["head"] + 0.072 * tall * up
    for side, sign, offset in (("l", -1, np.pi), ("r", 1, 0.0)):
        arm = 0.42 * swing * np.sin(phase + offset) - 0.02
        bend = 0.22 + swing * (0.2 + 0.16 * np.sin(phase + offset))
        shoulder = chest + sign * 0.096 * tall * build.girth**0.6 * np.array(
            [np.cos(twist), -0.16 * sign, -np.sin(twist)]
        )
        out = sign * 0.028 * tall * build.girth
        elbow = shoulder + np.array([out, -0.172 * tall * np.cos(arm), 0.172 * tall * np.sin(arm)])
        hand = elbow + 0.15 * tall * np.array([0.02 * sign, -np.cos(arm + bend), np.sin(arm + bend)])
        tip = hand + 0.05 * tall * np.array([-0.2 * sign, -np.cos(arm + bend), np.sin(arm + bend)])
        joints |= {f"shoulder_{side}": shoulder, f"elbow_{side}": elbow, f"hand_{side}": hand, f"tip_{side}": tip}
    return joints
