using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx weights verify</c>: reads cached weights and compares them with what they were.</summary>
internal static class VerifyWeightsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var names = new Argument<string[]>("name")
        {
            Description = "Names or addresses of cached weights; all of them if none is given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("verify", "Check the bytes of cached weights; damaged files are deleted, and the exit code is 1.") { names };
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(parse.GetValue(names) ?? [], output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string[] names, Output output, CancellationToken interrupted)
    {
        using var local = LocalWeights.Open(LocalWeights.FromEnvironment());
        var cache = local.Cache;
        var asked = names.Length == 0
            ? cache.List()
            : [.. names.Select(name => cache.Find(name) ?? throw new CliException($"'{name}' is not in the cache {cache.Folder}."))];
        var found = new List<WeightVerification>();
        foreach (var weights in asked) found.Add(await cache.VerifyAsync(weights, interrupted));

        if (output.Json)
            output.Document(found.Select(one => new { one.Weights.Name, one.Weights.Path, one.Sha256, Sound = one.Damage is null, one.Damage }));
        else if (found.Count == 0) output.Line($"The cache {cache.Folder} is empty.");
        else
            output.Table(["NAME", "SHA-256", "STATE"], found.Select(one =>
                (string[])[one.Weights.Name, one.Sha256[..16] + "...", one.Damage is null ? "sound" : "damaged, deleted"]));

        var damaged = found.Where(one => one.Damage is not null).ToList();
        foreach (var one in damaged) output.Note($"error: '{one.Weights.Path}' was damaged and has been deleted: {one.Damage}.");
        return damaged.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }
}
