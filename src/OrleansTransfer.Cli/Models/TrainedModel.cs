using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.Models;

/// <summary>The classifier of a bundle, ready to use on this machine's CPU.</summary>
/// <param name="Network">In evaluation mode.</param>
/// <param name="Preprocessing">What it expects of a picture.</param>
/// <param name="Labels">Label names in the order of the logits.</param>
internal sealed record TrainedModel(Classifier Network, Preprocessing Preprocessing, IReadOnlyList<string> Labels) : IDisposable
{
    /// <summary>Loads the model of a bundle.</summary>
    /// <exception cref="BundleException">The folder is not a whole bundle.</exception>
    /// <exception cref="Learning.LearningException">Its weights do not fit its architecture.</exception>
    public static async Task<TrainedModel> LoadAsync(string folder, CancellationToken cancellationToken)
    {
        var bundle = await BundleReader.OpenAsync(folder, cancellationToken);
        var description = bundle.Description;
        if (description.Preprocessing is not { } input || !Enum.TryParse<Interpolation>(input.Interpolation, ignoreCase: true, out var interpolation)
            || !Enum.TryParse<ChannelOrder>(input.Channels, ignoreCase: true, out var channels))
            throw new CliException(
                $"The bundle '{folder}' is for the task {description.Task} with inputs other than pictures this version can prepare.");

        Allocator.KeepLargeBlocks();
        var preprocessing = new Preprocessing(
            input.Resize, input.Crop, interpolation, [.. input.Mean.Select(mean => (float)mean)], [.. input.Std.Select(std => (float)std)],
            channels, input.Scale);
        NativeLog.LeaveOutWarnings();
        var network = Backbones.Get(description.Architecture).Create(description.Labels.Count);
        try
        {
            using var weights = SafetensorsFile.Open(bundle.ModelPath);
            StateDict.Load(network, weights, new LoadOptions());
            network.eval();
            return new(network, preprocessing, description.Labels);
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
