using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// The <c>config.json</c> that lies beside the public weights of a text encoder: sizes that the shapes of the weights do not tell, such as the number
/// of heads, and dropout.
/// </summary>
public static class EncoderConfigurationFile
{
    /// <summary>Its name.</summary>
    public const string Name = "config.json";

    // Far above any encoder; what is beyond is a slip of the keyboard that no memory could hold.
    private const long MostParameters = 100_000_000_000;

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>The sizes in the file <paramref name="path"/>; the architecture's own where it does not say.</summary>
    /// <exception cref="LearningException">It cannot be read, is of another architecture, or describes what cannot be computed here.</exception>
    public static TextConfiguration Read(string path, TextBackbone backbone)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Interpret(path, document.RootElement, backbone)
                : throw new LearningException($"'{path}' is no {Name}: it is not a JSON object.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new LearningException($"The configuration '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The file of an encoder that tells <paramref name="labels"/> apart.</summary>
    public static string Render(TextBackbone backbone, TextConfiguration sizes, IReadOnlyList<string> labels)
    {
        var keys = Keys.Of(backbone);
        var numbers = new JsonObject(labels.Index().Select(label => KeyValuePair.Create(label.Item, (JsonNode?)label.Index)));
        var names = new JsonObject(labels.Index().Select(label => KeyValuePair.Create($"{label.Index}", (JsonNode?)label.Item)));
        var file = new JsonObject
        {
            ["model_type"] = backbone.ModelType,
            [keys.Layers] = sizes.Layers,
            [keys.Hidden] = sizes.Hidden,
            [keys.Heads] = sizes.Heads,
            [keys.Inner] = sizes.Inner,
            [Keys.Vocabulary] = sizes.Vocabulary,
            [Keys.Positions] = sizes.Positions,
            [keys.Activation] = Keys.Gelu,
            [keys.Dropout] = sizes.Dropout,
            [keys.AttentionDropout] = sizes.Dropout,
        };
        if (sizes.TokenTypes > 0) file[Keys.TokenTypes] = sizes.TokenTypes;
        if (!keys.IsDistilled) file[Keys.Epsilon] = sizes.NormEpsilon;
        file["id2label"] = names;
        file["label2id"] = numbers;
        return file.ToJsonString(s_indented);
    }

    private static TextConfiguration Interpret(string path, JsonElement file, TextBackbone backbone)
    {
        var (keys, usual) = (Keys.Of(backbone), backbone.Configuration);
        if (Word("model_type") is { } type && type != backbone.ModelType)
            throw new LearningException($"'{path}' is of the architecture '{type}', and {backbone.Name} is a '{backbone.ModelType}'.");
        if (Word(keys.Activation) is { } activation && activation != Keys.Gelu)
            throw new LearningException($"'{path}' names the activation '{activation}'; {backbone.Name} has '{Keys.Gelu}' here.");
        if (Word("position_embedding_type") is { } positions && positions != "absolute")
            throw new LearningException($"'{path}' names positions of the kind '{positions}'; {backbone.Name} has 'absolute' ones here.");
        var sizes = new TextConfiguration(
            Size(keys.Layers, usual.Layers), Size(keys.Hidden, usual.Hidden), Size(keys.Heads, usual.Heads), Size(keys.Inner, usual.Inner),
            Size(Keys.Vocabulary, usual.Vocabulary), Size(Keys.Positions, usual.Positions),
            keys.IsDistilled ? 0 : Size(Keys.TokenTypes, usual.TokenTypes), Number(Keys.Epsilon) ?? usual.NormEpsilon)
        {
            Dropout = Number(keys.Dropout) ?? usual.Dropout,
        };
        if (sizes.Dropout is not (>= 0 and < 1) || !(sizes.NormEpsilon > 0))
            throw new LearningException(
                $"'{path}' has a dropout of {sizes.Dropout} and an epsilon of {sizes.NormEpsilon}; expected are 0 to below 1, and above 0.");
        try
        {
            if (sizes.Checked().Parameters is > 0 and <= MostParameters) return sizes;
        }
        catch (ArgumentException e)
        {
            throw new LearningException($"'{path}' describes no encoder: {e.Message}", e);
        }
        throw new LearningException($"'{path}' describes an encoder of more than {MostParameters / 1_000_000_000} billion parameters.");

        string? Word(string key) => file.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        double? Number(string key) => file.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

        int Size(string key, int otherwise) => !file.TryGetProperty(key, out var value) ? otherwise
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) ? size
            : throw new LearningException($"'{path}': '{key}' is {value.GetRawText()}; expected a whole number.");
    }

    private sealed record Keys(
        bool IsDistilled, string Layers, string Hidden, string Heads, string Inner, string Activation, string Dropout, string AttentionDropout)
    {
        public const string Vocabulary = "vocab_size", Positions = "max_position_embeddings", TokenTypes = "type_vocab_size";
        public const string Epsilon = "layer_norm_eps";
        public const string Gelu = "gelu";

        private static readonly Keys s_bert = new(
            false, "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "hidden_act", "hidden_dropout_prob",
            "attention_probs_dropout_prob");

        private static readonly Keys s_distilBert = new(
            true, "n_layers", "dim", "n_heads", "hidden_dim", "activation", "dropout", "attention_dropout");

        public static Keys Of(TextBackbone backbone) => backbone.ModelType == "distilbert" ? s_distilBert : s_bert;
    }
}
