"""The code in the user's interpreter: Python 3.8 or later with NumPy, independent of this package.

``worker.py`` replies to requests; a module of ``entry_points`` calls the user's functions for one.
"""
