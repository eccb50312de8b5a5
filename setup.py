"""Package metadata; settings of the development tools are in pyproject.toml."""

from pathlib import Path

from setuptools import setup

EXTRAS = {
    "features": ["tensorflow>=2.16"],
    "train": ["tensorflow>=2.16", "matplotlib>=3.7"],
    "bench": ["deep-sort-realtime>=1.3", "psutil>=5.9"],
    "test": ["pytest>=7.4", "hypothesis>=6.80"],
    "lint": ["ruff>=0.6", "mypy>=1.10"],
}

setup(
    name="deep-sort",
    version="1.0.0.dev0",
    description="Simple online and realtime tracking with a deep association metric: the same answers, faster",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.10",
    packages=["deep_sort", "application_util", "tools", "tools.street", "resources.networks"],
    package_data={"resources.networks": ["*.pb", "*.md"]},
    py_modules=["deep_sort_app"],
    install_requires=["numpy>=1.24", "scipy>=1.10", "opencv-python>=4.8", "tqdm>=4.64"],
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["deep-sort=deep_sort_app:main"]},
)
