using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx models forward</c>: logits of a raw tensor, for checking a network against other frameworks.</summary>
internal static class ForwardCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var name = new Argument<string>("name") { Description = "A name from `otx models list`." };
        var weights = new Option<string>("--weights") { Description = "Weights of the network.", HelpName = "F.safetensors", Required = true };
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
        command.SetAction(parse =>
        {
            Allocator.KeepLargeBlocks();
            var path = parse.GetRequiredValue(result);
            RawForward.Run(parse.GetRequiredValue(name), parse.GetRequiredValue(weights), parse.GetRequiredValue(input), path);
            streams.Error.WriteLine($"The logits are in {path}.");
        });
        return command;
    }
}
