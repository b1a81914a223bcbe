"""conda environments: what is configured for conda, and rattler, which solves and installs. `engine` is the
only module that knows rattler; it is loaded when something has to be built."""

from webstead.build.conda.activation import activate
from webstead.build.conda.configuration import Configuration
from webstead.build.conda.machine import conda_facts, conda_python, machine_configuration

__all__ = [
    "Configuration",
    "activate",
    "conda_facts",
    "conda_python",
    "machine_configuration",
]
