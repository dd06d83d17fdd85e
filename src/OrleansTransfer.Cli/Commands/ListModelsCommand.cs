using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Models;
using static TorchSharp.torch;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx models list</c>.</summary>
internal static class ListModelsCommand
{
    // The width of the head that public weights have.
    private const int Classes = 1000;

    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command("list", "Networks with their size.");
        var output = new OutputOption(command);
        command.SetAction(parse => List(output.Open(parse, streams)));
        return command;
    }

    private static void List(Output output)
    {
        var models = Backbones.All.Select(Describe).ToList();
        if (output.Json) output.Document(models);
        output.Table(["NAME", "PARAMETERS", "INPUT", "STAGES", "KEYS"], models.Select(model =>
            (string[])[model.Name, Figures.Count(model.Parameters), $"{model.InputSize}", $"{model.Stages}", model.Library]));
        output.Note("`otx models show NAME` tells more of one.");
    }

    private static ListedModel Describe(Backbone backbone)
    {
        using var scope = NewDisposeScope();
        using var model = backbone.Create(Classes);
        var parameters = model.parameters().Sum(parameter => parameter.numel());
        return new(backbone.Name, backbone.Library, parameters, backbone.Preprocessing.Crop, model.Stages.Count);
    }

    private sealed record ListedModel(string Name, string Library, long Parameters, int InputSize, int Stages);
}
