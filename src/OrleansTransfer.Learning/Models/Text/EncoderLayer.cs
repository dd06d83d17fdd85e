using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// A transformer layer (Vaswani et al., arXiv 1706.03762, section 3.1) in BERT's form: self-attention and a feed-forward network with GELU, each
/// added to its input and normalised after that. States <c>[N,L,H]</c> to the same shape.
/// </summary>
internal sealed class EncoderLayer : Module<Tensor, Tensor>
{
    private readonly AttentionMask _mask;
    private readonly int _heads, _headWidth;
    private readonly AdaptableLinear _query, _key, _value, _attentionOutput, _inner, _output;
    private readonly LayerNorm _attentionNorm, _outputNorm;
    private readonly SeededDropout _weightDropout, _attentionDropout, _outputDropout;

    public EncoderLayer(TextConfiguration configuration, LayerKeys keys, AttentionMask mask) : base(nameof(EncoderLayer))
    {
        var (hidden, inner) = (configuration.Hidden, configuration.Inner);
        (_mask, _heads, _headWidth) = (mask, configuration.Heads, configuration.HeadWidth);
        _query = Put(keys.Query, new AdaptableLinear(hidden, hidden));
        _key = Put(keys.Key, new AdaptableLinear(hidden, hidden));
        _value = Put(keys.Value, new AdaptableLinear(hidden, hidden));
        _attentionOutput = Put(keys.AttentionOutput, new AdaptableLinear(hidden, hidden));
        _attentionNorm = Put(keys.AttentionNorm, LayerNorm(hidden, configuration.NormEpsilon));
        _inner = Put(keys.Inner, new AdaptableLinear(hidden, inner));
        _output = Put(keys.Output, new AdaptableLinear(inner, hidden));
        _outputNorm = Put(keys.OutputNorm, LayerNorm(hidden, configuration.NormEpsilon));

        // Without parameters, so their names are no one else's.
        _weightDropout = Put("weight_dropout", new SeededDropout(configuration.Dropout));
        _attentionDropout = Put("attention_dropout", new SeededDropout(configuration.Dropout));
        _outputDropout = Put("output_dropout", new SeededDropout(configuration.Dropout));

        T Put<T>(string path, T module) where T : Module
        {
            ModuleGroup.Put(this, path, module);
            return module;
        }
    }

    /// <summary>The matrices that low-rank updates can be added to, in the order in which the updates are drawn.</summary>
    public IReadOnlyList<(LowRankTarget Target, AdaptableLinear Matrix)> Adaptable =>
    [
        (LowRankTarget.Query, _query), (LowRankTarget.Key, _key), (LowRankTarget.Value, _value), (LowRankTarget.Output, _attentionOutput),
        (LowRankTarget.FeedForward, _inner), (LowRankTarget.FeedForward, _output),
    ];

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var attended = _attentionOutput.call(Attention(input));
        var x = _attentionNorm.call(input.Plus(_attentionDropout.call(attended)));
        var fed = _output.call(functional.gelu(_inner.call(x)));
        return _outputNorm.call(x.Plus(_outputDropout.call(fed))).MoveToOuterDisposeScope();
    }

    // Modules are registered under the origin's paths, and not under the names of the fields besides.
    protected override void RegisterComponents()
    {
    }

    private Tensor Attention(Tensor input)
    {
        var (query, key, value) = (Heads(_query.call(input)), Heads(_key.call(input)), Heads(_value.call(input)));
        var mask = _mask.Additive.to(query.dtype);
        Tensor mixed; // [N,heads,L,H/heads]
        if (_weightDropout.training && _weightDropout.Probability > 0)
        {
            // The fused kernel drops out by the process-wide generator.
            var scores = query.matmul(key.transpose(2, 3)).Times(1 / Math.Sqrt(_headWidth)).Plus(mask);
            mixed = _weightDropout.call(scores.softmax(-1)).matmul(value);
        }
        else
        {
            mixed = functional.scaled_dot_product_attention(query, key, value, mask);
        }
        return mixed.transpose(1, 2).flatten(2);
    }

    // [N,L,H] -> [N,heads,L,H/heads]
    private Tensor Heads(Tensor states) => states.view(states.shape[0], states.shape[1], _heads, _headWidth).transpose(1, 2);
}
