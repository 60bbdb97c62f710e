"""Worlds of GMEL, the offloading game of industrial edge devices (IEDs), for Python.

``Worlds`` steps W worlds at once; its arrays are NumPy views of the worlds' own memory.
``ParallelEnv`` is one world with PettingZoo's parallel API. ``VectorEnv`` is W worlds with
Gymnasium's vector API. ``load_policy`` reads a policy that was trained by GMEL and exported.
"""

from ._library import Error
from .parallel import ParallelEnv
from .policy import Policy, load_policy
from .vector import VectorEnv
from .worlds import Scenario, Worlds

__all__ = ["Error", "ParallelEnv", "Policy", "Scenario", "VectorEnv", "Worlds", "load_policy"]
