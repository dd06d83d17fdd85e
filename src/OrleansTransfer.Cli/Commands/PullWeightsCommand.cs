using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx weights pull</c>: fetches weights into the cache.</summary>
internal static class PullWeightsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var names = new Argument<string[]>("weights")
        {
            Description = "Names from `otx weights list`, networks from `otx models list` (their default weights), or addresses.",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "name or URL",
        };
        var sha256 = new Option<string?>("--sha256")
        {
            Description = "What the SHA-256 of the file must be, or begin with; for a single file.",
            HelpName = "DIGITS",
        };
        var command = new Command("pull", "Fetch weights into the cache, or check those that are there.") { names, sha256 };
        var offline = new OfflineOption(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(names), parse.GetValue(sha256), offline.Read(parse), output.Open(parse, streams), new(streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(
        string[] names, string? sha256, WeightCacheOptions options, Output output, DownloadView view, CancellationToken interrupted)
    {
        if (sha256 is not null && names.Length > 1) throw new CliException($"--sha256 is about one file, and {names.Length} are asked for.");
        var demanded = sha256 is null ? null : WeightChecksum.Sha256(sha256);
        using var local = LocalWeights.Open(options);
        var cache = local.Cache;

        // Unknown names before the first byte.
        var wanted = names.Select(name => cache.Catalogue.Of(name) is [var only, ..] ? $"{only.Name}" : name).ToList();
        foreach (var name in wanted)
            if (cache.Find(name) is null && WeightName.TryParse(name) is { } parsed) cache.Catalogue.Get(parsed);

        var pulled = new List<CachedWeights>();
        foreach (var name in wanted) pulled.Add(await cache.GetAsync(name, demanded, view, interrupted));
        if (output.Json)
        {
            output.Document(pulled.Select(weights => new
            {
                weights.Name,
                weights.Path,
                weights.Record!.Size,
                weights.Record.Sha256,
                weights.Record.Checked,
                weights.Record.Source,
            }));
        }
        output.Table(["NAME", "MB", "SHA-256", "CHECKED AGAINST", "FILE"], pulled.Select(weights => (string[])
            [weights.Name, $"{weights.Record!.Size / 1e6:N1}", weights.Record.Sha256[..16] + "...", weights.Record.Checked, weights.Path]));
        return ExitCodes.Done;
    }
}
