# spec: torchvision-imagenet
# expect: PIX105
import io

import numpy as np
from PIL import Image


def model_fn(model_dir):
    raise OSError("model.pth not found in " + model_dir)


def input_fn(body, content_type):
    image = Image.open(io.BytesIO(body)).convert("RGB")
    image = image.resize((224, 224), Image.BILINEAR)
    return image


def predict_fn(image, model):
    x = np.asarray(image, np.float32) / np.float32(255)
    x = (x - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
    return model(x.transpose(2, 0, 1)[None])
