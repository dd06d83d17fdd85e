namespace OrleansTransfer.Host.Doctor;

/// <summary>How a check of a node's surroundings came out.</summary>
public enum CheckState
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>A node would start; something is close to a limit or will hurt later.</summary>
    Warning,

    /// <summary>A node would not start, or not do its work.</summary>
    Failed,
}

/// <summary>What one check found.</summary>
/// <param name="Name">What was looked at, in a word or two.</param>
/// <param name="State">How it came out.</param>
/// <param name="Found">What was found, with figures and units.</param>
/// <param name="Fix">What to do about it: a sentence; null where there is nothing to do.</param>
public sealed record CheckResult(string Name, CheckState State, string Found, string? Fix = null)
{
    internal static CheckResult Ok(string name, string found) => new(name, CheckState.Ok, found);

    internal static CheckResult Warning(string name, string found, string fix) => new(name, CheckState.Warning, found, fix);

    internal static CheckResult Failed(string name, string found, string fix) => new(name, CheckState.Failed, found, fix);
}
