namespace OrleansTransfer.Cli.Terminal;

/// <summary>Paths as they can be pasted into a shell.</summary>
internal static class ShellPath
{
    // A backslash separates folders on Windows and escapes everywhere else.
    private static readonly string Plain = OperatingSystem.IsWindows() ? @"/\:.-_+=@" : "/:.-_+=@";

    /// <summary>Relative where it is below the current folder, and quoted where a shell would split or expand it.</summary>
    public static string Of(string path) => Of(path, Environment.CurrentDirectory);

    internal static string Of(string path, string currentFolder)
    {
        var relative = Path.GetRelativePath(currentFolder, path);
        var shown = relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
        return shown.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c)) ? shown : Quote(shown);
    }

    private static string Quote(string path) =>
        OperatingSystem.IsWindows() ? $"\"{path}\"" : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
