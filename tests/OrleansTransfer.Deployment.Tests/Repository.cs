namespace OrleansTransfer.Deployment.Tests;

/// <summary>Files of the repository that is tested.</summary>
internal static class Repository
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = FindRoot();

    public static string Chart { get; } = At("helm", "orleanstransfer");

    /// <summary>A path below the root.</summary>
    public static string At(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    public static string Read(params ReadOnlySpan<string> parts) => File.ReadAllText(At(parts));

    // From where the tests are built to: paths of source files are made anonymous in builds that can be repeated.
    private static string FindRoot()
    {
        var here = AppContext.BaseDirectory;
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "OrleansTransfer.sln"))) return folder;
        throw new InvalidOperationException($"{here} is in no checkout of the repository.");
    }
}
