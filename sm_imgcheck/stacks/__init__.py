"""Serving stacks: one file each; adding a stack is adding a file.

``HANDLER`` is the text of the functions that the stack calls in a user's file, ``IMPORTS`` the lines that it needs
besides. In the text ``$name`` stands for the tensor's name, quoted as a Python string (never inside a docstring,
which it could end), ``$join`` for the expression that joins ``tensors``, ``$lengths`` for the shortest and longest
length of each axis, ``$dtype`` for the dtype's name and ``$input`` for shape and dtype in words, both quoted.
"""
