"""The command ``gmel`` of a wheel. It is no part of the package, because that imports what the program does not need."""

import os
import pathlib
import sys


def main() -> None:
    """Becomes the program, which gets the arguments and signals."""
    os.execv(pathlib.Path(__file__).parent / "gmel" / "bin" / "gmel", ["gmel", *sys.argv[1:]])
