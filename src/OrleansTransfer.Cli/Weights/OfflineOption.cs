using System.CommandLine;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Cli.Weights;

/// <summary><c>--offline</c>.</summary>
internal sealed class OfflineOption
{
    private readonly Option<bool> _option = new("--offline")
    {
        Description = "Open no connection for weights: what the cache lacks is an error that says which file to put where (OTX_OFFLINE=1).",
    };

    public OfflineOption(Command command) => command.Add(_option);

    /// <summary>Whether the option was given.</summary>
    public bool Given(ParseResult parse) => parse.GetValue(_option);

    /// <summary>The cache's options from the environment and this option.</summary>
    public WeightCacheOptions Read(ParseResult parse)
    {
        var options = LocalWeights.FromEnvironment();
        return Given(parse) ? options with { Offline = true } : options;
    }
}
