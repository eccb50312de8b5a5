"""From data sets to a trained network's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from application_util.errors import UserError
from application_util.files.lock import lock_folder
from application_util.files.output import refuse_overwriting
from application_util.progress import say
from tools.network.freezing import write_graph
from tools.reid.augmentation import Augmentation
from tools.reid.distillation import target_offset
from tools.reid.run import Run
from tools.reid.settings import AugmentationSettings, Plan, Recipe, RunSettings
from tools.reid.teacher import Teacher
from tools.reid.training_set import ask_teacher, read_training_set
from tools.reid.warm_start import first_variables
from tools.reid.weights import save_variables

LAST_OFFSET = "ball/beta"


def train(
    datasets: Sequence[tuple[str, str]],
    log_dir: str | Path = "training",
    run_id: str = "descriptor",
    *,
    restore_path: Sequence[str] = (),
    teacher: str | None = None,
    teacher_precision: str = "float32",
    unlabelled: Sequence[str] = (),
    variants: int = 0,
    plan: Plan | None = None,
    recipe: Recipe | None = None,
    augmentation: AugmentationSettings | None = None,
    settings: RunSettings | None = None,
) -> None:
    """Train, then write a checkpoint, a frozen network and its card into the run's folder.

    Parameters
    ----------
    datasets : sequence of (str, str)
        Layout and place of each data set.
    log_dir, run_id : str
        The run's folder is ``log_dir/run_id``; a run there goes on. The teacher's embeddings are kept in `log_dir`.
    restore_path : sequence of str
        A checkpoint to start from, the mean of several, or a network that was frozen by this project (``.pb``).
    teacher : str, optional
        Network whose embeddings are learnt.
    teacher_precision : str
        Of its arithmetic, where OpenVINO runs it.
    unlabelled : sequence of str
        Sequences, folders or zip archives of images without identities.
    variants : int
        Images of new people to make of all the others.
    plan, recipe, augmentation, settings
        See `tools.reid.settings`.

    Raises
    ------
    UserError
        If data, settings or files are not as they must be, or another run trains in this folder.
    """
    plan, recipe, settings = plan or Plan(), recipe or Recipe(), settings or RunSettings()
    if plan.batch_size % plan.images_per_identity:
        raise UserError(
            f"--batch_size {plan.batch_size} is not a multiple of --images_per_identity {plan.images_per_identity}"
        )
    folder = Path(log_dir) / run_id
    outputs = [folder / f"model.{end}" for end in ("pb", "json", "ckpt.index", "ckpt.data-00000-of-00001")]
    inputs = [f"{place}{end}" for place in restore_path for end in ("", ".index", ".data-00000-of-00001")]
    refuse_overwriting(outputs, [teacher, *inputs])
    data, held_out = read_training_set(datasets, unlabelled, variants, plan, settings, recipe.seed)
    asked = Teacher(teacher, log_dir, teacher_precision) if teacher else None
    lessons = None if asked is None else ask_teacher(asked, data, recipe.distance_scale)
    start = first_variables(restore_path, data.images, plan.image_shape) if restore_path else None
    if start is not None and lessons is not None:
        start |= {LAST_OFFSET: target_offset(lessons.targets)}
    changes, name = Augmentation(augmentation), None if asked is None else asked.fingerprint
    run = Run(folder, data, held_out, plan, recipe, start, lessons, changes, settings, name)
    with lock_folder(folder):
        variables, shape = run()
        save_variables(folder / "model.ckpt", variables)
        trained_on = ", ".join(f"{layout} ({Path(place).name})" for layout, place in datasets)
        write_graph(variables, folder / "model.pb", shape, trained_on=trained_on)
    say(f"{folder}: model.ckpt and model.pb written")
