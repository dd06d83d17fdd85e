namespace OrleansTransfer.Storage;

/// <summary>The rules that a blob's name follows in every container, so that what one accepts another accepts too.</summary>
internal static class BlobName
{
    /// <summary>Azure's limit, in characters.</summary>
    private const int MaximumLength = 1024;

    /// <summary>First part of the names that a folder keeps for its own locks and temporary files.</summary>
    internal const string Reserved = ".store";

    internal static void Validate(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ValidateCharacters(name);
        foreach (var part in name.Split('/'))
            ValidatePart(name, part);
        if (name == Reserved || name.StartsWith(Reserved + "/", StringComparison.Ordinal))
            throw new ArgumentException($"The blob name '{name}' is reserved: choose one that does not start with '{Reserved}'.", nameof(name));
    }

    /// <summary>A prefix may be empty and may end inside a part.</summary>
    internal static void ValidatePrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ValidateCharacters(prefix);
        var parts = prefix.Split('/');
        foreach (var part in parts.AsSpan(0, parts.Length - 1))
            ValidatePart(prefix, part);
    }

    /// <summary>A name of one part: a file of a checkpoint or a bundle.</summary>
    internal static void ValidateSingle(string name)
    {
        Validate(name);
        if (name.Contains('/'))
            throw new ArgumentException($"'{name}' must be a plain file name, without '/'.", nameof(name));
    }

    private static void ValidateCharacters(string name)
    {
        if (name.Length > MaximumLength)
            throw new ArgumentException($"A blob name has {name.Length} characters; at most {MaximumLength} are allowed.", nameof(name));
        if (name.Contains('\\'))
            throw new ArgumentException($"The blob name '{name}' contains a backslash; parts are separated by '/'.", nameof(name));
        if (name.Any(char.IsControl))
            throw new ArgumentException("A blob name contains a control character.", nameof(name));
    }

    private static void ValidatePart(string name, string part)
    {
        if (part.Length == 0)
            throw new ArgumentException($"The blob name '{name}' has an empty part; it must not start or end with '/' or contain '//'.", nameof(name));
        // Covers '.' and '..'. Windows and URLs drop trailing dots, which would let two names mean one blob.
        if (part.EndsWith('.'))
            throw new ArgumentException($"The blob name '{name}' has a part that ends with a dot, which is not allowed.", nameof(name));
    }
}
