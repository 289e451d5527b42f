"""What a run writes: ``tensors`` one file a candidate, inside its folder; ``packs`` many in one file of ``formats``."""
