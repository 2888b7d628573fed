"""HwCall's settings with one page more: the one that only knows who asks."""

from hwcall.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.nothing"
