"""The model itself as a witness: run it on the user's tensors, and find the preprocessing that it was trained with.

Models run in a child process with limits of time and memory. ``runtimes`` and ``worker.py`` are what runs there.
"""
