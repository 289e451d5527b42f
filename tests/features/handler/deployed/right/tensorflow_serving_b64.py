# spec: {name: image_bytes, shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], payload: {stack: tensorflow-serving, envelope: instances-b64}}
# expect: ok
import base64
import json


def input_handler(data, context):
    """Pre-process request input before it is sent to TensorFlow Serving REST API"""
    if context.request_content_type == "application/x-image" or context.request_content_type == "image/jpeg":
        payload = data.read()
        encoded_image = base64.b64encode(payload).decode("utf-8")
        instance = [{"b64": encoded_image}]
        return json.dumps({"instances": instance})
    raise ValueError(f"Unsupported content type {context.request_content_type}")


def output_handler(response, context):
    if response.status_code != 200:
        raise Exception(response.content.decode("utf-8"))
    return response.content, context.accept_header
