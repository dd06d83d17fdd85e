using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>The finished model that a recipe adapts: a bundle, opened and checked.</summary>
/// <param name="From">Where it is: the bundle's folder, or the experiment's id in full.</param>
/// <param name="Bundle">The bundle.</param>
/// <param name="Sha256">SHA-256 of its weights in lower-case hex.</param>
public sealed record FinishedModel(string From, Bundle Bundle, string Sha256)
{
    private const string Key = "model.from";

    /// <summary>Tokenizer and sizes where it is a text encoder; null otherwise.</summary>
    public EncoderSource? Encoder { get; private init; }

    /// <summary>Words and sizes where it is a network of word vectors; null otherwise.</summary>
    public WordSource? Words { get; private init; }

    /// <summary>What it tells apart, in the order of its outputs.</summary>
    public IReadOnlyList<string> Labels => Bundle.Description.Labels;

    /// <summary>Opens the bundle that <c>model.from</c> names.</summary>
    /// <param name="recipe">With absolute paths.</param>
    /// <param name="container">Where experiments are.</param>
    /// <param name="catalog">Finds experiments by the beginning of their ids.</param>
    /// <param name="cacheFolder">Local folder for files of a remote container.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <exception cref="RecipeException">There is no whole bundle, or not one that this version knows.</exception>
    public static async Task<FinishedModel> OpenAsync(
        Recipe recipe, IBlobContainer container, ExperimentCatalog catalog, string cacheFolder, CancellationToken cancellationToken)
    {
        var from = recipe.Model.From;
        try
        {
            var isFolder = RecipePaths.IsBundleFolder(from);
            if (!isFolder) from = (await catalog.FindAsync(from, cancellationToken)).Id;
            var bundle = isFolder
                ? await BundleReader.OpenAsync(from, cancellationToken)
                : await BundleReader.OpenAsync(container, from, cacheFolder, cancellationToken);
            return await ReadAsync(from, bundle, cancellationToken);
        }
        catch (UnknownExperimentException e)
        {
            throw new RecipeException(Key, $"{e.Message} The folder of a bundle is written with a separator, as ./{from}.");
        }
        catch (Exception e) when (e is BundleException or LearningException or IOException or UnauthorizedAccessException)
        {
            throw new RecipeException(Key, e.Message);
        }
    }

    /// <summary>
    /// The recipe with what the bundle decides: network, weights by their content, labels, and what samples go through. Adds a problem for each key
    /// that says something else.
    /// </summary>
    public Recipe Complete(Recipe recipe, List<RecipeProblem> problems)
    {
        var bundle = Bundle.Description;
        if (bundle.Task != recipe.Task)
        {
            problems.Add(new(
                Key, $"'{From}' is a model for {bundle.Task}, and the task of the recipe is {recipe.Task}: give it a target of its kind."));
            return recipe;
        }
        var (model, data, usual) = (recipe.Model, recipe.Data, new Recipe());
        Agree("model.backbone", model.Backbone, usual.Model.Backbone, bundle.Architecture);
        if (FinishedModelRules.IsPinned(model)) Agree("model.weights", model.Weights, "", $"{RecipePaths.BlobScheme}{Sha256}");
        if (data.Labels.Count > 0) Agree("data.labels", string.Join(", ", data.Labels), "", string.Join(", ", bundle.Labels));
        model = model with { From = From, Backbone = bundle.Architecture, Weights = $"{RecipePaths.BlobScheme}{Sha256}" };
        if (bundle.IsForTexts)
        {
            var length = bundle.Text?.MaximumLength ?? bundle.Encoder!.MaximumLength;
            Agree("data.maximumLength", $"{data.MaximumLength}", $"{usual.Data.MaximumLength}", $"{length}");
            data = data with { MaximumLength = length };
        }
        if (bundle.Text is { } text)
        {
            Agree("model.pooling", model.Pooling, usual.Model.Pooling, text.Pooling);
            Agree("model.hidden", $"{model.Hidden}", $"{usual.Model.Hidden}", $"{text.Hidden}");
            model = model with { Pooling = text.Pooling, Hidden = text.Hidden };
        }
        if (BundleInputs.PreprocessingOf(bundle) is { } pictures)
        {
            Agree("model.preprocessing", model.Preprocessing, usual.Model.Preprocessing, $"{pictures}");
            model = model with { Preprocessing = $"{pictures}" };
        }
        return recipe with { Model = model, Data = data with { Labels = bundle.Labels } };

        void Agree(string key, string stated, string otherwise, string own)
        {
            if (stated != otherwise && stated != own)
                problems.Add(new(key, $"Found '{stated}'; the model '{From}' has '{own}', which stays as it is. Leave this key out."));
        }
    }

    private static async Task<FinishedModel> ReadAsync(string from, Bundle bundle, CancellationToken cancellationToken)
    {
        var model = new FinishedModel(from, bundle, bundle.Description.Files[BundleFormat.Model]);
        if (bundle.Description.Text is { } text)
        {
            var words = await File.ReadAllLinesAsync(await BundleReader.FileAsync(bundle, text.Vocabulary, cancellationToken), cancellationToken);
            return model with { Words = new(words, text) };
        }
        if (bundle.Description.Encoder is { } encoder)
        {
            var backbone = TextBackbones.Get(bundle.Description.Architecture);
            var sizes = EncoderConfigurationFile.Read(await BundleReader.FileAsync(bundle, encoder.Configuration, cancellationToken), backbone);
            var content = await File.ReadAllBytesAsync(await BundleReader.FileAsync(bundle, encoder.Tokenizer, cancellationToken), cancellationToken);
            return model with { Encoder = new(sizes, new(encoder.Tokenizer, content)) };
        }
        return BundleInputs.PreprocessingOf(bundle.Description) is not null ? model : throw new BundleException(
            $"The bundle '{from}' is for the task {bundle.Description.Task} with inputs that this version cannot prepare.");
    }
}
