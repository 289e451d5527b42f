# spec: torchvision-imagenet
# expect: PIX105 PIX106 PIX103
import torch
from torchvision import transforms
from ts.torch_handler.image_classifier import ImageClassifier


class FlowerClassifier(ImageClassifier):
    topk = 3
    image_processing = transforms.Compose([
        transforms.Resize((224, 224)),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ])

    def postprocess(self, data):
        return torch.softmax(data, 1).tolist()
