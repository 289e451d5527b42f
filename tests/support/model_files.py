"""Small model files of the tests' own: protobuf and flatbuffer bytes without the frameworks."""

import struct

ONNX_TYPES = {"float32": 1, "uint8": 2, "int64": 7, "string": 8, "float16": 10}
TF_TYPES = {"float32": 1, "uint8": 4, "string": 7, "int64": 9}
TFLITE_TYPES = {"float32": 0, "uint8": 3, "int8": 9}


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field, value):
    return varint(field << 3) + varint(value)


def chunk(field, *parts):
    body = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return varint(field << 3 | 2) + varint(len(body)) + body


def value_info(name, dtype, dims):
    axes = [
        chunk(1, b"" if side is None else chunk(2, side) if isinstance(side, str) else number(1, side)) for side in dims
    ]
    tensor = chunk(1, number(1, ONNX_TYPES[dtype]), chunk(2, *axes))
    return chunk(1, name) + chunk(2, tensor)


def onnx_model(inputs, *, initializers=(), metadata=(), weights=b""):
    """inputs: (name, dtype, dims); initializers: names; metadata: (key, value)."""
    nodes = chunk(1, chunk(1, "x"), chunk(4, "Conv"))
    tensors = [chunk(5, number(1, 4), number(2, 1), chunk(8, name), chunk(9, weights)) for name in initializers]
    graph = [nodes, chunk(2, "main"), *tensors, *(chunk(11, value_info(*entry)) for entry in inputs)]
    graph.append(chunk(12, value_info("output", "float32", [None, 1000])))
    properties = [chunk(14, chunk(1, key), chunk(2, value)) for key, value in metadata]
    return number(1, 8) + chunk(2, "pytorch") + chunk(7, *graph) + chunk(8, number(2, 17)) + b"".join(properties)


def saved_model(signatures):
    """signatures: name -> list of (name, dtype, dims or None for an unknown rank)."""
    entries = []
    for name, inputs in signatures.items():
        parts = []
        for key, dtype, dims in inputs:
            shape = number(3, 1) if dims is None else b"".join(chunk(2, number(1, side)) for side in dims)
            info = chunk(1, f"{key}:0") + number(2, TF_TYPES[dtype]) + chunk(3, shape)
            parts.append(chunk(1, chunk(1, key), chunk(2, info)))
        entries.append(chunk(5, chunk(1, name), chunk(2, *parts)))
    graph = chunk(1, chunk(4, "serve")) + chunk(2, chunk(1, b"\0" * 100)) + b"".join(entries)
    return number(1, 1) + chunk(2, graph)


class Flat:
    """Writes a flatbuffer from front to back: every offset points forward."""

    def __init__(self):
        self.out = bytearray()

    def place(self):
        while len(self.out) % 4:
            self.out.append(0)
        return len(self.out)

    def link(self, at, target):
        struct.pack_into("<I", self.out, at, target - at)

    def table(self, fields):
        """fields: number -> (kind, content); kind: u8, i32, table, tables, text, ints, floats, longs or bytes."""
        count = max(fields, default=-1) + 1
        vtable = self.place()
        self.out += bytes(4 + 2 * count)
        start = self.place()
        self.out += struct.pack("<i", start - vtable)
        slots = {}
        for field in sorted(fields):
            slots[field] = len(self.out) - start
            kind, value = fields[field]
            self.out += struct.pack("<I", value if kind in ("u8", "i32") else 0)
        struct.pack_into("<HH", self.out, vtable, 4 + 2 * count, len(self.out) - start)
        for field, offset in slots.items():
            struct.pack_into("<H", self.out, vtable + 4 + 2 * field, offset)
        for field, (kind, value) in fields.items():
            if kind not in ("u8", "i32"):
                at = start + slots[field]
                self.link(at, getattr(self, f"write_{kind}")(value))
        return start

    def write_table(self, fields):
        return self.table(fields)

    def vector(self, count, body):
        at = self.place()
        self.out += struct.pack("<I", count) + body
        return at

    def write_text(self, text):
        return self.vector(len(text.encode()), text.encode() + b"\0")

    def write_bytes(self, body):
        while (len(self.out) + 4) % 16:
            self.out.append(0)
        return self.vector(len(body), body)

    def write_ints(self, values):
        return self.vector(len(values), struct.pack(f"<{len(values)}i", *values))

    def write_longs(self, values):
        return self.vector(len(values), struct.pack(f"<{len(values)}q", *values))

    def write_floats(self, values):
        return self.vector(len(values), struct.pack(f"<{len(values)}f", *values))

    def write_tables(self, tables):
        at = self.vector(len(tables), bytes(4 * len(tables)))
        for index, fields in enumerate(tables):
            self.link(at + 4 + 4 * index, self.table(fields))
        return at


def flatbuffer(fields, identifier=b"TFL3"):
    flat = Flat()
    flat.out += bytes(4) + identifier
    root = flat.table(fields)
    struct.pack_into("<I", flat.out, 0, root)
    return bytes(flat.out)


def tflite_model(dims, dtype="float32", *, name="input", quantization=None, metadata=None, signature=None):
    """quantization: (scale, zero_point); metadata: keys color, mean, std, low, high."""
    tensor = {0: ("ints", dims), 1: ("u8", TFLITE_TYPES[dtype]), 3: ("text", name)}
    if signature is not None:
        tensor[7] = ("ints", signature)
    if quantization is not None:
        tensor[4] = ("table", {2: ("floats", [quantization[0]]), 3: ("longs", [quantization[1]])})
    model = {2: ("tables", [{0: ("tables", [tensor]), 1: ("ints", [0])}]), 4: ("tables", [{}])}
    if metadata is not None:
        model[4] = ("tables", [{}, {0: ("bytes", tflite_metadata(**metadata))}])
        model[6] = ("tables", [{0: ("text", "TFLITE_METADATA"), 1: ("i32", 1)}])
    return flatbuffer(model)


def tflite_metadata(color=1, mean=(), std=(), low=(), high=()):
    tensor = {3: ("table", {0: ("u8", 2), 1: ("table", {0: ("u8", color)})})}
    if mean:
        options = {0: ("floats", list(mean)), 1: ("floats", list(std))}
        tensor[4] = ("tables", [{0: ("u8", 1), 1: ("table", options)}])
    if low:
        tensor[5] = ("table", {0: ("floats", list(high)), 1: ("floats", list(low))})
    return flatbuffer({0: ("text", "model"), 3: ("tables", [{2: ("tables", [tensor])}])}, identifier=b"M001")
