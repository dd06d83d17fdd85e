namespace OrleansTransfer.Cli;

/// <summary>Settings from the environment.</summary>
internal static class EnvironmentVariables
{
    /// <summary>The variable's value; null when it is unset or empty.</summary>
    public static string? Get(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
