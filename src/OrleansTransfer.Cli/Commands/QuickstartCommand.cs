using System.CommandLine;
using OrleansTransfer.Cli.Quickstart;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx quickstart</c>: the whole way on drawn pictures, offline, in about a minute.</summary>
internal static class QuickstartCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var defaults = new QuickstartPlan();
        var command = new Command(
            "quickstart", "Pretrain, transfer, compare with training from scratch and predict, on drawn pictures, in about a minute.");
        var state = new Option<string?>("--state")
        {
            Description = "Folder for pictures, experiments and bundles (OTX_STATE; default ./.otx).",
            HelpName = "DIR",
        };
        var seed = new Option<long>("--seed")
        {
            Description = "Draws other pictures and starts from other weights.",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Seed,
        };
        var workers = new Option<int>("--workers")
        {
            Description = "CPU devices to train on.",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Workers,
        };
        foreach (var option in (Option[])[state, seed, workers]) command.Add(option);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            defaults with { Seed = parse.GetValue(seed), Workers = parse.GetValue(workers) }, parse.GetValue(state), output.Open(parse, streams),
            interrupted));
        return command;
    }

    private static async Task<int> RunAsync(QuickstartPlan plan, string? state, Output output, CancellationToken interrupted)
    {
        if (plan.Workers is < 1 or > QuickstartPlan.MostWorkers)
            throw new CliException($"--workers {plan.Workers} is not possible here; expected 1 to {QuickstartPlan.MostWorkers}.");
        var location = StateLocation.Resolve(state);
        if (StateLocation.IsContainer(location))
            throw new CliException(
                $"The quickstart keeps pictures beside its experiments: it needs a folder, not {StateLocation.Shown(location)}. Give --state DIR.");

        var result = await new QuickstartJourney(plan, new(null, location, null, state is not null), output).RunAsync(interrupted);
        if (output.Json) output.Document(result);
        return ExitCodes.Done;
    }
}
