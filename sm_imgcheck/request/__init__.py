"""A request to a model: which form it has, how large it may be, the body itself, the commands that send it."""
