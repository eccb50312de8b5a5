"""Readers of tables: det.txt, ground truth, results, seqinfo.ini, detection files, curves; and of records."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from application_util.settings import TrackerSettings
from application_util.tracking.sequence_job import SequenceJob, track_into_file
from tests.fuzz import mutations
from tests.fuzz.imports import import_boxes
from tests.fuzz.reader import FRAMES, NAME, SIZE, Reader
from tests.support.sequences import make_sequence, walk, write_detections, write_results, write_truth

TRUTH = f"mot/{NAME}/gt/gt.txt"
RESULTS = f"results/{NAME}.txt"


def _rows(columns: int) -> bytes:
    lines = (f"{frame},-1,{5 + 3 * frame},10,20,30.5,0.9,-1,-1,-1".split(",") for frame in range(1, FRAMES + 1))
    return "".join(",".join(line[:columns]) + "\n" for line in lines for _ in range(2)).encode()


def _prepare_det(folder: Path) -> list[bytes]:
    make_sequence(folder / NAME, FRAMES, SIZE, length=FRAMES)
    return [_rows(10), _rows(7), _rows(7).replace(b",", b", ")]


def _read_det(folder: Path) -> None:
    from application_util.files.mot_table import read_detections

    read_detections(folder / NAME / "det" / "det.txt")
    import_boxes(folder, folder / NAME / "det" / "det.txt", "mot")


def _prepare_tracks(folder: Path) -> None:
    make_sequence(folder / "mot" / NAME, [], SIZE, length=FRAMES)
    write_results(folder / "results" / f"{NAME}.txt", walk(FRAMES) + walk(FRAMES, 2, (60.0, 5.0), -3.0))
    (folder / "mot" / NAME / "gt").mkdir(exist_ok=True)
    write_truth(folder / "mot" / NAME / "gt" / "gt.txt", "walkers", FRAMES)


def _prepare_truth(folder: Path) -> list[bytes]:
    _prepare_tracks(folder)
    return [(folder / "mot" / NAME / "gt" / "gt.txt").read_bytes()]


def _prepare_results(folder: Path) -> list[bytes]:
    _prepare_tracks(folder)
    return [(folder / "results" / f"{NAME}.txt").read_bytes()]


def _score(folder: Path) -> None:
    from application_util.scoring.scores import ScoreJob, score_sequence

    score_sequence(ScoreJob("MOT17", folder / "mot", folder / "results", NAME, ()))


def _report(folder: Path) -> None:
    from tools.report.make import make_report

    make_report(folder / "mot", folder / "results", folder / "report.html")


def _show(folder: Path) -> None:
    from application_util.files.mot_table import BoxTable
    from application_util.sequences.sequence import read_sequence

    table = BoxTable(read_sequence(folder / "mot" / NAME).read_results(folder / "results" / f"{NAME}.txt"))
    for frame in range(1, FRAMES + 1):
        table.ids(frame)


def _prepare_seqinfo(folder: Path) -> list[bytes]:
    make_sequence(folder / NAME, [], SIZE, length=FRAMES)
    write_detections(folder / "found.npy", FRAMES)
    short = (folder / NAME / "seqinfo.ini").read_bytes()
    return [short, short + b"imDir=img1\nimWidth=64\nimHeight=48\nimExt=.jpg\n"]


def _read_seqinfo(folder: Path) -> None:
    from application_util.sequences.sequence_info import gather_sequence_info
    from application_util.sequences.sequence_set import find_sequences, sequence_length

    find_sequences(folder)
    gather_sequence_info(folder / NAME, folder / "found.npy")
    sequence_length(folder / NAME)


def _prepare_npy(folder: Path) -> list[bytes]:
    make_sequence(folder / NAME, [], SIZE)
    arrays = [np.load(write_detections(folder / "found.npy", FRAMES, features)) for features in (4, 0, 16)]
    rng = np.random.default_rng(0)
    several = np.repeat(arrays[2], 3, axis=0)
    several[:, 2:4] += rng.normal(0, 20, (len(several), 2))
    several[:, 10:] = rng.normal(size=(len(several), 16))
    return [mutations.npy_bytes(array) for array in (*arrays, several, several.astype(np.float64))]


def _read_npy(folder: Path) -> None:
    from application_util.files.detection_file import DetectionFile
    from deep_sort_app import run

    usual = TrackerSettings()
    settings = (0.3, usual.nms_max_overlap, 0, usual.max_cosine_distance, 10)
    DetectionFile(folder / "found.npy", skip_invalid=True)
    run(folder / NAME, folder / "found.npy", folder / "tracks.txt", *settings, False)


def _job(folder: Path) -> SequenceJob:
    return SequenceJob(folder / "mot" / NAME, folder / "found.npy", TrackerSettings(), False)


def _prepare_run_record(folder: Path) -> list[bytes]:
    from application_util.tracking.run_record import RunRecord

    _prepare_tracks(folder)
    write_detections(folder / "found.npy", FRAMES)
    record = RunRecord(folder / "results")
    record.add(NAME, _job(folder), track_into_file(_job(folder), record.result_file(NAME)))
    return [record.path.read_bytes()]


def _read_run_record(folder: Path) -> None:
    from application_util.sequences.sequence import read_sequence
    from application_util.tracking.run_record import read_record

    record = read_record(folder / "results")
    record.has_other_settings(NAME, _job(folder))
    record.is_complete(NAME, _job(folder), read_sequence(_job(folder).sequence_dir))


def _prepare_sweep_record(folder: Path) -> list[bytes]:
    from tools.parameter_search.record import TABLE_FIELDS, open_record
    from tools.parameter_search.search import Setting

    _prepare_tracks(folder)
    write_detections(folder / "found.npy", FRAMES)
    record = open_record(folder / "sweep", {NAME: _job(folder)}, "MOT17", False)
    for budget in (50, None):
        record.add(Setting(TrackerSettings(nn_budget=budget)), {"COMBINED": dict.fromkeys(TABLE_FIELDS, 0.5)})
    return [(folder / "sweep" / "sweep.json").read_bytes()]


def _read_sweep_record(folder: Path) -> None:
    from tools.parameter_search.record import open_record

    record = open_record(folder / "sweep", {NAME: _job(folder)}, "MOT17", True)
    record.table(list(record.scores), "HOTA")


def _prepare_history(folder: Path) -> list[bytes]:
    head = "step,epoch,height,learning_rate,loss,images_per_second,rank1,mAP\n"
    rows = "".join(f"{10 * n},{n},64,0.001,{5 - n},80,{'0.5,0.4' if n % 2 else ','}\n" for n in range(1, 5))
    return [(head + rows).encode()]


def _read_history(folder: Path) -> None:
    from tools.reid.plots import plot_curves

    plot_curves([str(folder / "run")], str(folder / "curves.png"))


def _cut_history(folder: Path) -> None:
    from tools.reid.history import History

    History(folder / "run").cut(30)


SETTINGS = {"batch_size": 8, "image_shape": [32, 16], "recipe": {"seed": 3, "dropout": 0.5}}


def _prepare_training(folder: Path) -> list[bytes]:
    (folder / "run").mkdir()
    (folder / "run" / "latest").write_text("state-10")
    return [json.dumps(SETTINGS).encode()]


def _read_training(folder: Path) -> None:
    from tools.reid.run_state import RunState

    RunState(folder / "run").check_settings(SETTINGS)


TABLES = (
    Reader("det.txt", f"{NAME}/det/det.txt", _prepare_det, _read_det, mutations.TEXT),
    Reader("gt.txt: scores", TRUTH, _prepare_truth, _score, mutations.TEXT, (RESULTS,)),
    Reader("gt.txt: report", TRUTH, _prepare_truth, _report, mutations.TEXT, (RESULTS,)),
    Reader("results: show", RESULTS, _prepare_results, _show, mutations.TEXT),
    Reader("results: scores", RESULTS, _prepare_results, _score, mutations.TEXT, (TRUTH,)),
    Reader("results: report", RESULTS, _prepare_results, _report, mutations.TEXT, ("results",)),
    Reader("seqinfo.ini", f"{NAME}/seqinfo.ini", _prepare_seqinfo, _read_seqinfo, mutations.TEXT, (NAME,)),
    Reader("detections .npy", "found.npy", _prepare_npy, _read_npy, mutations.NPY),
    Reader("run.json", "results/run.json", _prepare_run_record, _read_run_record, mutations.JSON),
    Reader("sweep.json", "sweep/sweep.json", _prepare_sweep_record, _read_sweep_record, mutations.JSON),
    Reader("history.csv", "run/history.csv", _prepare_history, _read_history, mutations.TEXT),
    Reader("history.csv: going on", "run/history.csv", _prepare_history, _cut_history, mutations.TEXT),
    Reader("settings.json", "run/settings.json", _prepare_training, _read_training, mutations.JSON, ("run",)),
)
