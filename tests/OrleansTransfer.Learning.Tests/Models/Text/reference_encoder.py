"""Text encoders by their published descriptions, one unpadded text at a time, in float64.

Usage: reference_encoder.py KIND LAYERS HIDDEN HEADS INNER VOCABULARY POSITIONS TYPES EPSILON CLASSES FOLDER
KIND is bert, distilbert, roberta or sentence. Draws weights and writes them in the layout of the public checkpoints to
FOLDER/weights.safetensors; token ids of a padded batch, features and logits go to FOLDER/expected.safetensors.
"""
import json
import math
import struct
import sys

import torch

kind, folder, epsilon = sys.argv[1], sys.argv[11], float(sys.argv[9])
layers, hidden, heads, inner, vocabulary, positions, types = map(int, sys.argv[2:9])
classes = int(sys.argv[10])
prefix = {"bert": "bert.", "distilbert": "distilbert.", "roberta": "roberta.", "sentence": ""}[kind]
padding = 1 if kind in ("roberta", "sentence") else 0
torch.manual_seed(len(kind))
weights = {}


def draw(key, *shape, scale=0.3):
    weights[key] = torch.randn(*shape) * scale


def linear(key, outputs, inputs):
    draw(key + ".weight", outputs, inputs)
    draw(key + ".bias", outputs)


def norm(key):
    weights[key + ".weight"] = 1 + 0.2 * torch.randn(hidden)
    draw(key + ".bias", hidden)


if kind == "distilbert":
    stack, names = "transformer.layer", dict(
        query="attention.q_lin", key="attention.k_lin", value="attention.v_lin", mixed="attention.out_lin", first="sa_layer_norm",
        up="ffn.lin1", down="ffn.lin2", second="output_layer_norm")
else:
    stack, names = "encoder.layer", dict(
        query="attention.self.query", key="attention.self.key", value="attention.self.value", mixed="attention.output.dense",
        first="attention.output.LayerNorm", up="intermediate.dense", down="output.dense", second="output.LayerNorm")

draw(prefix + "embeddings.word_embeddings.weight", vocabulary, hidden)
draw(prefix + "embeddings.position_embeddings.weight", positions, hidden)
if types:
    draw(prefix + "embeddings.token_type_embeddings.weight", types, hidden)
norm(prefix + "embeddings.LayerNorm")
for i in range(layers):
    at = f"{prefix}{stack}.{i}."
    for name in ("query", "key", "value", "mixed"):
        linear(at + names[name], hidden, hidden)
    norm(at + names["first"])
    linear(at + names["up"], inner, hidden)
    linear(at + names["down"], hidden, inner)
    norm(at + names["second"])

# The head, and what public files hold beside the encoder.
if kind == "bert":
    linear("bert.pooler.dense", hidden, hidden)
    linear("classifier", classes, hidden)
    linear("cls.predictions.transform.dense", hidden, hidden)
    linear("cls.seq_relationship", 2, hidden)
elif kind == "distilbert":
    linear("pre_classifier", hidden, hidden)
    linear("classifier", classes, hidden)
    linear("vocab_transform", hidden, hidden)
    norm("vocab_layer_norm")
elif kind == "roberta":
    linear("classifier.dense", hidden, hidden)
    linear("classifier.out_proj", classes, hidden)
    linear("lm_head.dense", hidden, hidden)
    draw("lm_head.bias", vocabulary)
else:
    linear("pooler.dense", hidden, hidden)
    linear("classifier", classes, hidden)
weights[prefix + "embeddings.position_ids"] = torch.arange(positions).reshape(1, -1)


def w(key):
    return weights[key].double()


def affine(key, x):
    return x @ w(key + ".weight").T + w(key + ".bias")


def normalise(key, x):
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + epsilon).sqrt() * w(key + ".weight") + w(key + ".bias")


def features(text):
    first = padding + 1 if kind == "roberta" else 0
    x = w(prefix + "embeddings.word_embeddings.weight")[text]
    x = x + w(prefix + "embeddings.position_embeddings.weight")[first:first + len(text)]
    if types:
        x = x + w(prefix + "embeddings.token_type_embeddings.weight")[0]
    x = normalise(prefix + "embeddings.LayerNorm", x)
    width = hidden // heads
    for i in range(layers):
        at = f"{prefix}{stack}.{i}."
        q, k, v = (affine(at + names[name], x) for name in ("query", "key", "value"))
        parts = []
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            attention = torch.softmax(q[:, part] @ k[:, part].T / math.sqrt(width), dim=-1)
            parts.append(attention @ v[:, part])
        x = normalise(at + names["first"], x + affine(at + names["mixed"], torch.cat(parts, dim=1)))
        z = affine(at + names["up"], x)
        z = z * 0.5 * (1 + torch.erf(z / math.sqrt(2)))
        x = normalise(at + names["second"], x + affine(at + names["down"], z))
    if kind == "bert":
        return torch.tanh(affine("bert.pooler.dense", x[0]))
    if kind == "distilbert":
        return torch.clamp(affine("pre_classifier", x[0]), min=0)
    if kind == "roberta":
        return torch.tanh(affine("classifier.dense", x[0]))
    mean = x.mean(0)
    return mean / mean.norm()


def save(path, tensors):
    header, blobs, offset = {}, [], 0
    for key, tensor in tensors.items():
        blob = tensor.contiguous().numpy().tobytes()
        name = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        header[key] = {"dtype": name, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


# Token 0 begins texts where padding is 1, and must not be taken for padding there.
lengths = [9, 3, 1, 12, 6]
texts = [torch.cat([torch.tensor([0 if padding else 2]), torch.randint(3, vocabulary, (n - 1,))]) for n in lengths]
tokens = torch.full((len(texts), max(lengths)), padding, dtype=torch.int64)
for row, text in enumerate(texts):
    tokens[row, :len(text)] = text
seen = torch.stack([features(text) for text in texts])
logits = affine("classifier.out_proj" if kind == "roberta" else "classifier", seen)
save(folder + "/weights.safetensors", weights)
save(folder + "/expected.safetensors", {"tokens": tokens, "features": seen.float(), "logits": logits.float()})
