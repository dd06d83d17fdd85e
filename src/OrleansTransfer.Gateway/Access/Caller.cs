namespace OrleansTransfer.Gateway.Access;

/// <summary>Who sent a request.</summary>
/// <param name="Kind"><c>key</c>, <c>token</c>, or <c>anonymous</c> where nobody is asked.</param>
/// <param name="Name">Name of the key, subject of the token, or <c>anonymous</c>.</param>
/// <param name="Id">Id of the key, which tells keys of one name apart; null for others.</param>
/// <param name="Role">What the caller may do.</param>
public sealed record Caller(string Kind, string Name, string? Id, ApiRole Role)
{
    /// <summary>Whoever it is, where nobody is asked.</summary>
    public static Caller Anonymous { get; } = new("anonymous", "anonymous", null, ApiRole.Admin);

    /// <summary>The caller in a sentence.</summary>
    public string Description => Kind switch
    {
        "key" => $"The API key '{Name}' ({Id})",
        "token" => $"The token of '{Name}'",
        _ => "An anonymous caller",
    };
}

/// <summary>Either who sent a request, or why that is not known, in a sentence.</summary>
public readonly record struct Identification(Caller? Caller, string? Refusal)
{
    /// <summary>A known caller.</summary>
    public static implicit operator Identification(Caller caller) => new(caller, null);

    /// <summary>Why there is none.</summary>
    public static Identification Refused(string reason) => new(null, reason);
}
