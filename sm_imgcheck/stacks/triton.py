"""Triton: ``model.py`` of a Python backend that takes encoded images as BYTES and feeds the next model of an ensemble.

Source: triton-inference-server/python_backend, README, "Usage".
"""

__all__ = ["HANDLER", "IMPORTS"]

IMPORTS = ("import triton_python_backend_utils as pb_utils",)

HANDLER = '''class TritonPythonModel:
    """One encoded image an element of the BYTES input ``image``; the output has the name of the spec."""

    def execute(self, requests):
        """One response a request; an image that cannot be used fails its own request only."""
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        bodies = pb_utils.get_input_tensor_by_name(request, "image").as_numpy().reshape(-1)
        try:
            tensors = [preprocess(bytes(body)) for body in bodies]
        except Exception as error:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error)))
        tensor = $join
        return pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor($name, tensor)])'''
