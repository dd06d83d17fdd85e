namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>
/// The prefix that PyTorch's DataParallel and DistributedDataParallel, and averaged models (EMA), leave on every key of a state dict that was saved
/// from the wrapper instead of the network in it.
/// </summary>
internal static class ParallelPrefix
{
    private const string Prefix = "module.";

    /// <summary><paramref name="file"/> without the prefix; itself where one key lacks it.</summary>
    public static IWeightsFile Strip(IWeightsFile file)
    {
        if (file.Names.Count == 0 || !file.Names.All(name => name.StartsWith(Prefix, StringComparison.Ordinal))) return file;
        var tensors = file.Names.Select(name =>
        {
            var info = file.Info(name);
            return new TranslatedTensor(new(name[Prefix.Length..], info.Type, info.Shape), info);
        });
        return new TranslatedFile(file, $"without their prefix '{Prefix}'", [.. tensors], name => Prefix + name);
    }
}
