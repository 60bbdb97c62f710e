"""Worlds of GMEL, the offloading game of industrial edge devices (IEDs), for Python.

``Worlds`` steps W worlds at once on NumPy views of their own memory; ``ParallelEnv`` is one world
behind PettingZoo's parallel API, ``VectorEnv`` W worlds behind Gymnasium's vector API.
"""

from ._library import Error
from .parallel import ParallelEnv
from .vector import VectorEnv
from .worlds import Scenario, Worlds

__all__ = ["Error", "ParallelEnv", "Scenario", "VectorEnv", "Worlds"]
