"""Sequences on a cluster: a real scheduler and two workers, one of which is killed while it works."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import evaluate_motchallenge
from tests.support.cli import error_line
from tests.support.encoding import make_boxed_sequence
from tests.support.networks import write_tiny_network
from tests.support.paths import ROOT, shared_path
from tests.support.sequences import Benchmark, make_sequence
from tests.support.videos import bars, write_film
from tests.tools.test_track_video import DETECTOR
from tools import detect, generate_detections

distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 120


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


class Cluster:
    """Scheduler and workers as separate processes, as somebody would start them on several machines."""

    def __init__(self, folder, protocol="tcp", settings=()):
        self.folder = folder
        self.processes = []
        environment = {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3"}
        self.environment = os.environ | environment | dict(settings)
        scheduler_file = folder / "scheduler.json"
        self.start("dask_scheduler", "--port", "0", "--protocol", protocol, "--scheduler-file", scheduler_file)
        wait_until(lambda: scheduler_file.exists() and scheduler_file.read_text().endswith("}"), "the scheduler")
        self.address = json.loads(scheduler_file.read_text())["address"]

    def start(self, program, *arguments):
        log = (self.folder / f"{program}-{len(self.processes)}.log").open("w")
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1", "--no-dashboard"]
        command += map(str, arguments)
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def start_worker(self, name):
        return self.start("dask_worker", self.address, "--no-nanny", "--nthreads", 1, "--name", name)

    def close(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder)
    yield cluster
    cluster.close()


def long_sequence(world, name, source, times):
    """Add a sequence that takes seconds: the same frames again and again."""
    world.add(name, source, truth=False)
    path = world.detection_dir / f"{name}.npy"
    rows = np.load(path)
    many = np.tile(rows, (times, 1))
    many[:, 0] += np.repeat(np.arange(times) * rows[:, 0].max(), len(rows))
    np.save(path, many)
    (world.mot_dir / name / "seqinfo.ini").unlink()


def busy_workers(client):
    """Return the names of workers that run a task now."""
    workers = client.scheduler_info()["workers"]
    busy = [address for address, tasks in client.processing().items() if tasks]
    return {workers[address]["name"] for address in busy if address in workers}  # others came in between


def test_a_killed_worker_loses_nothing(tmp_path, cluster):
    world = Benchmark(tmp_path)
    for number in range(4):
        long_sequence(world, f"SEQ-{number}", "walkers" if number % 2 else "crowded", 8)
    workers = {name: cluster.start_worker(name) for name in ("first", "second")}
    command = [sys.executable, str(ROOT / "evaluate_motchallenge.py"), *world.flags(), "--scheduler", cluster.address]
    with distributed.Client(cluster.address, set_as_default=False) as client, (tmp_path / "stderr").open("w") as errors:
        client.wait_for_workers(2, timeout=PATIENCE_SECONDS)
        run = subprocess.Popen(command, cwd=tmp_path, stderr=errors)
        wait_until(lambda: busy_workers(client) == {"first", "second"}, "work on both")
        workers["first"].send_signal(signal.SIGKILL)
        assert run.poll() is None
        assert run.wait(timeout=PATIENCE_SECONDS) == 0
        assert set(worker["name"] for worker in client.scheduler_info()["workers"].values()) == {"second"}
    told = (tmp_path / "stderr").read_text()
    local = Benchmark.at(tmp_path / "local", world)
    assert evaluate_motchallenge.main([*local.flags(), "--jobs", "2"]) == 0
    for number in range(4):
        name = f"SEQ-{number}"
        assert world.result(name).read_bytes() == local.result(name).read_bytes()
        assert told.count(f"{name}: ") == 1
    assert not list(world.output_dir.glob("*.partial"))
    assert sorted(json.loads((world.output_dir / "run.json").read_text())["sequences"]) == [
        f"SEQ-{number}" for number in range(4)
    ]


def test_a_failure_on_a_worker_is_reported(tmp_path, cluster, capsys):
    world = Benchmark(tmp_path)
    world.add("SEQ-A", truth=False)
    world.add("SEQ-B", truth=False)
    (world.detection_dir / "SEQ-A.npy").write_bytes(b"no array")
    cluster.start_worker("only")
    assert evaluate_motchallenge.main([*world.flags(), "--scheduler", cluster.address]) == 1
    err = capsys.readouterr().err
    assert "error: SEQ-A: " in err and "SEQ-A.npy: not a .npy array" in err
    assert world.result("SEQ-B").exists() and not world.result("SEQ-A").exists()
    assert evaluate_motchallenge.main([*world.flags(), "--scheduler", cluster.address, "--resume"]) == 1
    assert "1 of 2 sequences are complete" in capsys.readouterr().err


def test_features_are_computed_on_workers(tmp_path, cluster, capsys):
    pytest.importorskip("tensorflow")
    network = write_tiny_network(tmp_path / "tiny.pb")
    for name in ("SEQ-01", "SEQ-02", "SEQ-03"):
        make_boxed_sequence(tmp_path / "mot", name)
    (tmp_path / "mot" / "SEQ-03" / "img1" / "000002.png").write_bytes(b"no image")
    flags = ["--mot_dir", str(tmp_path / "mot"), "--model", str(network)]
    cluster.start_worker("only")
    remote = [*flags, "--output_dir", str(tmp_path / "remote"), "--scheduler", cluster.address]
    assert generate_detections.main(remote) == 1
    err = capsys.readouterr().err
    assert "error: SEQ-03: " in err and "000002.png" in err
    assert generate_detections.main([*flags, "--output_dir", str(tmp_path / "here"), "--skip_invalid"]) == 0
    assert generate_detections.main([*remote, "--skip_invalid", "--resume"]) == 0
    err = capsys.readouterr().err
    assert "SEQ-01: finished already" in err and "1 image cannot be read" in err
    for name in ("SEQ-01.npy", "SEQ-02.npy", "SEQ-03.npy"):
        assert (tmp_path / "remote" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    names = sorted(path.name for path in (tmp_path / "remote").iterdir())
    assert names == [f"SEQ-0{n}.{kind}" for n in (1, 2, 3) for kind in ("json", "npy")]


def test_a_detector_runs_on_workers(tmp_path, cluster, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "own_detector", raising=False)
    (tmp_path / "own_detector.py").write_text(DETECTOR)
    write_film(tmp_path / "mot" / "clip.avi", 6)
    make_sequence(tmp_path / "mot" / "SEQ", 3, image=lambda frame, size: bars(frame))
    make_sequence(tmp_path / "mot" / "BROKEN", 3, image=lambda frame, size: bars(frame))
    (tmp_path / "mot" / "BROKEN" / "img1" / "000002.png").write_bytes(b"no image")
    cluster.environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
    for name in ("first", "second"):
        cluster.start_worker(name)
    flags = ["--mot_dir", "mot", "--detector", "own_detector:detect"]
    assert detect.main([*flags, "--output_dir", "remote", "--scheduler", cluster.address]) == 1
    err = capsys.readouterr().err
    assert "error: BROKEN: " in err and "000002.png" in err
    assert detect.main([*flags, "--output_dir", "here", "--jobs", "1"]) == 1
    for name in ("clip", "SEQ"):
        made = tmp_path / "remote" / name / "det" / "det.txt"
        assert made.read_bytes() == (tmp_path / "here" / name / "det" / "det.txt").read_bytes()
        assert len(made.read_text().splitlines()) == (12 if name == "clip" else 6)
    assert not (tmp_path / "remote" / "BROKEN").exists()


def test_nobody_answers(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("application_util.parallel.executor.CONNECT_SECONDS", 1)
    world = Benchmark(tmp_path)
    world.add("SEQ-A", truth=False)
    assert evaluate_motchallenge.main([*world.flags(), "--scheduler", "tcp://127.0.0.1:9"]) == 2
    err = capsys.readouterr().err
    assert error_line(err).startswith("tcp://127.0.0.1:9: no scheduler answers")
    assert not world.output_dir.exists()


def test_a_scheduler_with_tls(tmp_path, capsys):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: no certificates")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cluster"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    settings = {"distributed.comm.tls.ca-file": str(certificate)}
    for role in ("scheduler", "worker", "client"):
        settings[f"distributed.comm.tls.{role}.cert"] = str(certificate)
        settings[f"distributed.comm.tls.{role}.key"] = str(key)
    environment = {
        f"DASK_{name.upper().replace('.', '__').replace('-', '_')}": value for name, value in settings.items()
    }
    world = Benchmark(tmp_path)
    world.add("SEQ-A", truth=False)
    cluster = Cluster(tmp_path, "tls", environment)
    try:
        cluster.start_worker("first")
        assert cluster.address.startswith("tls://")
        flags = [*world.flags(), "--scheduler", cluster.address]
        assert evaluate_motchallenge.main(flags) == 2
        assert error_line(capsys.readouterr().err).startswith(f"{cluster.address}: TLS needs certificates")
        with dask.config.set(settings):
            assert evaluate_motchallenge.main(flags) == 0
    finally:
        cluster.close()
    assert (world.output_dir / "SEQ-A.txt").stat().st_size


@pytest.mark.shared
def test_real_sequences(tmp_path, cluster, capsys):
    paths = {"mot_dir": "data/MOT16/train", "detection_dir": "data/detections/MOT16_train"}
    flags = [part for flag, path in paths.items() for part in (f"--{flag}", str(shared_path(path)))]
    for name in ("first", "second"):
        cluster.start_worker(name)
    flags += ["--output_dir", str(tmp_path / "results"), "--scheduler", cluster.address]
    assert evaluate_motchallenge.main(flags) == 0
    for name in ("MOT16-02", "MOT16-05", "MOT16-09"):
        golden = shared_path(f"golden/tracks/{name}-A.txt")
        assert (tmp_path / "results" / f"{name}.txt").read_bytes() == golden.read_bytes()
