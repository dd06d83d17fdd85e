namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>Where fetched weights are kept and how they are fetched.</summary>
public sealed record WeightCacheOptions
{
    /// <summary>Folder of the cache; weights are in its folder <c>weights</c>. Default: see <see cref="FromEnvironment"/>.</summary>
    public required string Folder { get; init; }

    /// <summary>Never opens a connection. Default false.</summary>
    public bool Offline { get; init; }

    /// <summary>Where catalogue entries are fetched from instead of their publishers; null: from their publishers.</summary>
    public WeightMirror? Mirror { get; init; }

    /// <summary>Which addresses may be fetched from; <see cref="Mirror"/> is always trusted.</summary>
    public WeightAddresses Addresses { get; init; } = new();

    /// <summary>Patience with the network.</summary>
    public DownloadOptions Download { get; init; } = new();

    /// <summary>
    /// Options from <c>OTX_CACHE</c> (default <c>otx</c> in <c>XDG_CACHE_HOME</c>, else <c>~/.cache/otx</c>), <c>OTX_OFFLINE</c> (<c>1</c> or
    /// <c>true</c>) and <c>OTX_WEIGHTS_MIRROR</c> (see <see cref="WeightMirror"/>).
    /// </summary>
    /// <exception cref="LearningException">A variable's value is not understood.</exception>
    public static WeightCacheOptions FromEnvironment(Func<string, string?> environment)
    {
        string? Get(string name) => environment(name) is { Length: > 0 } value ? value : null;
        var folder = Get("OTX_CACHE");

        // The XDG specification wants relative paths to be ignored.
        if (folder is null && Get("XDG_CACHE_HOME") is { } caches && Path.IsPathFullyQualified(caches)) folder = Path.Combine(caches, "otx");
        folder ??= Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "otx");
        return new()
        {
            Folder = Path.GetFullPath(folder),
            Offline = Get("OTX_OFFLINE") switch
            {
                null or "0" or "false" => false,
                "1" or "true" => true,
                var other => throw new LearningException($"OTX_OFFLINE is '{other}'; expected 1 or 0."),
            },
            Mirror = Get("OTX_WEIGHTS_MIRROR") is { } mirror ? WeightMirror.Parse(mirror) : null,
        };
    }
}
