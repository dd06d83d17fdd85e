using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;
using OrleansTransfer.Storage;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Cluster.Tests.Experiments;

/// <summary>What names of weights mean to a recipe. Offline throughout: only cached files are found.</summary>
public sealed class RecipeWeightsTests : IDisposable
{
    private const string Backbone = "squeezenet1_1";

    private static readonly Preprocessing s_keras = Preprocessing.ImageNet with { Channels = ChannelOrder.Bgr, Mean = [104, 117, 124], Scale = 1 };
    private static readonly Preprocessing s_second = Preprocessing.ImageNet with { Resize = 232 };

    private readonly string _folder = Directory.CreateTempSubdirectory("otx-cluster-").FullName;
    private readonly byte[] _file;
    private readonly ServiceProvider _services;
    private readonly RecipeWeights _weights;

    public RecipeWeightsTests()
    {
        var made = Path.Combine(_folder, "made.safetensors");
        using (var model = Backbones.Get(Backbone).Create(1000)) StateDict.Save(model, made);
        _file = File.ReadAllBytes(made);
        var digits = WeightChecksum.Sha256(Sha256[..8]);
        var catalogue = new WeightCatalogue(
        [
            Entry(new(Backbone, "first"), WeightChecksum.Sha256("00000000"), Preprocessing.ImageNet),
            Entry(new(Backbone, "second"), digits, s_second),
            Entry(new(Backbone, "keras"), WeightChecksum.None, s_keras) with { Format = WeightFormat.Keras },
        ]);
        _services = new ServiceCollection().AddSingleton(catalogue)
            .AddWeightCache(new() { Folder = Path.Combine(_folder, "cache"), Offline = true }).BuildServiceProvider();
        _weights = new(
            new FolderBlobContainer(Path.Combine(_folder, "state")),
            Path.Combine(_folder, "fetched"),
            _services.GetRequiredService<WeightCache>(),
            progress: null);
    }

    private string Sha256 => Convert.ToHexStringLower(SHA256.HashData(_file));

