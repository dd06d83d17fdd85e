using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>Evaluates a group's model on validation samples that are split over the ranks.</summary>
internal static class Evaluator
{
    // float32 counts exactly up to 2^24: with 16 bits to a slot, the sum over 256 ranks still fits.
    private const int LowBits = 16;

    /// <summary>Runs through one epoch of <paramref name="validation"/> in evaluation mode, which the model keeps.</summary>
    /// <returns>The report over all ranks, the same on each of them.</returns>
    public static ClassificationReport Run(
        Replica replica,
        IBatchStream validation,
        IReadOnlyList<string> labels,
        IGradientExchange exchange,
        long sequence,
        CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        replica.Model.eval();
        var counts = new long[labels.Count, labels.Count];
        var loss = 0.0;
        for (var step = 0; step < validation.StepsPerEpoch; step++)
        {
            using var batch = validation.Take(0, step, cancellationToken);
            if (batch.Count == 0) continue;
            using var scope = NewDisposeScope();
            var inputs = batch.Inputs.to(replica.Device);
            var logits = batch.IsTrunk ? replica.Model.OutputsOfTrunk(inputs).Logits : replica.Model.call(inputs);
            loss += nn.functional.cross_entropy(logits, batch.Labels.to(replica.Device), reduction: nn.Reduction.Sum).item<float>();
            var predicted = MemoryMarshal.Cast<byte, long>(logits.argmax(1).cpu().bytes);
            var actual = MemoryMarshal.Cast<byte, long>(batch.Labels.contiguous().bytes);
            for (var i = 0; i < actual.Length; i++) counts[actual[i], predicted[i]]++;
        }
        return Merge(counts, loss, labels, exchange, sequence, cancellationToken);
    }

    /// <summary>Sums counts and losses over the ranks, without rounding a count.</summary>
    private static ClassificationReport Merge(
        long[,] counts, double loss, IReadOnlyList<string> labels, IGradientExchange exchange, long sequence, CancellationToken cancellationToken)
    {
        using var message = zeros(2 * counts.Length + 2);
        var values = MemoryMarshal.Cast<byte, float>(message.bytes);
        var index = 0;
        foreach (var count in counts)
        {
            values[index++] = count & ((1 << LowBits) - 1);
            values[index++] = count >> LowBits;
        }
        var leading = (float)loss;
        values[index] = leading;
        values[index + 1] = float.IsFinite(leading) ? (float)(loss - leading) : 0;

        exchange.AllReduce(sequence, values, WireFormat.Float32, cancellationToken);

        var confusion = new long[labels.Count][];
        var slot = 0;
        for (var actual = 0; actual < labels.Count; actual++)
        {
            confusion[actual] = new long[labels.Count];
            for (var predicted = 0; predicted < labels.Count; predicted++, slot += 2)
                confusion[actual][predicted] = (long)values[slot] + ((long)values[slot + 1] << LowBits);
        }
        var samples = confusion.Sum(row => row.Sum());
        var total = (double)values[slot] + values[slot + 1];
        GC.KeepAlive(message);
        return new(labels, confusion, samples == 0 ? 0 : total / samples);
    }
}
