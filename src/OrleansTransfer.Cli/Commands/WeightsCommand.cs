using System.CommandLine;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx weights</c>.</summary>
internal static class WeightsCommand
{
    public static Command Create(IConsoleStreams streams) => new("weights", "Pretrained weights: the catalogue, and the cache on this machine.")
    {
        ListWeightsCommand.Create(streams),
        PullWeightsCommand.Create(streams),
        AddWeightsCommand.Create(streams),
        VerifyWeightsCommand.Create(streams),
        ConvertWeightsCommand.Create(streams),
    };
}
