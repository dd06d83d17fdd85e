using System.CommandLine;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep</c>.</summary>
internal static class SweepCommand
{
    public static Command Create(IConsoleStreams streams) => new("sweep", "Search for the best values of a recipe.")
    {
        RunSweepCommand.Create(streams),
        PlanSweepCommand.Create(streams),
        ListSweepsCommand.Create(streams),
        ShowSweepCommand.Create(streams),
        WatchSweepCommand.Create(streams),
        BestTrialCommand.Create(streams),
        SweepReportCommand.Create(streams),
        PauseSweepCommand.Create(streams),
        ResumeSweepCommand.Create(streams),
        CancelSweepCommand.Create(streams),
        AddTrialCommand.Create(streams),
    };

    /// <summary>The argument that names a sweep.</summary>
    public static Argument<string> Id() => new("id") { Description = "Id of the sweep, or the beginning of it." };
}
