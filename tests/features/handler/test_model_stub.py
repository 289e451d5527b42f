"""Common uses of a model work with the stub, and the first tensor that reaches it is recorded."""

import numpy as np
import pytest
from handlers import candidate_of, each

SPEC = {
    "shape": ["N", 3, 32, 48],
    "dtype": "float32",
    "channel_order": "RGB",
    "value_range": [0, 1],
    "resize": {"mode": "stretch", "interpolation": "bilinear"},
}
FUNCTION = """
    def input_fn(body, kind):
        return {"number": int(body), "image": Image.open(io.BytesIO(PICTURE)).convert("RGB")}
    def tensor(image, height=32, width=48):
        image = image.resize((width, height), Image.BILINEAR)
        return np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255
    def predict_fn(data, model):
        number, image = data["number"], data["image"]
"""
IDIOMS = (
    "device = next(model.parameters()).device\nreturn model.to(device)(tensor(image))",
    "model.eval()\nreturn model(tensor(image))",
    "model, processor = model\nreturn model(tensor(image))",
    "(net, labels), threshold = model\nreturn net(tensor(image))",
    "return model.run(None, {model.get_inputs()[0].name: tensor(image)})[0]",
    "return model[0](tensor(image))",
    "models = [member for member in model]\nreturn [member(tensor(image)) for member in models]",
    "size = len(model)\nreturn model(tensor(image)) if size else None",
    "if isinstance(model, dict):\n    raise TypeError\nreturn model.predict(tensor(image))",
    "a = model['settings']\nreturn model['model'](tensor(image, a['height'], a['width']))",
    "return model.predict_proba(tensor(image))",
    "n, c, h, w = model.get_inputs()[0].shape\nreturn model.run(None, {'x': tensor(image, h, w)})",
    "x = tensor(image).astype(model.dtype)\nreturn model(x)",
    "with model.session() as session:\n    return session.run(None, {'x': tensor(image)})",
    "return model.predict(x=tensor(image), verbose=0)",
    "if model.training:\n    model = model.eval()\nreturn model.module.forward(tensor(image))",
    "if 'preprocess' in model or model.version < 2 and model == 3:\n    raise KeyError\nreturn model(tensor(image))",
    "model.setInput(tensor(image))\nreturn model.forward()",
    "model.set_tensor(model.get_input_details()[0]['index'], tensor(image))\nmodel.invoke()",
    "import copy\nreturn copy.deepcopy(model).half()(tensor(image))",
    "try:\n    return model(tensor(image))\nexcept Exception:\n    return None",
    "import concurrent.futures as futures\nreturn futures.ThreadPoolExecutor().submit(model, tensor(image)).result()",
    "return f'{model} {model!r} {model.name:>5}' and model.predict([tensor(image)])",
)


def test_idioms_of_predict_fn_reach_the_model_with_the_tensor(tmp_path):
    for candidate, code in zip(each(tmp_path, FUNCTION, IDIOMS, spec=SPEC), IDIOMS, strict=True):
        assert candidate.problem is None, code
        assert candidate.handled.at_model, code
        assert candidate.handled.uncertainties == (), code
        assert candidate.data.shape == (1, 3, 32, 48), code


UNCERTAIN = {
    "processor = model[1]\nreturn model[0](processor(image))": "a value that the real model's own code computes",
    "return model((tensor(image) - model.mean) / model.std)": "arithmetic with it was not checked",
    "return model.transform(tensor(image))": "its result for the image was not checked",
    "return model(image)": "which the real one preprocesses",
    "return model(tensor(image, model.unknown, model.other))": "the value 1 was used",
    "return model.config['mean'].lower()": "predict_fn did not call the model with a tensor",
}


def test_unknown_parts_of_the_stub_are_uncertain(tmp_path):
    for candidate, (code, uncertainty) in zip(
        each(tmp_path, FUNCTION, UNCERTAIN, spec=SPEC), UNCERTAIN.items(), strict=True
    ):
        handled = candidate.handled
        message = candidate.problem.message if candidate.problem else ""
        assert uncertainty in "; ".join(handled.uncertainties) + message, code
        assert candidate.problem is None or candidate.problem.code == "HND107", code


def test_mistake_before_the_model_is_an_error(tmp_path):
    cases = [
        "device = next(model.parameters()).device\nreturn model(tensor(image).transpose(2, 0, 1))",
        "size = model.config.image_size\nreturn model(tensor(image).reshape(1, 2))",
    ]
    for candidate in each(tmp_path, FUNCTION, cases, spec=SPEC):
        assert candidate.problem.code == "HND101"


LOADED = {
    "a function": "return lambda x: x",
    "a dict with settings": "return {'model': lambda x: x, 'size': 48, 'labels': ['a']}",
    "an object": "return Net()",
    "a tuple": "return Net(), ['a', 'b']",
}
CALLS = ("model(x)", "model['model'](x) if model['size'] == 48 else None", "model.predict(x)", "model[0].predict(x)")


@pytest.mark.parametrize(("returned", "call"), [*zip(LOADED.values(), CALLS, strict=True)], ids=list(LOADED))
@pytest.mark.sample(4)
def test_model_returned_by_model_fn_is_replaced_by_the_stub(tmp_path, returned, call):
    code = f"""
        class Net:
            def predict(self, x):
                raise RuntimeError("the real model ran")
        def model_fn(folder):
            {returned}
        def input_fn(body, kind):
            return pixels(body)
        def predict_fn(image, model):
            x = image[None] / np.float32(255)
            return {call}
    """
    candidate = candidate_of(tmp_path, code)
    assert candidate.problem is None
    assert candidate.handled.at_model
    assert candidate.data.shape == (1, 48, 64, 3)


def test_model_dir_is_passed_to_model_fn(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "scale.txt").write_text("2")
    code = """
        import os
        def model_fn(folder):
            return {"scale": int(open(os.path.join(folder, "scale.txt")).read()), "model": lambda x: x}
        def input_fn(body, kind):
            return pixels(body)
        def predict_fn(image, model):
            return model["model"](image[None] // model["scale"])
    """
    candidate = candidate_of(tmp_path, code, model_dir=str(folder))
    assert int(candidate.data.max()) <= 127
    assert candidate.handled.uncertainties == ()


def test_stub_has_the_shape_of_the_spec(tmp_path):
    (candidate,) = each(tmp_path, FUNCTION, ["return model(tensor(image, *model.input_shape[2:]))"], spec=SPEC)
    assert candidate.data.shape == (1, 3, 32, 48)
    assert "[1, 3, 32, 48] from the spec was used" in "".join(one.message for one in candidate.handled.findings)


def test_named_tensor_of_several_is_checked(tmp_path):
    code = """
        def input_fn(body, kind):
            return pixels(body)
        def predict_fn(image, model):
            return model(pixel_values=image[None] / np.float32(255), mask=np.ones((1, 5)))
    """
    candidate = candidate_of(tmp_path, code)
    assert candidate.data.shape == (1, 48, 64, 3)
    assert np.float32 == candidate.data.dtype
