"""Image files: headers without pixels, and the decoders."""
