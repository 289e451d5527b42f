"""Drawings of candidates, golden tensors and identified tensors: the source, what the model sees, what it should see.

Numbers do not show that red and blue are swapped, or that an image was scaled twice. A drawing does.
"""
