using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>What a classifier says of one picture.</summary>
/// <param name="Path">The file, as it was asked for.</param>
/// <param name="Top">The likeliest labels, best first.</param>
public sealed record Prediction(string Path, IReadOnlyList<ScoredLabel> Top);

/// <summary>A label and its probability, 0 to 1, by the softmax of the logits.</summary>
public sealed record ScoredLabel(string Label, double Probability);

/// <summary>Names what is on pictures. Does not own the model; one thread at a time.</summary>
public sealed class Predictor
{
    private const int BatchSize = 32;

    private readonly Classifier _model;
    private readonly Preprocessing _preprocessing;
    private readonly IReadOnlyList<string> _labels;
    private readonly Device _device;

    /// <param name="labels">Label names in the order of the logits.</param>
    /// <param name="device">Where the model is; the CPU when null.</param>
    /// <exception cref="ArgumentException">The model has another number of logits than there are labels.</exception>
    public Predictor(Classifier model, Preprocessing preprocessing, IReadOnlyList<string> labels, Device? device = null)
    {
        if (model.Classes != labels.Count)
            throw new ArgumentException($"The model tells {model.Classes} labels apart, but {labels.Count} names were given.", nameof(labels));
        (_model, _preprocessing, _labels, _device) = (model, preprocessing, labels, device ?? CPU);
    }

    /// <summary>The <paramref name="top"/> likeliest labels (all, if there are fewer) of each file, in the order of the files.</summary>
    /// <exception cref="LearningException">A file cannot be read or is not a picture; names it.</exception>
    public IReadOnlyList<Prediction> Predict(IReadOnlyList<string> files, int top, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var predictions = new List<Prediction>(files.Count);
        var wasTraining = _model.training;
        _model.eval();
        try
        {
            foreach (var chunk in files.Chunk(BatchSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                predictions.AddRange(PredictBatch(chunk, Math.Min(top, _labels.Count), cancellationToken));
            }
        }
        finally
        {
            _model.train(wasTraining);
        }
        return predictions;
    }

    private IEnumerable<Prediction> PredictBatch(string[] files, int top, CancellationToken cancellationToken)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var input = empty([files.Length, 3, _preprocessing.Crop, _preprocessing.Crop], ScalarType.Float32);
        Decode(files, input, cancellationToken);
        var probabilities = _model.call(input.to(_device)).to(ScalarType.Float32).softmax(1);
        var (values, indices) = probabilities.topk(top, 1);
        var best = values.cpu().data<float>().ToArray();
        var labels = indices.cpu().data<long>().ToArray();
        var scores = labels.Zip(best, (label, probability) => new ScoredLabel(_labels[(int)label], probability)).Chunk(top);
        return [.. files.Zip(scores, (file, ofFile) => new Prediction(file, ofFile))];
    }

    private void Decode(string[] files, Tensor input, CancellationToken cancellationToken)
    {
        try
        {
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
            Parallel.For(0, files.Length, options, () => new PictureReader(_preprocessing), (i, _, reader) =>
            {
                reader.Read(files[i], files[i], MemoryMarshal.Cast<byte, float>(input.bytes).Slice(i * reader.Length, reader.Length));
                return reader;
            }, _ => { });
        }
        catch (AggregateException several) when (several.InnerExceptions.OfType<LearningException>().FirstOrDefault() is { } first)
        {
            throw new LearningException(first.Message, first);
        }
    }
}
