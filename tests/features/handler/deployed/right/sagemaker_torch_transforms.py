# spec: torchvision-imagenet
# expect: ok
import io
import json
import os

import torch
from PIL import Image
from torchvision import transforms

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

transform = transforms.Compose([
    transforms.Resize(256),
    transforms.CenterCrop(224),
    transforms.ToTensor(),
    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
])


def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pth"), "rb") as f:
        model = torch.jit.load(f, map_location=device)
    return model.eval()


def input_fn(request_body, content_type="image/jpeg"):
    if content_type not in ("image/jpeg", "image/png"):
        raise ValueError(f"Unsupported content type: {content_type}")
    image = Image.open(io.BytesIO(request_body)).convert("RGB")
    return transform(image).unsqueeze(0).to(device)


def predict_fn(input_object, model):
    with torch.no_grad():
        output = model(input_object)
    return torch.softmax(output, dim=1)


def output_fn(prediction, accept="application/json"):
    return json.dumps(prediction.cpu().numpy().tolist())
