"""Array kernels, one module a kind. Plain functions of an array and parameters; generated code is their text."""
