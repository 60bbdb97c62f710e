"""Tags the wheel with the platform of its library. Everything else is in pyproject.toml."""

import pathlib
import sys

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.dist import Distribution

if not (pathlib.Path(__file__).parent / "gmel" / "libgmel.so").exists():
    sys.exit("gmel: the library gmel/libgmel.so is missing; run make python in the root of the repository first")


class Binary(Distribution):
    """A distribution with a compiled part that setuptools does not build."""

    def has_ext_modules(self) -> bool:
        return True


class AnyPython(bdist_wheel):
    """The library does not depend on the version of Python, only on the platform."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


setup(distclass=Binary, cmdclass={"bdist_wheel": AnyPython})
