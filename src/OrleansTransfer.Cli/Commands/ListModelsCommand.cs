using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
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
        var encoders = TextBackbones.All.Select(Describe).ToList();
        if (output.Json) output.Document((object[])[.. models, .. encoders]);
        output.Line("For pictures:");
        output.Table(["NAME", "PARAMETERS", "MACS", "INPUT", "STAGES", "KEYS", "TOP-1", "SOURCES"], models.Select(model => (string[])
        [
            model.Name, Figures.Count(model.Parameters), Figures.Large(model.MultiplyAccumulates), $"{model.InputSize}", $"{model.Stages}", model.Library,
            model.Top1 is { } top1 ? ListWeightsCommand.Percent(top1) : "-", string.Join(", ", model.Sources),
        ]));
        output.Line();
        output.Line("For texts, besides word-vectors, whose size is that of the tables it is given:");
        output.Table(["NAME", "PARAMETERS", "TOKENS", "STAGES", "TOKENIZER", "PUBLIC WEIGHTS"], encoders.Select(model => (string[])
        [
            model.Name, Figures.Count(model.Parameters), $"{model.MaximumTokens}", $"{model.Stages}", model.TokenizerFile,
            $"huggingface.co/{model.Repository}",
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

    private static ListedEncoder Describe(TextBackbone backbone) => new(
        backbone.Name, TaskWords.Texts, backbone.BackboneParameters, backbone.MaximumTokens, backbone.Configuration.Layers + 1,
        TokenizerFiles.NameOf(backbone.Tokenizer), backbone.Repository);

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
        IReadOnlyList<string> Sources)
    {
        /// <summary>What recipes call its task.</summary>
        public string Task { get; } = TaskWords.Images;
    }

    /// <param name="Name">Of the encoder.</param>
    /// <param name="Task">What recipes call its task.</param>
    /// <param name="Parameters">Without a head.</param>
    /// <param name="MaximumTokens">Of a text, the two of the frame included.</param>
    /// <param name="Stages">How many.</param>
    /// <param name="TokenizerFile">Name of its tokenizer's file.</param>
    /// <param name="Repository">Where its public files are, on huggingface.co.</param>
    private sealed record ListedEncoder(
        string Name, string Task, long Parameters, int MaximumTokens, int Stages, string TokenizerFile, string Repository);
}
