using OrleansTransfer.Learning.Models.Text;

namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>
/// The ways in which public weights of a text encoder differ from one file to the next: with or without the encoder's name in front of its keys,
/// with the layers and buffers that only pre-training or older programs used, and with the names that LayerNorm's weights had at first.
/// </summary>
internal static class TextKeys
{
    private const string Pooler = "pooler.";

    private static readonly string[] s_pretraining = ["cls.", "lm_head.", "vocab_transform.", "vocab_layer_norm.", "vocab_projector."];
    private static readonly string[] s_buffers = ["embeddings.position_ids", "embeddings.token_type_ids"];
    private static readonly (string Old, string New)[] s_norms = [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")];

    /// <summary><paramref name="file"/> under the keys of <paramref name="model"/>: itself where it has them.</summary>
    public static IWeightsFile Translate(TextEncoder model, IWeightsFile file)
    {
        var state = model.state_dict();
        var names = file.Names.ToHashSet(StringComparer.Ordinal);
        Dictionary<string, string> theirs = new(StringComparer.Ordinal);
        List<TranslatedTensor> tensors = [];
        var (prefixed, renamed, left) = (false, false, false);
        foreach (var name in file.Names)
        {
            var key = Modern(name);
            renamed |= key != name;
            var bare = WithoutFamily(model.Keys, key);
            var own = model.Keys[bare];
            if (!state.ContainsKey(key) && state.ContainsKey(own))
            {
                // A key that the file holds in both ways is another key: the one that is not the model's stays and is refused.
                if (names.Contains(own)) own = key;
                prefixed |= own != key;
                key = own;
            }
            if (!state.ContainsKey(key) && IsLeftOut(bare))
            {
                left = true;
                continue;
            }
            var info = file.Info(name);
            tensors.Add(new(info with { Name = key }, info));
            theirs.TryAdd(key, name);
        }
        if (!prefixed && !renamed && !left) return file;

        List<string> reading = [];
        var (family, prefix) = (model.Keys.Family, model.Keys.Prefix);
        if (prefixed) reading.Add(prefix.Length == 0 ? $"without their prefix '{family}.'" : $"under the prefix '{prefix}.'");
        if (renamed) reading.Add("with gamma and beta of LayerNorm as its weight and bias");
        if (left) reading.Add("without what serves pre-training only");
        return new TranslatedFile(file, string.Join(" and ", reading), tensors, key => theirs.GetValueOrDefault(key, key));
    }

    private static string Modern(string name)
    {
        foreach (var (old, modern) in s_norms)
            if (name.EndsWith(old, StringComparison.Ordinal)) return name[..^old.Length] + modern;
        return name;
    }

    private static string WithoutFamily(EncoderKeys keys, string name) =>
        name.StartsWith(keys.Family + ".", StringComparison.Ordinal) ? name[(keys.Family.Length + 1)..] : name;

    private static bool IsLeftOut(string bare) =>
        bare.StartsWith(Pooler, StringComparison.Ordinal) || s_buffers.Contains(bare)
        || s_pretraining.Any(prefix => bare.StartsWith(prefix, StringComparison.Ordinal));
}
