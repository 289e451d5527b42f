"""MLflow models: a ``python_function`` flavour that takes base64 images and calls the model inside it.

Source: mlflow.org, "Custom Python Models".
"""

__all__ = ["HANDLER", "IMPORTS"]

IMPORTS = ("import base64", "import mlflow.pyfunc")

HANDLER = '''class ImageModel(mlflow.pyfunc.PythonModel):
    """Wraps the model that is saved as the artifact ``model``; each row holds one base64 image in ``image``."""

    def load_context(self, context):
        """Load the wrapped model once."""
        self.model = mlflow.pyfunc.load_model(context.artifacts["model"])

    def predict(self, context, model_input, params=None):
        """One answer a row."""
        tensors = [preprocess(base64.b64decode(text, validate=True)) for text in model_input["image"]]
        return self.model.predict($join)'''