    public void Dispose()
    {
        _services.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Imagenet_is_pinned_to_a_name_and_brings_its_preprocessing()
    {
        var pinned = _weights.Pin(Recipe("imagenet")).Model;
        Assert.Equal($"{Backbone}/first", pinned.Weights);
        Assert.Equal($"{Preprocessing.ImageNet}", pinned.Preprocessing);
        Assert.Equal($"{s_second}", _weights.Pin(Recipe($"{Backbone}/second")).Model.Preprocessing);
    }

    [Fact]
    public void What_the_recipe_states_of_its_preprocessing_wins_over_the_weights_and_the_rest_is_theirs()
    {
        var recipe = new Recipe { Model = new() { Backbone = Backbone, Weights = $"{Backbone}/second", Preprocessing = "filter=bicubic" } };
        var pinned = _weights.Pin(recipe);
        Assert.Equal(
            s_second with { Interpolation = Interpolation.Bicubic }, RunPlan.PreprocessingOf(pinned, Backbones.Get(Backbone)));
        Assert.Throws<LearningException>(() => _weights.Pin(recipe with { Model = recipe.Model with { Preprocessing = "filter=none" } }));
    }

    [Theory]
    [InlineData("resnet18", Backbone + "/second", "are weights of squeezenet1_1, and model.backbone is resnet18")]
    [InlineData(Backbone, Backbone + "/secnod", "did you mean 'squeezenet1_1/second'?")]
    [InlineData("resnet18", "imagenet", "no public weights of resnet18")]
    public void A_name_that_does_not_belong_there_is_a_problem_of_the_weights(string backbone, string weights, string said)
    {
        var problem = Assert.Single(
            Assert.Throws<RecipeException>(() => _weights.Pin(new() { Model = new() { Backbone = backbone, Weights = weights } })).Problems);
        Assert.Equal("model.weights", problem.Path);
        Assert.Contains(said, problem.Message);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("./squeezenet1_1/second")]
    [InlineData("/weights/w.pth")]
    [InlineData("https://example.org/w.pth")]
    public void Everything_else_stays_as_it_is(string weights) => Assert.Equal(Recipe(weights), _weights.Pin(Recipe(weights)));

    [Theory]
    [InlineData("resnet50/imagenet1k_v2")]
    [InlineData("resnet50/mine-2")]
    [InlineData("resnet50")]
    [InlineData("resnet50/w.pth")]
    [InlineData("./a/b")]
    [InlineData("a/b/c")]
    [InlineData("A/b")]
    public void A_recipe_and_the_catalogue_agree_on_what_is_a_name(string text) =>
        Assert.Equal(WeightName.TryParse(text) is not null, RecipePaths.IsWeightsName(text));

    [Fact]
    public async Task A_run_with_named_weights_is_prepared_from_the_cache()
    {
        Put("second.safetensors");
        LeafDataset.WriteTarget(Path.Combine(_folder, "leaves"), perClassTrain: 8, perClassTest: 2, seed: 7, size: 32);
        var recipe = Recipe($"{Backbone}/second") with { Data = new() { Train = Path.Combine(_folder, "leaves", "train") } };
        var cluster = new ClusterStatus([new NodeStatus("n1", "", "", [new DeviceStatus("cpu:0", null)], "machine", "1", "")], []);
        var prepared = await new RecipePreparation(_weights, (_, _) => throw new InvalidOperationException("No model is asked for."))
            .PrepareAsync(recipe, cluster, TestContext.Current.CancellationToken);
        Assert.Equal(Sha256, prepared.WeightsSha256);
        Assert.Equal(_file, await File.ReadAllBytesAsync(prepared.WeightsPath!, TestContext.Current.CancellationToken));
        Assert.Equal(($"{Backbone}/second", $"{s_second}"), (prepared.Recipe.Model.Weights, prepared.Recipe.Model.Preprocessing));
    }

    [Fact]
    public async Task Weights_that_are_not_here_are_a_problem_unless_the_recipe_has_others()
    {
        var error = await Assert.ThrowsAsync<RecipeException>(() => LocateAsync($"{Backbone}/second", mayFetch: true));
        Assert.Equal("model.weights", Assert.Single(error.Problems).Path);
        Assert.Contains("otx weights add", error.Message);
        Assert.Null(await LocateAsync($"{Backbone}/second", mayFetch: false));
    }

    [Fact]
    public async Task A_file_is_recognised_by_its_bytes_wherever_it_comes_from()
    {
        var path = Path.Combine(_folder, "made.safetensors");
        var located = await LocateAsync(path, mayFetch: false);
        Assert.Equal((path, Sha256), located);
        using var file = WeightFile.Open(path);
        Assert.Equal($"{s_second}", _weights.Recognise(Recipe(path), Sha256, file).Model.Preprocessing);
        Assert.Equal("auto", _weights.Recognise(Recipe(path), new('1', 64), file).Model.Preprocessing);
    }

    [Fact]
    public void A_file_of_Keras_is_fed_as_its_networks_are_whatever_its_name_unless_the_recipe_says_otherwise()
    {
        var path = Path.Combine(_folder, "own.h5");
        File.WriteAllBytes(path, HdfBuilder.FileOf(("block1_conv1/kernel:0", [1])));
        using var file = WeightFile.Open(path);
        Assert.Equal($"{s_keras}", Recognised(path).Preprocessing);
        Assert.Equal($"{s_keras}", Recognised($"{Backbone}/mine").Preprocessing);
        Assert.Equal($"{s_keras with { Channels = ChannelOrder.Rgb }}", Recognised(path, "channels=rgb").Preprocessing);
        Assert.Equal("auto", Recognised($"{Backbone}/second").Preprocessing);

        ModelRecipe Recognised(string weights, string preprocessing = "auto")
        {
            var recipe = Recipe(weights);
            return _weights.Recognise(recipe with { Model = recipe.Model with { Preprocessing = preprocessing } }, new('1', 64), file).Model;
        }
    }

    private static Recipe Recipe(string weights) => new() { Model = new() { Backbone = Backbone, Weights = weights } };

    private static WeightEntry Entry(WeightName name, WeightChecksum checksum, Preprocessing preprocessing) => new(
        name, new($"https://weights.example/{name.Tag}.safetensors"), checksum, WeightFormat.Safetensors, "nothing", "MIT", 50, preprocessing);

    private void Put(string file)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "cache", "weights", Backbone)).FullName;
        File.WriteAllBytes(Path.Combine(folder, file), _file);
    }

    private Task<(string Path, string Sha256)?> LocateAsync(string weights, bool mayFetch) =>
        _weights.LocateAsync(Recipe(weights), mayFetch, TestContext.Current.CancellationToken);
}
