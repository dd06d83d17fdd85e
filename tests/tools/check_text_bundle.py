#!/usr/bin/python3
"""What a bundle of a text encoder says of texts, computed in plain PyTorch from the bundle's files alone.

    check_text_bundle.py BUNDLE TEXT...

Prints a JSON list with the probabilities of each text, in the order of the bundle's labels. Every tensor is loaded by name, strictly. Needs
python3-torch, and for SentencePiece python3-sentencepiece (Debian); texts are words of letters and spaces.
"""
import json
import pathlib
import struct
import sys

import numpy
import torch
from torch import nn


class Group(nn.Module):
    """A level of names that computes nothing of its own."""

    def __init__(self, /, **children):
        super().__init__()
        for name, child in children.items():
            self.add_module(name, child)


class Embeddings(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.word_embeddings = nn.Embedding(sizes["vocabulary"], sizes["hidden"])
        self.position_embeddings = nn.Embedding(sizes["positions"], sizes["hidden"])
        if sizes["types"]:
            self.token_type_embeddings = nn.Embedding(sizes["types"], sizes["hidden"])
        self.LayerNorm = nn.LayerNorm(sizes["hidden"], sizes["epsilon"])
        self.first = sizes["first"]

    def forward(self, ids):
        x = self.word_embeddings(ids) + self.position_embeddings(torch.arange(len(ids)) + self.first)
        if hasattr(self, "token_type_embeddings"):
            x = x + self.token_type_embeddings.weight[0]
        return self.LayerNorm(x)


def mix(q, k, v, heads):
    q, k, v = (t.view(len(t), heads, -1).transpose(0, 1) for t in (q, k, v))
    weights = torch.softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, dim=2)
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1)


