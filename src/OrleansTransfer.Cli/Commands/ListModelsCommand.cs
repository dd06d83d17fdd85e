using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx models list</c>.</summary>
internal static class ListModelsCommand
{
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
        output.Table(["NAME", "PARAMETERS", "MACS", "INPUT", "STAGES", "KEYS", "TOP-1", "SOURCES"], models.Select(model => (string[])
        [
            model.Name, Figures.Count(model.Parameters), Figures.Large(model.MultiplyAccumulates), $"{model.InputSize}", $"{model.Stages}", model.Library,
            model.Top1 is { } top1 ? ListWeightsCommand.Percent(top1) : "-", string.Join(", ", model.Sources),
        ]));
        output.Note("`otx models show NAME` tells more of one.");
    }

    private static ListedModel Describe(Backbone backbone)
    {
        var published = WeightCatalogue.Public.Of(backbone.Name);
        return new(
            backbone.Name, backbone.Library, backbone.Figures.Parameters, backbone.Figures.MultiplyAccumulates, backbone.Preprocessing.Crop,
            backbone.Figures.Stages, published.FirstOrDefault()?.Top1, [.. published.Select(entry => entry.Name.Tag)]);
    }

    /// <param name="Name">Of the network.</param>
    /// <param name="Library">Whose key names it has.</param>
    /// <param name="Parameters">With a head of 1000 labels.</param>
    /// <param name="MultiplyAccumulates">For one picture.</param>
    /// <param name="InputSize">Pixels.</param>
    /// <param name="Stages">How many.</param>
    /// <param name="Top1">Accuracy of the default weights in percent; null where there are none.</param>
    /// <param name="Sources">Tags of the weights that can be fetched, the default first.</param>
    private sealed record ListedModel(
        string Name, string Library, long Parameters, long MultiplyAccumulates, int InputSize, int Stages, double? Top1,
        IReadOnlyList<string> Sources);
}
