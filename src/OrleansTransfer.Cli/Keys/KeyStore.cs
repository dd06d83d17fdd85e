using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Cli.Keys;

/// <summary>Reads and writes a keys file.</summary>
internal static class KeyStore
{
    /// <summary>The entries; none where there is no file yet.</summary>
    /// <exception cref="CliException">The file cannot be read.</exception>
    public static IReadOnlyList<ApiKeyEntry> Read(string path)
    {
        try
        {
            return File.Exists(path) ? ApiKeyFile.Parse(File.ReadAllText(path), path) : [];
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(e.Message, inner: e);
        }
    }

    /// <summary>Writes them. Nodes that read the file meanwhile see what was in it before, or all that is in it then.</summary>
    /// <exception cref="CliException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<ApiKeyEntry> keys)
    {
        var full = Path.GetFullPath(path);
        var staged = $"{full}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(staged, ApiKeyFile.Format(keys, full.EndsWith(".json", StringComparison.OrdinalIgnoreCase)));
            if (!OperatingSystem.IsWindows() && File.Exists(full)) File.SetUnixFileMode(staged, File.GetUnixFileMode(full));
            File.Move(staged, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(staged);
            throw new CliException($"'{path}' cannot be written: {e.Message}", inner: e);
        }
    }

    /// <summary>The only key of an id, or of a name.</summary>
    /// <exception cref="CliException">There is none, or several have the name.</exception>
    public static ApiKeyEntry Find(IReadOnlyList<ApiKeyEntry> keys, string idOrName, string path)
    {
        List<ApiKeyEntry> found = [.. keys.Where(key => key.Id == idOrName)];
        if (found.Count == 0) found = [.. keys.Where(key => key.Name == idOrName)];
        return found.Count switch
        {
            0 => throw new CliException($"'{path}' has no key '{idOrName}'. 'otx keys list --file {path}' shows all."),
            1 => found[0],
            _ => throw new CliException($"'{idOrName}' is the name of several keys; say which: {string.Join(", ", found.Select(key => key.Id))}."),
        };
    }
}