class BertLayer(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        hidden, inner, epsilon = sizes["hidden"], sizes["inner"], sizes["epsilon"]
        own = {name: nn.Linear(hidden, hidden) for name in ("query", "key", "value")}
        self.attention = Group(self=Group(**own), output=Group(dense=nn.Linear(hidden, hidden), LayerNorm=nn.LayerNorm(hidden, epsilon)))
        self.intermediate = Group(dense=nn.Linear(hidden, inner))
        self.output = Group(dense=nn.Linear(inner, hidden), LayerNorm=nn.LayerNorm(hidden, epsilon))
        self.heads = sizes["heads"]

    def forward(self, x):
        own, output = self.attention._modules["self"], self.attention.output
        x = output.LayerNorm(x + output.dense(mix(own.query(x), own.key(x), own.value(x), self.heads)))
        return self.output.LayerNorm(x + self.output.dense(nn.functional.gelu(self.intermediate.dense(x))))


class DistilLayer(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        hidden, inner, epsilon = sizes["hidden"], sizes["inner"], sizes["epsilon"]
        self.attention = Group(**{name: nn.Linear(hidden, hidden) for name in ("q_lin", "k_lin", "v_lin", "out_lin")})
        self.sa_layer_norm = nn.LayerNorm(hidden, epsilon)
        self.ffn = Group(lin1=nn.Linear(hidden, inner), lin2=nn.Linear(inner, hidden))
        self.output_layer_norm = nn.LayerNorm(hidden, epsilon)
        self.heads = sizes["heads"]

    def forward(self, x):
        own = self.attention
        x = self.sa_layer_norm(x + own.out_lin(mix(own.q_lin(x), own.k_lin(x), own.v_lin(x), self.heads)))
        return self.output_layer_norm(x + self.ffn.lin2(nn.functional.gelu(self.ffn.lin1(x))))


class Classifier(nn.Module):
    def __init__(self, kind, sizes, labels):
        super().__init__()
        self.kind, hidden = kind, sizes["hidden"]
        layer = DistilLayer if kind == "distilbert" else BertLayer
        parts = {
            "embeddings": Embeddings(sizes),
            "transformer" if kind == "distilbert" else "encoder": Group(layer=nn.ModuleList(layer(sizes) for _ in range(sizes["layers"]))),
        }
        if kind == "bert":
            parts["pooler"] = Group(dense=nn.Linear(hidden, hidden))
        if kind == "sentence":
            for name, part in parts.items():
                self.add_module(name, part)
        else:
            self.add_module({"xlm-roberta": "roberta"}.get(kind, kind), Group(**parts))
        self.parts = list(parts.values())
        if kind == "xlm-roberta":
            self.classifier = Group(dense=nn.Linear(hidden, hidden), out_proj=nn.Linear(hidden, labels))
        else:
            self.classifier = nn.Linear(hidden, labels)
        if kind == "distilbert":
            self.pre_classifier = nn.Linear(hidden, hidden)

    def forward(self, ids):
        x = self.parts[0](ids)
        for layer in self.parts[1].layer:
            x = layer(x)
        if self.kind == "distilbert":
            return self.classifier(torch.relu(self.pre_classifier(x[0])))
        if self.kind == "xlm-roberta":
            return self.classifier.out_proj(torch.tanh(self.classifier.dense(x[0])))
        if self.kind == "sentence":
            mean = x.mean(0)
            return self.classifier(mean / mean.norm())
        return self.classifier(torch.tanh(self.parts[2].dense(x[0])))


def read(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, info in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in info["data_offsets"])
            tensors[name] = torch.from_numpy(numpy.frombuffer(data[start:end], numpy.float32).reshape(info["shape"]).copy())
    return tensors


def word_pieces(path, lower):
    vocabulary = {token: i for i, token in enumerate(pathlib.Path(path).read_text().split("\n"))}

    def encode(text):
        ids = []
        for word in (text.lower() if lower else text).split():
            start, found = 0, []
            while start < len(word):
                ends = (end for end in range(len(word), start, -1) if ("##" if start else "") + word[start:end] in vocabulary)
                end = next(ends, None)
                if end is None:
                    found = [vocabulary["[UNK]"]]
                    break
                found.append(vocabulary[("##" if start else "") + word[start:end]])
                start = end
            ids += found
        return ids, vocabulary["[CLS]"], vocabulary["[SEP]"]

    return encode


def sentence_pieces(path):
    import sentencepiece
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return lambda text: ([3 if piece == 0 else piece + 1 for piece in pieces.encode(text)], 0, 2)


def main(bundle, texts):
    bundle = pathlib.Path(bundle)
    description, config = (json.loads((bundle / name).read_text()) for name in ("bundle.json", "config.json"))
    kind, sentence = config["model_type"], description["architecture"] == "multilingual-e5-small"
    names = ("n_layers", "dim", "n_heads", "hidden_dim") if kind == "distilbert" else (
        "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
    sizes = dict(zip(("layers", "hidden", "heads", "inner"), (config[name] for name in names)))
    sizes.update(
        vocabulary=config["vocab_size"], positions=config["max_position_embeddings"], types=config.get("type_vocab_size", 0),
        epsilon=config.get("layer_norm_eps", 1e-12), first=2 if kind == "xlm-roberta" else 0)
    model = Classifier("sentence" if sentence else kind, sizes, len(description["labels"]))
    model.load_state_dict(read(bundle / "model.safetensors"), strict=True)
    model.eval()

    encoder = description["encoder"]
    tokenizer = bundle / encoder["tokenizer"]
    encode = sentence_pieces(tokenizer) if tokenizer.suffix == ".model" else word_pieces(tokenizer, "uncased" in description["architecture"])
    answers = []
    with torch.no_grad():
        for text in texts:
            ids, first, last = encode(("query: " if sentence else "") + text)
            framed = [first] + ids[:encoder["maximumLength"] - 2] + [last]
            answers.append(torch.softmax(model(torch.tensor(framed)), dim=0).tolist())
    print(json.dumps(answers))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
