using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.Catalogue;
using static TorchSharp.torch;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx models show</c>.</summary>
internal static class ShowModelCommand
{
    // The width of the head that public weights have.
    private const int Classes = 1000;

    public static Command Create(IConsoleStreams streams)
    {
        var name = new Argument<string>("name") { Description = "A name from `otx models list`." };
        var command = new Command("show", "One network: size, cost, input, weights and the stages that transfer.unfreeze counts.") { name };
        var output = new OutputOption(command);
        command.SetAction(parse => Show(parse.GetRequiredValue(name), output.Open(parse, streams)));
        return command;
    }

    private static void Show(string name, Output output)
    {
        if (NearestName.Of(name, [.. Backbones.Names, .. TextBackbones.Names]) is { } nearest && TextBackbones.Names.Contains(nearest))
        {
            ShownTextEncoder.Of(TextBackbones.Get(name)).Print(output);
            return;
        }
        var model = Describe(Backbones.Get(name));
        if (output.Json)
        {
            output.Document(model);
            return;
        }

        var input = model.Preprocessing;
        output.Facts(
            ("name", model.Name),
            ("parameters", Figures.Count(model.Parameters)),
            ("multiply-adds", $"{Figures.Count(model.MultiplyAccumulates)} per picture of {input.Crop}x{input.Crop}"),
            ("features", $"{model.FeatureWidth}"),
            ("input", $"resize {input.Resize}, crop {input.Crop}, {input.Interpolation}; at least {model.MinimumInputSize} pixels"),
            ("weights", $"{Files(model)}, {(model.Published.Count > 0 ? "none, or:" : "or none; there are no public ones to fetch")}"));
        if (model.Published.Count > 0)
            output.Table(["SOURCES", "TOP-1", "PREPROCESSING"], model.Published.Select(source =>
                (string[])[source.Name, ListWeightsCommand.Percent(source.Top1), source.Preprocessing]));
        output.Line();
        output.Table(["STAGE", "PARAMETERS", "KEYS"], model.Stages.Select(stage => stage.Cells));
    }

    private static string Files(ShownModel model) => model.Library == Backbones.OwnLibrary
        ? "a file that a run here wrote, such as a bundle's model.safetensors"
        : $"a file with the keys of {string.Join(" or ", model.KeyLibraries)}";

    private static ShownModel Describe(Backbone backbone)
    {
        using var scope = NewDisposeScope();
        using var model = backbone.Create(Classes);
        var statistics = ModelStatistics.Of(model, backbone.Preprocessing.Crop);
        var published = WeightCatalogue.Public.Of(backbone.Name)
            .Select(entry => new ShownWeights($"{entry.Name}", entry.Top1, $"{entry.Preprocessing}", entry.Licence, entry.Url.AbsoluteUri)).ToList();
        return new(
            backbone.Name, backbone.Library, NamedWeights.LibrariesOf(model), statistics.Parameters, statistics.MultiplyAccumulates,
            model.FeatureWidth, backbone.MinimumInputSize, backbone.Preprocessing,
            ["file", "none", .. published.Select(source => source.Name)], published, ShownStage.Of(model));
    }

    private sealed record ShownModel(
        string Name,
        string Library,
        IReadOnlyList<string> KeyLibraries,
        long Parameters,
        long MultiplyAccumulates,
        int FeatureWidth,
        int MinimumInputSize,
        Preprocessing Preprocessing,
        IReadOnlyList<string> WeightSources,
        IReadOnlyList<ShownWeights> Published,
        IReadOnlyList<ShownStage> Stages);

    private sealed record ShownWeights(string Name, double Top1, string Preprocessing, string Licence, string Url);
}
