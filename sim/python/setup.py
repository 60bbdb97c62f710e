"""Tags the wheel with the platform of its library, and gives it a command if it has the program.

Everything else is in pyproject.toml.
"""

import pathlib
import sys

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.dist import Distribution

package = pathlib.Path(__file__).parent / "gmel"
if not (package / "libgmel.so").exists():
    sys.exit("gmel: the library gmel/libgmel.so is missing; run make python in the root of the repository first")


class Binary(Distribution):
    """A distribution with a compiled part that setuptools does not build."""

    def has_ext_modules(self) -> bool:
        return True


class AnyPython(bdist_wheel):
    """The library does not depend on the version of Python, only on the platform."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


command = ["gmel = _gmel_command:main"] if (package / "bin" / "gmel").exists() else []
setup(distclass=Binary, cmdclass={"bdist_wheel": AnyPython}, entry_points={"console_scripts": command})
