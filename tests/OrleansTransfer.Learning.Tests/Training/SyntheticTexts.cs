using OrleansTransfer.Learning.Data;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>
/// Random texts of different lengths, whose label is told by one of their words; the same ones at every step, so that any network that learns at all
/// learns them by heart.
/// </summary>
internal sealed class SyntheticTexts(int stepsPerEpoch, int padding, int batch = 12, int vocabulary = 50, int seed = 7) : IBatchStream
{
    private const int Classes = 3, FirstTellingToken = 10, LongestText = 10;

    public int StepsPerEpoch => stepsPerEpoch;

    public Batch Take(int epoch, int step, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var tokens = new long[batch * LongestText];
        var labels = new long[batch];
        Array.Fill(tokens, padding);
        for (var i = 0; i < batch; i++)
        {
            labels[i] = random.Next(Classes);
            var length = random.Next(4, LongestText + 1);
            for (var j = 0; j < length; j++) tokens[i * LongestText + j] = random.Next(FirstTellingToken + Classes, vocabulary);
            tokens[i * LongestText] = 2;
            tokens[i * LongestText + random.Next(1, length)] = FirstTellingToken + labels[i];
        }
        return new(tensor(tokens, [batch, LongestText]).DetachFromDisposeScope(), tensor(labels).DetachFromDisposeScope(), batch);
    }

    public void Dispose() { }
}
