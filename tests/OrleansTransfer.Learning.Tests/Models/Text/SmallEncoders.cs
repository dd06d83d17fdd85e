using OrleansTransfer.Learning.Models.Text;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models.Text;

/// <summary>An encoder of each architecture that is small enough for a test.</summary>
internal static class SmallEncoders
{
    public const int Vocabulary = 50;

    public static TheoryData<string> Names => ["bert", "distilbert", "roberta", "sentence"];

    public static TextEncoder Create(string name, int classes = 3, double dropout = 0.1)
    {
        var sizes = Sizes(name) with { Dropout = dropout };
        return name switch
        {
            "bert" => new Bert(name, sizes, classes),
            "distilbert" => new DistilBert(name, sizes, classes),
            "roberta" => new XlmRoberta(name, sizes, classes),
            _ => new SentenceBert(name, sizes, classes),
        };
    }

    /// <summary>One with weights, in evaluation mode. They are larger than usual, so that attention is not uniform.</summary>
    public static TextEncoder CreateInitialized(string name, int classes = 3, double dropout = 0.1, long seed = 1)
    {
        var model = Create(name, classes, dropout);
        model.Initialize(seed);
        using (no_grad())
            foreach (var (key, parameter) in model.named_parameters())
                if (!key.Contains("norm", StringComparison.OrdinalIgnoreCase)) parameter.mul_(10);
        model.eval();
        return model;
    }

    public static TextConfiguration Sizes(string name) => name switch
    {
        "bert" => new(2, 16, 4, 40, Vocabulary, 24, 2, 1e-12),
        "distilbert" => new(2, 16, 4, 40, Vocabulary, 24, 0, 1e-12),
        "roberta" => new(2, 16, 4, 40, Vocabulary, 26, 1, 1e-5),
        _ => new(3, 12, 2, 20, Vocabulary, 24, 2, 1e-12),
    };

    /// <summary>Token ids <c>[N,L]</c> of texts, padded for <paramref name="model"/>.</summary>
    public static Tensor Batch(TextEncoder model, params long[][] texts)
    {
        var length = texts.Max(text => text.Length);
        var padded = texts.SelectMany(text => text.Concat(Enumerable.Repeat((long)model.PaddingToken, length - text.Length)));
        return tensor(padded.ToArray(), [texts.Length, length]);
    }
}
