using System.Text.Json;
using OrleansTransfer.Tests;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>
/// A folder as the public repository of a text encoder has it, with an encoder small enough to train in seconds: random weights under the public
/// keys, those of pre-training included, <c>config.json</c> and a tokenizer that knows a few words.
/// </summary>
internal static class SmallEncoder
{
    private const int Layers = 2, Hidden = 32, Heads = 4, Inner = 64, Positions = 34;

    /// <summary>Writes the folder and returns the path of the weights.</summary>
    /// <param name="folder">Created if need be.</param>
    /// <param name="architecture">A name that recipes have.</param>
    /// <param name="words">What the tokenizer knows, each as one token.</param>
    /// <param name="dropout">Of the encoder.</param>
    public static string Write(string folder, string architecture, IReadOnlyList<string> words, double dropout = 0)
    {
        Directory.CreateDirectory(folder);
        var isDistilled = architecture.StartsWith("distilbert", StringComparison.Ordinal);
        var isRoberta = architecture.StartsWith("xlm", StringComparison.Ordinal);
        var isSentence = architecture.StartsWith("multilingual-e5", StringComparison.Ordinal);
        var vocabulary = isRoberta || isSentence
            ? isSentence ? WriteDocument(folder, ["query:", .. words]) : WritePieces(folder, words)
            : WriteWords(folder, words);
        var sizes = isDistilled
            ? new Dictionary<string, object>
            {
                ["model_type"] = "distilbert",
                ["n_layers"] = Layers,
                ["dim"] = Hidden,
                ["n_heads"] = Heads,
                ["hidden_dim"] = Inner,
                ["activation"] = "gelu",
                ["dropout"] = dropout,
            }
            : new()
            {
                ["model_type"] = isRoberta ? "xlm-roberta" : "bert",
                ["num_hidden_layers"] = Layers,
                ["hidden_size"] = Hidden,
                ["num_attention_heads"] = Heads,
                ["intermediate_size"] = Inner,
                ["hidden_act"] = "gelu",
                ["type_vocab_size"] = isRoberta ? 1 : 2,
                ["layer_norm_eps"] = isRoberta ? 1e-5 : 1e-12,
                ["hidden_dropout_prob"] = dropout,
            };
        sizes["vocab_size"] = vocabulary;
        sizes["max_position_embeddings"] = isRoberta ? Positions + 2 : Positions;
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(sizes));

        var weights = Path.Combine(folder, "model.safetensors");
        File.WriteAllBytes(weights, Safetensors.Write(isDistilled ? Distilled(vocabulary) : Bert(
            isRoberta ? "roberta." : isSentence ? "" : "bert.", vocabulary, isRoberta ? 1 : 2, isRoberta ? Positions + 2 : Positions, isRoberta)));
        return weights;
    }

    private static int WriteWords(string folder, IReadOnlyList<string> words)
    {
        string[] lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. words];
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), lines);
        return lines.Length;
    }

    // Ids are those of the pieces after four special tokens, and a mask comes last.
    private static int WritePieces(string folder, IReadOnlyList<string> words)
    {
        File.WriteAllBytes(
            Path.Combine(folder, "sentencepiece.bpe.model"), SentencePieceFile.Unigram([.. words.Select(word => ("▁" + word, -1f))]));
        return 4 + words.Count + 1;
    }

    // The same in the one file that newer checkpoints have.
    private static int WriteDocument(string folder, IReadOnlyList<string> words)
    {
        object[] pieces = [.. ((string[])["<s>", "<pad>", "</s>", "<unk>", .. words.Select(word => "▁" + word), "<mask>"])
            .Select((piece, id) => new object[] { piece, id < 4 || piece == "<mask>" ? 0 : -1 })];
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), JsonSerializer.Serialize(new
        {
            pre_tokenizer = new { type = "Metaspace", replacement = "▁", prepend_scheme = "always" },
            model = new { type = "Unigram", unk_id = 3, vocab = pieces },
        }));
        return pieces.Length;
    }

    private static List<(string, int[], float[])> Distilled(int vocabulary)
    {
        var draw = new Draw();
        draw.Matrix("distilbert.embeddings.word_embeddings.weight", vocabulary, Hidden);
        draw.Matrix("distilbert.embeddings.position_embeddings.weight", Positions, Hidden);
        draw.Norm("distilbert.embeddings.LayerNorm");
        for (var i = 0; i < Layers; i++)
        {
            var layer = $"distilbert.transformer.layer.{i}.";
            foreach (var name in (string[])["q_lin", "k_lin", "v_lin", "out_lin"]) draw.Linear($"{layer}attention.{name}", Hidden, Hidden);
            draw.Norm(layer + "sa_layer_norm");
            draw.Linear(layer + "ffn.lin1", Inner, Hidden);
            draw.Linear(layer + "ffn.lin2", Hidden, Inner);
            draw.Norm(layer + "output_layer_norm");
        }
        draw.Linear("vocab_transform", Hidden, Hidden);
        draw.Norm("vocab_layer_norm");
        return draw.Tensors;
    }

    private static List<(string, int[], float[])> Bert(string prefix, int vocabulary, int types, int positions, bool isRoberta)
    {
        var draw = new Draw();
        draw.Matrix(prefix + "embeddings.word_embeddings.weight", vocabulary, Hidden);
        draw.Matrix(prefix + "embeddings.position_embeddings.weight", positions, Hidden);
        draw.Matrix(prefix + "embeddings.token_type_embeddings.weight", types, Hidden);
        draw.Norm(prefix + "embeddings.LayerNorm");
        for (var i = 0; i < Layers; i++)
        {
            var layer = $"{prefix}encoder.layer.{i}.";
            foreach (var name in (string[])["self.query", "self.key", "self.value", "output.dense"])
                draw.Linear($"{layer}attention.{name}", Hidden, Hidden);
            draw.Norm(layer + "attention.output.LayerNorm");
            draw.Linear(layer + "intermediate.dense", Inner, Hidden);
            draw.Linear(layer + "output.dense", Hidden, Inner);
            draw.Norm(layer + "output.LayerNorm");
        }
        if (isRoberta) draw.Linear("lm_head.dense", Hidden, Hidden);
        else draw.Linear(prefix + "pooler.dense", Hidden, Hidden);
        return draw.Tensors;
    }

    private sealed class Draw
    {
        private readonly Random _random = new(7);

        public List<(string, int[], float[])> Tensors { get; } = [];

        public void Matrix(string name, int rows, int columns) =>
            Tensors.Add((name, [rows, columns], [.. Enumerable.Range(0, rows * columns).Select(_ => Normal(1 / Math.Sqrt(columns)))]));

        public void Linear(string name, int outputs, int inputs)
        {
            Matrix(name + ".weight", outputs, inputs);
            Tensors.Add((name + ".bias", [outputs], new float[outputs]));
        }

        public void Norm(string name)
        {
            Tensors.Add((name + ".weight", [Hidden], [.. Enumerable.Repeat(1f, Hidden)]));
            Tensors.Add((name + ".bias", [Hidden], new float[Hidden]));
        }

        private float Normal(double deviation) =>
            (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
    }
}
