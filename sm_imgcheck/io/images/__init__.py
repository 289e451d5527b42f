"""Image files: headers without pixels, the decoders, and which damage a decoder met; rules judge it."""
