namespace OrleansTransfer.Learning.Training;

/// <summary>How the tensors of networks that train beside a model are told from the model's own.</summary>
internal static class Companions
{
    private const string Prefix = "companion.";

    /// <summary>The key of a companion's tensor among the model's.</summary>
    public static string Key(string name) => Prefix + name;

    /// <summary>Whether a key is a companion's.</summary>
    public static bool IsKey(string key) => key.StartsWith(Prefix, StringComparison.Ordinal);
}
