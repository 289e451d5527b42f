"""The code in the user's interpreter: Python 3.8 or later with NumPy, independent of this package."""
