namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>
/// Pretrained weights and real pictures that are too large for the repository: the folder that the environment variable OTX_SHARED names, or one
/// called <c>shared</c> next to the repository or to a folder above it.
/// </summary>
internal static class SharedFolder
{
    private static readonly string? s_root = Find();

    /// <summary>Absolute path of a file or folder in it; skips the test where it is absent.</summary>
    public static string Path(params string[] parts)
    {
        if (s_root is null) Assert.Skip("The folder of shared reference data was found neither through OTX_SHARED nor beside the repository.");
        var path = System.IO.Path.Combine([s_root, .. parts]);
        if (!System.IO.Path.Exists(path)) Assert.Skip($"The shared reference data lacks '{System.IO.Path.Combine(parts)}'.");
        return path;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("OTX_SHARED") is { Length: > 0 } named) return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(System.IO.Path.Combine(candidate, "weights"))) return candidate;
        }
        return null;
    }
}
