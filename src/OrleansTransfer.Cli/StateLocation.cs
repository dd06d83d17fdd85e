namespace OrleansTransfer.Cli;

/// <summary>Where a cluster keeps its state.</summary>
internal static class StateLocation
{
    /// <summary>The option's value, else OTX_STATE, else <c>.otx</c> in the current folder; folders become absolute, addresses of containers stay.</summary>
    public static string Resolve(string? option)
    {
        var location = option ?? EnvironmentVariables.Get("OTX_STATE") ?? ".otx";
        return location.Contains("://", StringComparison.Ordinal) ? location : Path.GetFullPath(location);
    }
}

/// <summary>Settings from the environment.</summary>
internal static class EnvironmentVariables
{
    /// <summary>The variable's value; null when it is unset or empty.</summary>
    public static string? Get(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
