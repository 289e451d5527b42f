"""Image files: headers without pixels, the decoders, and the damage that a decoder met."""
