using System.Runtime.CompilerServices;

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

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "OrleansTransfer.sln"))) return folder;
        throw new InvalidOperationException($"{here} is in no checkout of the repository.");
    }
}
