using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// Adds to the logits of texts what their words and pairs of words say (<see cref="WordEvidence"/>). Nothing of it trains, and before evidence was taken
/// in it passes logits through. Its shape is fixed when it is made, by the words and pairs that evidence can be had of, so that replicas and files of
/// one run fit each other.
/// </summary>
internal sealed class EvidenceLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private const string KeysName = "keys", ValuesName = "values", ScalesName = "scales";

    // Rows of the scales.
    private const int GivenCentre = 0, GivenDeviation = 1, WordsCentre = 2, WordsDeviation = 3, BothCentre = 4, ScaleRows = 5;

    private readonly long _rows;

    // Each asking makes a handle of its own; the first asking comes when the module is on its device.
    private Tensor? _keys, _values, _scales;

    /// <param name="name">Of the module.</param>
    /// <param name="rows">Ids of the vocabulary, padding included.</param>
    /// <param name="keys">Words and pairs that it may have evidence of, as <see cref="WordPairs"/> numbers them.</param>
    /// <param name="classes">Labels K.</param>
    public EvidenceLayer(string name, long rows, int keys, int classes) : base(name)
    {
        _rows = rows;
        // One that nothing is: what is not there is found in its place.
        register_buffer(KeysName, tensor(Enumerable.Repeat(long.MaxValue, keys + 1).ToArray()));
        register_buffer(ValuesName, zeros(keys + 1, classes));
        register_buffer(ScalesName, zeros(ScaleRows, classes));
    }

    private Tensor Keys => _keys ??= get_buffer(KeysName)!;

    private Tensor Values => _values ??= get_buffer(ValuesName)!;

    private Tensor Scales => _scales ??= get_buffer(ScalesName)!;

    /// <summary>Takes evidence in.</summary>
    /// <param name="keys">The words and pairs, ascending.</param>
    /// <param name="evidence">What was gathered of them, in their order.</param>
    public void Take(long[] keys, WordEvidence evidence)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Keys.narrow(0, 0, keys.Length).copy_(tensor(keys));
        Values.narrow(0, 0, keys.Length).copy_(stack(evidence.Labels.Select(label => tensor(label.Values)), 1));
        Scales.copy_(stack(
            evidence.Labels.Select(label => tensor((float[])
            [
                (float)label.Given.Centre, (float)label.Given.Deviation, (float)label.Words.Centre, (float)label.Words.Deviation,
                (float)label.Both.Centre,
            ])),
            1));
    }

    /// <summary>Logits <c>[N,K]</c> of texts <c>[N,L]</c>, from the logits that they have without evidence.</summary>
    public override Tensor forward(Tensor input, Tensor logits)
    {
        using var scope = NewDisposeScope();
        var (words, length) = (input.TimesWhole(_rows), input.shape[1]); // [N,L]
        var pairs = words.narrow(1, 0, length - 1).Plus(input.narrow(1, 1, length - 1));
        var sorted = cat([words, pairs], 1).sort(1).Values; // [N,2L-1]

        // What a text repeats counts once; a word in front of the padding makes the pair that is the word itself.
        var (next, rest) = (sorted.narrow(1, 1, sorted.shape[1] - 1), sorted.narrow(1, 0, sorted.shape[1] - 1));
        var present = sorted.IsNot(0).logical_and(cat([ones_like(sorted.narrow(1, 0, 1), ScalarType.Bool), next.ne(rest)], 1));

        var places = searchsorted(Keys, sorted);
        var known = Keys.index_select(0, places.flatten()).view(places.shape).eq(sorted).logical_and(present).to(ScalarType.Float32);
        var values = Values.index_select(0, places.flatten()).view(sorted.shape[0], sorted.shape[1], -1);
        var count = present.to(ScalarType.Float32).sum(1, keepdim: true);
        var evidence = (values * known.unsqueeze(2)).sum(1) / maximum(count, ones_like(count)).sqrt(); // [N,K]

        var scores = logits.Minus(logits.mean([1L], keepdim: true));
        var deviation = Scales[GivenDeviation];
        var joined = (scores.Minus(Scales[GivenCentre]) / deviation).Plus(evidence.Minus(Scales[WordsCentre]) / Scales[WordsDeviation]);
        return where(deviation.to(ScalarType.Bool), joined.Minus(Scales[BothCentre]) * deviation, logits).MoveToOuterDisposeScope();
    }
}
