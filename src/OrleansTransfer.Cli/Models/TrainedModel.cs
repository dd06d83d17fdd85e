using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.Models;

/// <summary>The classifier of a bundle, ready to use on this machine's CPU.</summary>
/// <param name="Network">In evaluation mode.</param>
/// <param name="Pictures">What it expects of a picture; null for a model of texts.</param>
/// <param name="Texts">What it makes of a text; null for a model of pictures.</param>
/// <param name="Labels">Label names in the order of the logits.</param>
internal sealed record TrainedModel(Classifier Network, Preprocessing? Pictures, TextInput? Texts, IReadOnlyList<string> Labels) : IDisposable
{
    /// <summary>Loads the model of a bundle.</summary>
    /// <exception cref="BundleException">The folder is not a whole bundle.</exception>
    /// <exception cref="Learning.LearningException">Its weights do not fit its architecture.</exception>
    public static async Task<TrainedModel> LoadAsync(string folder, CancellationToken cancellationToken)
    {
        var bundle = await BundleReader.OpenAsync(folder, cancellationToken);
        var description = bundle.Description;
        if (description.Text is { } text) return LoadTexts(folder, bundle, text);
        if (description.Encoder is { } encoder) return await LoadEncoderAsync(bundle, encoder, cancellationToken);
        var preprocessing = BundleInputs.PreprocessingOf(description) ?? throw new CliException(
            $"The bundle '{folder}' is for the task {description.Task} with inputs that this version cannot prepare.");
        Allocator.KeepLargeBlocks();
        NativeLog.LeaveOutWarnings();
        return new(Load(Backbones.Get(description.Architecture).Create(description.Labels.Count), bundle), preprocessing, null, description.Labels);
    }

    /// <summary>What pictures go through.</summary>
    /// <exception cref="CliException">The model is one of texts.</exception>
    public Preprocessing Preprocessing => Pictures ?? throw new CliException("The model is one of texts; pictures mean nothing to it.");

    private static TrainedModel LoadTexts(string folder, Bundle bundle, BundleText text)
    {
        var words = Path.Combine(folder, text.Vocabulary);
        if (!File.Exists(words)) throw new CliException($"The bundle '{folder}' is incomplete: it has no {text.Vocabulary}.");
        Allocator.KeepLargeBlocks();
        var labels = bundle.Description.Labels;
        var (network, vocabulary) = new WordSource(File.ReadAllLines(words), text).Create(labels.Count);
        return new(Load(network, bundle), null, TextInput.Of(vocabulary, text.MaximumLength), labels);
    }

    private static async Task<TrainedModel> LoadEncoderAsync(Bundle bundle, BundleEncoder encoder, CancellationToken cancellationToken)
    {
        Allocator.KeepLargeBlocks();
        var (backbone, labels) = (TextBackbones.Get(bundle.Description.Architecture), bundle.Description.Labels);
        var tokenizer = TokenizerFiles.Open(await BundleReader.FileAsync(bundle, encoder.Tokenizer, cancellationToken), backbone.Tokenizer);
        var sizes = EncoderConfigurationFile.Read(await BundleReader.FileAsync(bundle, encoder.Configuration, cancellationToken), backbone);
        var network = backbone.CreateSized(sizes, labels.Count);
        TokenizerFiles.CheckVocabulary(tokenizer, network);
        return new(Load(network, bundle), null, TextInput.Of(tokenizer, backbone.TextPrefix, encoder.MaximumLength), labels);
    }

    private static Classifier Load(Classifier network, Bundle bundle)
    {
        try
        {
            using var weights = SafetensorsFile.Open(bundle.ModelPath);
            StateDict.Load(network, weights, new LoadOptions());
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}
