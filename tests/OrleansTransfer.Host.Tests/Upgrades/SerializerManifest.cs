namespace OrleansTransfer.Host.Tests.Upgrades;

/// <summary>Facts that were released with a protocol: later builds of the protocol keep them, and may add to them.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Facts">Lines of <see cref="SerializerFacts"/>.</param>
internal sealed record SerializerManifest(int Protocol, IReadOnlyList<string> Facts)
{
    /// <summary>The command that writes the stored manifest anew.</summary>
    public const string Command = $"{UpdateVariable}=1 dotnet test tests/OrleansTransfer.Host.Tests --filter FullyQualifiedName~SerializerManifest";

    /// <summary>Asks the test to write the manifest.</summary>
    public const string UpdateVariable = "OTX_UPDATE_SERIALIZER_MANIFEST";

    private const string ProtocolKey = "protocol ";

    /// <summary>The facts of this build.</summary>
    public static SerializerManifest OfThisBuild => new(SerializerFacts.Protocol, SerializerFacts.All);

    /// <summary>Reads the text of a manifest; lines that begin with <c>#</c> say something to people.</summary>
    public static SerializerManifest Parse(IEnumerable<string> lines)
    {
        var said = lines.Where(line => line.Length > 0 && line[0] != '#').ToList();
        return new(int.Parse(said[0][ProtocolKey.Length..]), [.. said.Skip(1)]);
    }

    /// <summary>The manifest as text.</summary>
    public IEnumerable<string> ToLines() =>
    [
        "# What nodes of one protocol say to each other, and what they store. Lines may be added; to change or remove one takes a new protocol",
        "# (ClusterVersion.Protocol), and nodes of two protocols refuse each other. To add what is new, from the root of the repository:",
        $"#   {Command}",
        $"{ProtocolKey}{Protocol}",
        .. Facts,
    ];

    /// <summary>What in a build would break with the nodes or the stored state of this manifest, in words.</summary>
    public IReadOnlyList<string> BrokenBy(SerializerManifest build)
    {
        if (build.Protocol > Protocol) return [];
        if (build.Protocol < Protocol) return [$"The protocol went back from {Protocol} to {build.Protocol}; take a number that was never used."];
        var present = build.Facts.ToDictionary(Subject);
        return
        [
            .. Facts.Where(fact => !build.Facts.Contains(fact)).Select(fact => present.TryGetValue(Subject(fact), out var now)
                ? $"'{fact}' is now '{now}'. Keep what was there and add a new {Kind(fact)} beside it, or raise ClusterVersion.Protocol."
                : $"'{fact}' is gone. Keep it, unused if need be, or raise ClusterVersion.Protocol."),
        ];
    }

    /// <summary>What a build says that this manifest does not have yet.</summary>
    public IReadOnlyList<string> MissingFrom(SerializerManifest build) => [.. build.Facts.Except(Facts)];

    private static string Subject(string fact) => fact[..fact.IndexOf(" = ", StringComparison.Ordinal)];

    private static string Kind(string fact) => fact.Split(' ')[0] switch
    {
        "member" => "member with an id of its own",
        "enum" => "value",
        var kind => kind,
    };
}
