"""Drawings of candidates, golden tensors and identified tensors: the source, what the model sees, what it should see.

A drawing shows swapped red and blue channels and doubly scaled values, which numbers do not show.
"""
