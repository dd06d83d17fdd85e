namespace OrleansTransfer.Learning.Tests.Data;

/// <summary>
/// Real pictures outside the repository: <c>data</c> in the folder that OTX_SHARED names, or in a folder <c>shared</c> beside one of the parents.
/// </summary>
internal static class SharedData
{
    public static string Folder(string name)
    {
        var root = Environment.GetEnvironmentVariable("OTX_SHARED");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "shared", "data"))) root = Path.Combine(folder.FullName, "shared");
        var path = root is null ? null : Path.Combine(root, "data", name);
        if (!Directory.Exists(path)) Assert.Skip($"The shared data folder '{name}' is not on this machine.");
        return path!;
    }
}
