namespace OrleansTransfer.Learning.Models.Text;

/// <summary>How an architecture's origin names the modules of its encoder.</summary>
/// <param name="Family">What the encoder is called within networks that are more than an encoder.</param>
/// <param name="Prefix">What it is called in the public weights; nothing where they are those of an encoder alone.</param>
/// <param name="Layers">Path of the layers below it; their numbers follow.</param>
/// <param name="Layer">Names within a layer.</param>
internal sealed record EncoderKeys(string Family, string Prefix, string Layers, LayerKeys Layer)
{
    /// <summary>BERT's, as in networks with a head.</summary>
    public static EncoderKeys Bert { get; } = new("bert", "bert", "encoder.layer", LayerKeys.Bert);

    /// <summary>DistilBERT's.</summary>
    public static EncoderKeys DistilBert { get; } = new("distilbert", "distilbert", "transformer.layer", LayerKeys.DistilBert);

    /// <summary>XLM-RoBERTa's.</summary>
    public static EncoderKeys XlmRoberta { get; } = new("roberta", "roberta", "encoder.layer", LayerKeys.Bert);

    /// <summary>The full key of a module of the encoder.</summary>
    public string this[string path] => Prefix.Length == 0 ? path : $"{Prefix}.{path}";
}

/// <summary>The paths of the modules that a transformer layer is made of.</summary>
internal sealed record LayerKeys(
    string Query, string Key, string Value, string AttentionOutput, string AttentionNorm, string Inner, string Output, string OutputNorm)
{
    public static LayerKeys Bert { get; } = new(
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
        "intermediate.dense", "output.dense", "output.LayerNorm");

    public static LayerKeys DistilBert { get; } = new(
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm");
}
