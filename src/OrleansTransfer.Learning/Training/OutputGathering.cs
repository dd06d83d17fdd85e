using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>Collects what a group's model makes of samples that are split over the ranks.</summary>
internal static class OutputGathering
{
    /// <summary>Runs through epoch 0 of <paramref name="stream"/> in evaluation mode, which the model keeps.</summary>
    /// <returns>Outputs of all samples in the stream's order, the same bits on every rank.</returns>
    public static SampleOutputs Run(
        Replica replica, IBatchStream stream, IGradientExchange exchange, long sequence, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        replica.Model.eval();
        var (classes, width) = (replica.Model.Classes, replica.Model.FeatureWidth);
        var columns = classes + width + 1;
        List<(int First, float[] Rows)> own = [];
        var samples = 0;
        for (var step = 0; step < stream.StepsPerEpoch; step++)
        {
            using var batch = stream.Take(0, step, cancellationToken);
            var first = samples + batch.Offset;
            samples += batch.GlobalCount;
            if (batch.Count == 0) continue;
            using var inner = NewDisposeScope();
            var outputs = replica.Model.Outputs(batch.Inputs.to(replica.Device));
            var rows = cat([outputs.Logits.cpu(), outputs.Features.cpu(), batch.Labels.unsqueeze(1).to(ScalarType.Float32)], 1).contiguous();
            own.Add((first, rows.data<float>().ToArray()));
        }

        var all = zeros((long)samples * columns);
        var values = MemoryMarshal.Cast<byte, float>(all.bytes);
        foreach (var (first, rows) in own) rows.CopyTo(values[(first * columns)..]);
        exchange.AllReduce(sequence, values, WireFormat.Float32, cancellationToken);

        var (logits, features, labels) = (new float[samples][], new float[samples][], new int[samples]);
        for (var i = 0; i < samples; i++)
        {
            var row = values.Slice(i * columns, columns);
            (logits[i], features[i], labels[i]) = (row[..classes].ToArray(), row[classes..^1].ToArray(), (int)row[^1]);
        }
        GC.KeepAlive(all);
        return new(logits, features, labels);
    }
}
