"""Everything about a step: what it does to the facts, how it reads in words, and the array kernels."""
