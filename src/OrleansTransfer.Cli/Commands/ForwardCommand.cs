using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx models forward</c>: logits of a raw tensor, for checking a network against other frameworks.</summary>
internal static class ForwardCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var name = new Argument<string>("name") { Description = "A name from `otx models list`." };
        var weights = new Option<string>("--weights")
        {
            Description = "Weights of the network: imagenet, a name from `otx weights list`, a file, or an address.",
            HelpName = "WEIGHTS",
            Required = true,
        };
        var input = new Option<string>("--input")
        {
            Description = "File with a tensor 'input' [N,3,H,W], normalised.",
            HelpName = "F.safetensors",
            Required = true,
        };
        var result = new Option<string>("--output")
        {
            Description = "File to write the tensor 'logits' [N,K] to.",
            HelpName = "F.safetensors",
            Required = true,
        };
        var command = new Command("forward", "Logits of a raw input tensor, for checking parity with other frameworks.")
        {
            name, weights, input, result,
        };
        var offline = new OfflineOption(command);
        command.SetAction(async (parse, interrupted) =>
        {
            Allocator.KeepLargeBlocks();
            var (backbone, path) = (parse.GetRequiredValue(name), parse.GetRequiredValue(result));
            using var local = LocalWeights.Open(offline.Read(parse));
            var file = await local.FileOfAsync(backbone, parse.GetRequiredValue(weights), new DownloadView(streams), interrupted);
            var report = RawForward.Run(backbone, file, parse.GetRequiredValue(input), path);
            foreach (var remark in report.Remarks) streams.Error.WriteLine(remark);
            streams.Error.WriteLine($"The logits are in {path}.");
            return ExitCodes.Done;
        });
        return command;
    }
}
