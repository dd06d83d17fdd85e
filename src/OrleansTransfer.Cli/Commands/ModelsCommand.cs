using System.CommandLine;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx models</c>.</summary>
internal static class ModelsCommand
{
    public static Command Create(IConsoleStreams streams) => new("models", "The catalogue of networks that a recipe can name.")
    {
        ListModelsCommand.Create(streams),
        ShowModelCommand.Create(streams),
        ForwardCommand.Create(streams),
    };
}
