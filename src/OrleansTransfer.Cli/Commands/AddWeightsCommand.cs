using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx weights add</c>: puts a user's file into the cache.</summary>
internal static class AddWeightsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var file = new Argument<string>("file") { Description = "A weights file." };
        var name = new Option<string>("--as")
        {
            Description = "Name for recipes: one of `otx weights list`, or a new one such as resnet50/mine.",
            HelpName = "BACKBONE/TAG",
            Required = true,
        };
        var command = new Command("add", "Put a file into the cache under a name; it must open and fit the network.") { file, name };
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
            RunAsync(parse.GetRequiredValue(file), parse.GetRequiredValue(name), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> RunAsync(string file, string text, Output output, CancellationToken interrupted)
    {
        var name = WeightName.TryParse(text) ?? throw new CliException(
            $"'{text}' cannot name weights; expected a network, a slash and a word in lower case without a dot, such as resnet50/mine.");
        using var local = LocalWeights.Open(LocalWeights.FromEnvironment());
        var added = await local.Cache.AddAsync(file, name, interrupted);
        var record = added.Record!;
        if (output.Json) output.Document(new { added.Name, added.Path, record.Size, record.Sha256, record.Checked });
        output.Facts(("name", added.Name), ("file", added.Path), ("sha256", record.Sha256), ("checked", record.Checked));
        return ExitCodes.Done;
    }
}
