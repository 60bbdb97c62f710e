"""The command ``gmel`` of a wheel. It stands outside of the package, because importing the package
loads NumPy and Gymnasium, which the program does not need."""

import os
import pathlib
import sys


def main() -> None:
    """Becomes the program, which gets the arguments and signals."""
    os.execv(pathlib.Path(__file__).parent / "gmel" / "bin" / "gmel", ["gmel", *sys.argv[1:]])
