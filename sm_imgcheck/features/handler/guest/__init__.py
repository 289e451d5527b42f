"""What runs in the user's interpreter: plain Python from 3.8 on, NumPy at most, nothing of this package."""
