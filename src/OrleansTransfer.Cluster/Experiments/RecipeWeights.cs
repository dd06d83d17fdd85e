using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;
using OrleansTransfer.Learning.Weights.Keras;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>
/// What a recipe's <c>model.weights</c> means on the node that takes the recipe up. That node fetches what its cache lacks; every worker then gets
/// the file from the container.
/// </summary>
/// <param name="container">Holds imported weights.</param>
/// <param name="cacheFolder">Local folder for files of a remote container.</param>
/// <param name="cache">Weights with a name or address.</param>
/// <param name="progress">Is told of downloads.</param>
public sealed class RecipeWeights(IBlobContainer container, string cacheFolder, WeightCache cache, IProgress<WeightProgress>? progress)
{
    private const string Key = "model.weights";

    /// <summary>
    /// The recipe with <c>imagenet</c> replaced by the name it stands for, and with the preprocessing that weights of the catalogue expect, except
    /// for parts that the recipe states itself.
    /// </summary>
    /// <exception cref="RecipeException">There are no such weights, or they are another backbone's.</exception>
    /// <exception cref="LearningException">The recipe's preprocessing is malformed.</exception>
    public Recipe Pin(Recipe recipe)
    {
        var (text, backbone) = (recipe.Model.Weights, recipe.Model.Backbone);
        if (text != WeightCatalogue.DefaultWord && WeightName.TryParse(text) is null) return recipe;
        try
        {
            var name = WeightName.TryParse(text) ?? cache.Catalogue.Default(backbone).Name;
            if (name.Backbone != backbone)
                throw new LearningException($"'{name}' are weights of {name.Backbone}, and model.backbone is {backbone}.");
            var entry = cache.Find($"{name}") is { Entry: null } own ? null : cache.Catalogue.Get(name);
            recipe = recipe with { Model = recipe.Model with { Weights = $"{name}" } };
            return entry is null ? recipe : Expecting(recipe, entry.Preprocessing);
        }
        catch (LearningException e) when (!e.Message.StartsWith("preprocessing:", StringComparison.Ordinal))
        {
            throw new RecipeException(Key, e.Message);
        }
    }

    /// <summary>The checked local file of a pinned recipe's weights, fetched if need be.</summary>
    /// <param name="recipe">Pinned.</param>
    /// <param name="mayFetch">Whether it may be fetched; if not, null where it is not here.</param>
    /// <param name="cancellationToken">Interrupts a download, which a later one takes up.</param>
    /// <returns>The file and its SHA-256; null for a run from scratch.</returns>
    /// <exception cref="RecipeException">The weights cannot be had.</exception>
    public async Task<(string Path, string Sha256)?> LocateAsync(Recipe recipe, bool mayFetch, CancellationToken cancellationToken)
    {
        var text = recipe.Model.Weights;
        if (text == "none") return null;
        if (text.StartsWith(RecipePaths.BlobScheme, StringComparison.Ordinal))
        {
            var sha256 = text[RecipePaths.BlobScheme.Length..].ToLowerInvariant();
            return await container.MaterializeAsync(BlobLayout.Weights(sha256), cacheFolder, cancellationToken) is { } path
                ? (path, sha256)
                : throw new RecipeException(Key, $"{container.Description} holds no weights {sha256}.");
        }
        try
        {
            if (!RecipePaths.IsWeightsFile(text))
            {
                if (!mayFetch && cache.Find(text) is null) return null;
                var cached = await cache.GetAsync(text, null, progress, cancellationToken);
                return (cached.Path, cached.Record!.Sha256);
            }
            if (!File.Exists(text))
                throw new RecipeException(
                    Key, Directory.Exists(text) ? $"'{text}' is a folder; a weights file is needed." : $"there is no file '{text}'.");
            return (text, await Task.Run(() => WeightFile.Sha256(text), cancellationToken));
        }
        catch (LearningException e)
        {
            throw new RecipeException(Key, e.Message);
        }
    }

    /// <summary>
    /// The recipe with the preprocessing of the catalogue's entry whose published SHA-256 a file has: a file of the catalogue brings it along under
    /// whatever name it goes. One that Keras wrote is taken to expect what Keras' weights of the network do, which are fed nothing like the others.
    /// </summary>
    public Recipe Recognise(Recipe recipe, string sha256, IWeightsFile file)
    {
        var (name, backbone) = (WeightName.TryParse(recipe.Model.Weights), recipe.Model.Backbone);
        if (name is not null && cache.Catalogue.Find(name) is not null) return recipe;
        var entry = name is null ? cache.Catalogue.ByContent(backbone, sha256) : null;
        if (file is KerasFile) entry ??= cache.Catalogue.Of(backbone).FirstOrDefault(one => one.Format == WeightFormat.Keras);
        return entry is null ? recipe : Expecting(recipe, entry.Preprocessing);
    }

    private static Recipe Expecting(Recipe recipe, Preprocessing expected)
    {
        var stated = recipe.Model.Preprocessing == "auto" ? expected : Preprocessing.Parse(recipe.Model.Preprocessing, expected);
        return recipe with { Model = recipe.Model with { Preprocessing = $"{stated}" } };
    }
}
