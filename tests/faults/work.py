"""What commands work on while they are disturbed: each function writes input into a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.crops import make_market
from tests.support.encoding import make_boxed_sequence
from tests.support.networks import write_tiny_ir
from tests.support.paths import GOLDEN
from tests.support.sequences import Benchmark, make_sequence, noise_image, walk, write_results


def detections(source: Path) -> None:
    """A crowd that comes again and again, so that there is time to be killed in."""
    rows = np.load(GOLDEN / "crowded.npy")
    length = int(rows[:, 0].max())
    repeated = [rows + np.eye(1, rows.shape[1])[0] * length * turn for turn in range(4)]
    make_sequence(source / "SEQ-01", [], frame_rate=25)
    np.save(source / "found.npy", np.concatenate(repeated))


def benchmark(source: Path) -> None:
    made = Benchmark(source)
    for number, golden in enumerate(("walkers", "crowded", "walkers"), start=1):
        made.add(f"SEQ-{number:02d}", golden)


def results(source: Path) -> None:
    for number in (1, 2):
        make_sequence(source / "mot" / f"SEQ-{number:02d}", 15, (120, 160), image=noise_image)
        for folder, step in (("results", 4.0), ("other", 5.0)):
            rows = walk(15, 1, (10.0, 30.0), step) + walk(15, 2, (100.0, 60.0), -step)
            write_results(source / folder / f"SEQ-{number:02d}.txt", rows)


def table(source: Path) -> None:
    make_sequence(source / "SEQ-01", [], frame_rate=25, length=20_000)
    for name, left in (("found", 5), ("other", 6)):
        rows = "".join(f"{frame},{left},6.5,25,36,0.75\n" for frame in range(1, 20_001))
        (source / f"{name}.csv").write_text("frame,xmin,ymin,xmax,ymax,score\n" + rows)


def images(source: Path) -> None:
    for number in (1, 2):
        sequence = make_boxed_sequence(source / "mot", f"SEQ-{number:02d}", frames=range(1, 60))
        other = source / "other" / sequence.name / "det" / "det.txt"
        other.parent.mkdir(parents=True)
        other.write_text((sequence / "det" / "det.txt").read_text().replace("20,20,8,16,", "20,20,10,16,"))


def crops(source: Path) -> None:
    make_market(source / "data", people=4, each=4)


def crops_with_network(source: Path) -> None:
    crops(source)
    for variant, order in enumerate(("BGR", "RGB")):
        write_tiny_ir(source / f"tiny-{variant}.xml", order)


def curves(source: Path) -> None:
    head = "step,epoch,height,learning_rate,loss,images_per_second,rank1,mAP\n"
    for run in ("0", "1"):
        (source / run).mkdir()
        rows = (f"{10 * n},{n},64,0.001,{5 / n + int(run)},80,0.5,0.4\n" for n in range(1, 50))
        (source / run / "history.csv").write_text(head + "".join(rows))


def checkpoints(source: Path) -> None:
    from tools.reid.weights import initial_variables, save_variables

    for variant in (0, 1):
        save_variables(source / f"checkpoint-{variant}", initial_variables((64, 32), 3, seed=variant))


def film(source: Path) -> None:
    """Images, a detector of one's own, and a network of appearance features."""
    for number in (1, 2):
        make_sequence(source / "mot" / f"SEQ-{number:02d}", 40, (96, 128), image=noise_image)
    (source / "finder.py").write_text(
        "def find(image):\n    x = float(image[0, 0, 0]) / 32\n"
        "    return [[10 + x, 20, 30, 60], [70, 20, 30, 60]], [0.9, 0.4], [0, 2]\n"
    )


def film_with_network(source: Path) -> None:
    film(source)
    write_tiny_ir(source / "tiny.xml")


def film_with_boxes(source: Path) -> None:
    images(source)
    write_tiny_ir(source / "tiny.xml")


def film_with_table(source: Path) -> None:
    film_with_network(source)
    for name, left in (("found", 5), ("other", 6)):
        rows = "".join(f"{frame},{left},6.5,25,36,0.75\n" for frame in range(1, 41))
        (source / f"{name}.csv").write_text("frame,xmin,ymin,xmax,ymax,score\n" + rows)


def raw_results(source: Path) -> None:
    for number in (1, 2, 3):
        rows = [row for track in range(1, 30) for row in walk(200, track, (10.0 * track, 30.0), 4.0)]
        write_results(source / "results" / f"SEQ-{number:02d}.txt", sorted(rows))


def nothing(source: Path) -> None:
    pass


def track_with_images(source: Path) -> None:
    results(source)
    rows = np.full((30, 14), 0.5)
    rows[:, 0] = np.arange(30) % 15 + 1
    rows[:, 2:7] = 30, 20, 20, 40, 1
    rows[15:, 2] = 80 + 2 * rows[15:, 0]
    np.save(source / "found.npy", rows)
