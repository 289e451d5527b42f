"""Bytes to arrays and back: image headers and decoders, tensor files, stores."""
