"""What the tests of the whole platform share."""

from tests.support.platform import platform, running_platform

__all__ = ["platform", "running_platform"]
