"""Package metadata; settings of the development tools are in pyproject.toml."""

import re
import runpy
from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOT = Path(__file__).parent
INIT = (ROOT / "deep_sort" / "__init__.py").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TENSORFLOW = "tensorflow>=2.16"
MATPLOTLIB = "matplotlib>=3.7"
COMMANDS = runpy.run_path(str(ROOT / "application_util" / "installation.py"))["COMMANDS"].values()
EXTRAS = {
    "features": [TENSORFLOW],
    "openvino": ["openvino>=2024.4"],
    "int8": ["openvino>=2024.4", "nncf>=2.13"],
    "train": [TENSORFLOW, MATPLOTLIB],
    "scores": ["trackeval>=1.3", MATPLOTLIB],
    "cluster": ["distributed>=2024.1"],
    "video": ["imageio-ffmpeg>=0.5"],
    "search": ["optuna>=3.6"],
    "report": ["plotly>=6.0"],
    "completion": ["shtab>=1.8"],
}
EXTRAS["all"] = sorted({package for packages in EXTRAS.values() for package in packages})
EXTRAS["bench"] = ["deep-sort-realtime>=1.3", "trackforge>=0.4"]
EXTRAS["test"] = ["pytest>=7.4", "pytest-xdist>=3.6", "hypothesis>=6.80"]
EXTRAS["lint"] = ["ruff>=0.9", "mypy>=1.10", "import-linter>=2.5"]
EXTRAS["docs"] = ["mkdocs-material>=9.5", "mkdocstrings[python]>=0.27", "latex2mathml>=3.77"]


def long_description() -> str:
    """Return the README without its pictures and links to files, which an index of packages does not have."""
    text = re.sub(r"!\[[^]]*\]\((?!https?:)[^)]*\)\n*", "", README)
    return re.sub(r"\[([^]]*)\]\((?!https?:|#)[^)]*\)", r"\1", text)


setup(
    name="deep-sort",
    version=re.findall(r'^__version__ = "(.+)"$', INIT, re.MULTILINE)[0],
    description="Simple online and realtime tracking with a deep association metric: the same answers, faster",
    long_description=long_description(),
    long_description_content_type="text/markdown",
    author="The developers of Deep SORT, reborn",
    url="https://arxiv.org/abs/1703.07402",
    project_urls={"Paper": "https://arxiv.org/abs/1703.07402", "Benchmark": "https://motchallenge.net"},
    license="MIT (code); research only (weights in resources/networks, see the LICENSE there)",
    license_files=["LICENSE", "resources/networks/LICENSE"],
    keywords=["multi-object tracking", "Kalman filter", "re-identification", "MOTChallenge", "computer vision"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "License :: OSI Approved :: MIT License",
        "License :: Free for non-commercial use",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Recognition",
    ],
    python_requires=">=3.10",
    packages=find_namespace_packages(
        include=["deep_sort*", "application_util*", "tools*", "resources.networks"], exclude=["*__pycache__*"]
    ),
    package_data={"resources.networks": ["*.pb", "*.json", "*.md", "LICENSE"], "tools.report": ["*.css", "*.js"]},
    py_modules=["deep_sort_app", "evaluate_motchallenge", "show_results", "generate_videos", "deep_sort_cli"],
    install_requires=[
        *("numpy>=1.24", "scipy>=1.10", "opencv-python>=4.8", "tqdm>=4.64"),
        "tomli>=2.0; python_version < '3.11'",
    ],
    extras_require=EXTRAS,
    entry_points={
        "console_scripts": [
            "deep-sort=deep_sort_cli:main",
            *(f"{command.console_script}={command.module}:main" for command in COMMANDS),
        ]
    },
)
