"""The examples of docs/python.md that need only the package, and the command of a wheel."""

import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np

import gmel

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "python.md"


def example(title):
    """Runs the first example of a section and returns its variables."""
    code = re.search(rf"^#+ {title}\n.*?```python\n(.*?)\n```\n", PAGE.read_text(), re.DOTALL | re.MULTILINE)[1]
    variables = {}
    exec(compile(code, title, "exec"), variables)
    return variables


def test_the_example_of_worlds_runs():
    assert example("The worlds from Python")["worlds"].reward.shape == (1024, 30)


def test_the_example_of_pictures_runs():
    film = example("Pictures")["film"]
    assert len(film) == 21
    assert np.stack(film).dtype == np.uint8


def test_only_a_package_with_the_program_has_the_command():
    command = shutil.which("gmel", path=pathlib.Path(sys.executable).parent)
    if (pathlib.Path(gmel.__file__).parent / "bin" / "gmel").exists():
        assert subprocess.run([command, "--version"], capture_output=True, text=True).stdout.startswith("gmel ")
    else:
        assert command is None
