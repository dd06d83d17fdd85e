namespace OrleansTransfer.Cli;

/// <summary>Where a cluster keeps its state.</summary>
internal static class StateLocation
{
    /// <summary>
    /// The option's value, else OTX_STATE, else <c>.otx</c> in the current folder; folders become absolute, containers stay as they are.
    /// </summary>
    public static string Resolve(string? option)
    {
        var location = option ?? EnvironmentVariables.Get("OTX_STATE") ?? ".otx";
        return IsContainer(location) ? location : Path.GetFullPath(location);
    }

    /// <summary>The location without what may be a secret.</summary>
    public static string Shown(string location) => IsContainer(location) ? location.Split(';', '?')[0] : location;

    /// <summary>Whether it is a container rather than a folder.</summary>
    public static bool IsContainer(string location) => location.StartsWith("azure:", StringComparison.OrdinalIgnoreCase);
}
