using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Cli;

/// <summary>Where a command finds its experiments.</summary>
/// <param name="Cluster">A node of a running cluster; null for a cluster in this process.</param>
/// <param name="State">Folder (absolute) or container of the cluster in this process.</param>
/// <param name="Devices">Devices of the cluster in this process, or null for its default.</param>
/// <param name="StateGiven">Whether the user chose the state: commands to type next must then repeat it.</param>
internal sealed record Connection(Uri? Cluster, string State, string? Devices, bool StateGiven)
{
    /// <summary>The weight cache of the cluster in this process; null: as the environment has it.</summary>
    public WeightCacheOptions? Weights { get; init; }

    /// <summary>Is told when the cluster in this process fetches weights; null for nobody.</summary>
    public IProgress<WeightProgress>? Downloads { get; init; }

    /// <summary>What the cluster's API is shown and taken for.</summary>
    public ApiAccess Access { get; init; } = new();

    /// <summary>What a further command needs to find the same experiments, with a leading space; empty when it is the default.</summary>
    public string Suffix => Cluster is not null ? $" --cluster {Cluster.ToString().TrimEnd('/')}{AuthoritiesSuffix}"
        : StateGiven ? $" --state {(StateLocation.IsContainer(State) ? StateLocation.Shown(State) : ShellPath.Of(State))}"
        : "";

    private string AuthoritiesSuffix => Access.Authorities is { Given: true, File: var file } ? $" --cluster-ca {ShellPath.Of(file)}" : "";
}

/// <summary>
/// <c>--cluster</c>, <c>--api-key-file</c>, <c>--cluster-ca</c>, <c>--state</c> and <c>--devices</c> with their environment variables.
/// </summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "Address of a node of a running cluster, for instance http://127.0.0.1:8080 or https://otx.example (OTX_CLUSTER);"
            + " without it, this process alone.",
        HelpName = "URL",
    };

    private readonly Option<string?> _state = new("--state")
    {
        Description = "Folder in which the cluster of this process keeps experiments, checkpoints and bundles (OTX_STATE; default ./.otx).",
        HelpName = "DIR",
    };

    private readonly Option<string?> _devices = new("--devices")
    {
        Description = "Devices of the cluster of this process: cpu:2, or cuda:0,cuda:1 (default: all CUDA devices, else every CPU core).",
        HelpName = "LIST",
    };

    private readonly ApiAccessOptions _access;
    private readonly bool _trains;

    /// <param name="command">Gets the options.</param>
    /// <param name="trains">Whether the command may train in this process, so that devices matter.</param>
    public ConnectionOptions(Command command, bool trains = false)
    {
        command.Add(_cluster);
        _access = new(command);
        command.Add(_state);
        _trains = trains;
        if (trains) command.Add(_devices);
    }

    /// <summary>What the user chose. Options win over the environment: <c>--state</c> asks for this process even where OTX_CLUSTER is set.</summary>
    public Connection Read(ParseResult parse)
    {
        var (cluster, state) = (parse.GetValue(_cluster), parse.GetValue(_state));
        var devices = _trains ? parse.GetValue(_devices) : null;
        if (cluster is not null && (state ?? devices) is not null)
            throw new CliException("--cluster names a running cluster, --state and --devices describe one in this process: give one or the other.");
        if (cluster is null && (state ?? devices) is null) cluster = EnvironmentVariables.Get("OTX_CLUSTER");

        var address = cluster is null ? null : Address(cluster);
        return new(address, StateLocation.Resolve(state), devices, state is not null) { Access = _access.Read(parse, address) };
    }

    /// <summary>Reads the address of a node.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static Uri Address(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new CliException($"'{text}' is not the address of a node; expected one like http://127.0.0.1:8080.");
    }
}
