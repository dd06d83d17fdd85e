using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Evaluation.Validators;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>Scores a group's model on the target domain.</summary>
internal static class TargetEvaluator
{
    /// <summary>Every validator's score, computed by rank 0 and told to the others: arithmetic of different processors may differ in the last bit.</summary>
    public static IReadOnlyList<double> Scores(
        ValidatorInput input, IGradientExchange exchange, long sequence, CancellationToken cancellationToken)
    {
        using var message = zeros(UnsupervisedValidators.All.Count);
        var values = MemoryMarshal.Cast<byte, float>(message.bytes);
        if (exchange.Rank == 0)
            for (var i = 0; i < values.Length; i++) values[i] = (float)UnsupervisedValidators.All[i].Score(input);
        exchange.AllReduce(sequence, values, WireFormat.Float32, cancellationToken);
        var scores = values.ToArray().Select(value => (double)value).ToArray();
        GC.KeepAlive(message);
        return scores;
    }
}
