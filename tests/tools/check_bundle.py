#!/usr/bin/python3
"""Shows that a bundle loads in torchvision by name and computes what OrleansTransfer computes.

    check_bundle.py input input.safetensors              write a random picture tensor
    otx models forward NAME --weights BUNDLE/model.safetensors --input input.safetensors --output logits.safetensors
    check_bundle.py compare BUNDLE input.safetensors logits.safetensors

Needs python3-torch and python3-torchvision (Debian); safetensors files are read here with numpy alone.
"""
import json
import pathlib
import struct
import sys

import numpy
import torch
import torchvision

TYPES = {"F32": numpy.float32, "I64": numpy.int64}


def read(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, info in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in info["data_offsets"])
        values = numpy.frombuffer(data[start:end], TYPES[info["dtype"]]).reshape(info["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def write(path, name, values):
    data = values.astype(numpy.float32).tobytes()
    header = json.dumps({name: {"dtype": "F32", "shape": values.shape, "data_offsets": [0, len(data)]}}).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(header)) + header + data)


def compare(bundle, picture, logits):
    description = json.loads((pathlib.Path(bundle) / "bundle.json").read_text())
    model = getattr(torchvision.models, description["architecture"])(num_classes=len(description["labels"]))
    model.load_state_dict(read(pathlib.Path(bundle) / "model.safetensors"), strict=True)
    model.eval()
    with torch.no_grad():
        expected = model(read(picture)["input"])
    found = read(logits)["logits"]
    difference = ((found - expected).abs().max() / expected.abs().max()).item()
    print(f"{description['architecture']}: every tensor loaded by name; largest relative difference of the logits {difference:.1e}")
    return 0 if difference <= 1e-4 else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["input"]:
        write(sys.argv[2], "input", numpy.random.default_rng(7).standard_normal((2, 3, 64, 64)))
    elif sys.argv[1:2] == ["compare"]:
        sys.exit(compare(*sys.argv[2:5]))
    else:
        sys.exit(__doc__)
