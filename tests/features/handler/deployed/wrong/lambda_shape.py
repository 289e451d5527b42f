# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP105
import base64, io, json, boto3
import numpy as np
from PIL import Image
runtime = boto3.client("runtime.sagemaker")
def lambda_handler(event, context):
    im = Image.open(io.BytesIO(base64.b64decode(event["body"]))).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.asarray(im, np.float32)[None] / 255
    r = runtime.invoke_endpoint(EndpointName="e", ContentType="application/json", Body=json.dumps({"instances": x.tolist()}))
    return {"statusCode": 200, "body": r["Body"].read()}
