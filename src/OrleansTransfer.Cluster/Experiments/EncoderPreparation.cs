using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Weights;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>Finds what a recipe's text encoder needs and checks that it belongs together.</summary>
internal static class EncoderPreparation
{
    /// <summary>Tokenizer and sizes; null where there is a problem.</summary>
    /// <param name="weightsPath">Local file of the pretrained weights, or null.</param>
    public static EncoderSource? Find(Recipe recipe, string? weightsPath, List<RecipeProblem> problems)
    {
        var backbone = TextBackbones.Get(recipe.Model.Backbone);
        var folder = RecipePaths.IsWeightsFile(recipe.Model.Weights) ? Path.GetDirectoryName(weightsPath) : null;
        var configuration = Guarded("model.config", () => ConfigurationOf(recipe.Model.Config, folder, backbone), problems);
        var tokenizer = Guarded("model.tokenizer", () => TokenizerOf(recipe.Model.Tokenizer, folder, backbone), problems);
        return configuration is null || tokenizer is null ? null : new(configuration, tokenizer);
    }

    /// <summary>Checks that the parts fit the network that was made of them, and the recipe.</summary>
    /// <param name="weightsPath">Local file of the pretrained weights, or null.</param>
    public static void Check(Recipe recipe, TextEncoder model, EncoderSource source, string? weightsPath, List<RecipeProblem> problems)
    {
        var kind = TextBackbones.Get(recipe.Model.Backbone).Tokenizer;
        if (weightsPath is not null) Guarded("model.weights", () => CheckWeights(model, weightsPath), problems);
        Guarded("model.tokenizer", () => TokenizerFiles.CheckVocabulary(TokenizerFiles.Open(source.Tokenizer, kind), model), problems);
        if (recipe.Data.MaximumLength > model.MaximumTokens)
            problems.Add(new("data.maximumLength",
                $"Found {recipe.Data.MaximumLength}; {model.Architecture} has positions for texts of at most {model.MaximumTokens} tokens, the two "
                + "of the frame included."));
        if (recipe.Model.Lora.Rank > model.Configuration.Hidden)
            problems.Add(new("model.lora.rank",
                $"Found {recipe.Model.Lora.Rank}; expected at most {model.Configuration.Hidden}, the width of {model.Architecture}."));
    }

    private static void CheckWeights(TextEncoder model, string path)
    {
        using var file = WeightFile.Open(path);
        StateDict.Check(model, file, new(IgnoreHead: true));
    }

    private static TextConfiguration ConfigurationOf(string path, string? folder, TextBackbone backbone)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, EncoderConfigurationFile.Name)
            : path.Length > 0 || folder is null ? path : Path.Combine(folder, EncoderConfigurationFile.Name);
        return path.Length > 0 || File.Exists(file) ? EncoderConfigurationFile.Read(file, backbone) : backbone.Configuration;
    }

    private static TokenizerFile TokenizerOf(string path, string? folder, TextBackbone backbone)
    {
        var place = path.Length > 0 ? path : folder ?? throw new LearningException(
            $"The tokenizer is missing; give the {TokenizerFiles.NameOf(backbone.Tokenizer)} of {backbone.Repository}, or the folder that holds it.");
        var file = TokenizerFile.Read(place);
        TokenizerFiles.Open(file, backbone.Tokenizer);
        // In a bundle it has the name by which other programs look for it.
        return file with { Name = TokenizerFiles.NameOf(backbone.Tokenizer) };
    }

    private static void Guarded(string path, Action check, List<RecipeProblem> problems) => Guarded(path, () => { check(); return ""; }, problems);

    private static T? Guarded<T>(string path, Func<T> find, List<RecipeProblem> problems) where T : class
    {
        try
        {
            return find();
        }
        catch (LearningException e)
        {
            problems.Add(new(path, e.Message));
            return null;
        }
    }
}
