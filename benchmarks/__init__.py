"""The speed of HwCall's parts, each as a ratio to a limit that is timed in the same run (``make bench``).

Each topic is a module with ``measure(sizes)``; the limit that it is measured against stands beside it.
"""
