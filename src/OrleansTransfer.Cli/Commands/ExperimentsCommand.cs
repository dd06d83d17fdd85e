using System.CommandLine;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx experiments</c>.</summary>
internal static class ExperimentsCommand
{
    public static Command Create(IConsoleStreams streams) => new("experiments", "Look at experiments and steer them.")
    {
        ListExperimentsCommand.Create(streams),
        ShowExperimentCommand.Create(streams),
        WatchExperimentCommand.Create(streams),
        ExperimentLogsCommand.Create(streams),
        CancelExperimentCommand.Create(streams),
        ResumeExperimentCommand.Create(streams),
    };

    /// <summary>The argument that names an experiment.</summary>
    public static Argument<string> Id() => new("id") { Description = "Id of the experiment, or the beginning of it." };
}
