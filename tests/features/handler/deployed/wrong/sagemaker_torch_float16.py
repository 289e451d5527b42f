# spec: torchvision-imagenet
# expect: DTY101
import io

import torch
import torchvision.transforms as T
from PIL import Image

TF = T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])


def model_fn(model_dir, context=None):
    return torch.jit.load(f"{model_dir}/model.pt")


def input_fn(data, content_type, context=None):
    return TF(Image.open(io.BytesIO(data)).convert("RGB"))[None].half()


def predict_fn(x, model, context=None):
    with torch.inference_mode():
        return model(x).float()
