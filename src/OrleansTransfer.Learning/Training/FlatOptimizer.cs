using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// An update rule over <see cref="FlatParameters"/>. State starts at zero with each phase, as the learning rate's schedule does, so that all
/// parameters of a phase have the same age and bias correction needs one step count.
/// </summary>
internal abstract class FlatOptimizer : IDisposable
{
    // An update passes over its operands several times: a megabyte of each stays in a core's cache between the passes.
    private const long CpuChunk = 256 * 1024;

    private readonly FlatParameters _parameters;
    private readonly IReadOnlyList<IReadOnlyList<Chunk>> _chunks;

    protected FlatOptimizer(FlatParameters parameters, double weightDecay, params ReadOnlySpan<string> stateNames)
    {
        _parameters = parameters;
        WeightDecay = weightDecay;
        var states = new List<(string, Tensor)>();
        foreach (var name in stateNames) states.Add((name, zeros_like(parameters.Values).DetachFromDisposeScope()));
        States = states;
        _chunks = [.. parameters.Groups.Select(group => Split(group).ToList())];
    }

    /// <summary>Steps done in this phase.</summary>
    public long Steps { get; private set; }

    /// <summary>State tensors <c>[Count]</c> by name, laid out like the parameters.</summary>
    public IReadOnlyList<(string Name, Tensor Values)> States { get; }

    /// <summary>Decay of the groups that decay.</summary>
    protected double WeightDecay { get; }

    /// <summary>The rule of <paramref name="kind"/> with fresh state.</summary>
    public static FlatOptimizer Create(OptimizerKind kind, FlatParameters parameters, double weightDecay) => kind switch
    {
        OptimizerKind.AdamW => new AdamW(parameters, weightDecay),
        OptimizerKind.Sgd => new Sgd(parameters, weightDecay),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown optimizer."),
    };

    /// <summary>Updates all parameters from their gradients, and leaves those at zero. Run it inside a dispose scope.</summary>
    /// <param name="headRate">Learning rate of the head.</param>
    /// <param name="backboneRate">Learning rate of the backbone.</param>
    public void Step(double headRate, double backboneRate)
    {
        using var noGrad = no_grad();
        Steps++;
        foreach (var (group, chunks) in _parameters.Groups.Zip(_chunks))
            Update(chunks, group.IsHead ? headRate : backboneRate, group.Decays ? WeightDecay : 0);
        _parameters.Cleared();
    }

    /// <summary>Copies of the state on the CPU, keyed <c>{state}/{parameter key}</c>, and <c>step</c>. The caller disposes them.</summary>
    public Dictionary<string, Tensor> Export()
    {
        var result = new Dictionary<string, Tensor> { ["step"] = tensor(Steps).DetachFromDisposeScope() };
        foreach (var (name, values) in States)
            foreach (var slot in _parameters.Slots)
            {
                using var view = FlatParameters.View(values, slot);
                result[$"{name}/{slot.Key}"] = view.to(CPU, copy: true).DetachFromDisposeScope();
            }
        return result;
    }

    /// <summary>Takes over what <see cref="Export"/> gave.</summary>
    /// <exception cref="LearningException">A tensor is missing or has another shape.</exception>
    public void Import(IReadOnlyDictionary<string, Tensor> state)
    {
        Steps = Find(state, "step", []).item<long>();
        foreach (var (name, values) in States)
            foreach (var slot in _parameters.Slots)
            {
                using var view = FlatParameters.View(values, slot);
                view.copy_(Find(state, $"{name}/{slot.Key}", slot.Shape));
            }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var chunk in _chunks.SelectMany(chunks => chunks)) chunk.Dispose();
        foreach (var (_, values) in States) values.Dispose();
    }

    /// <summary>
    /// Updates one group; <see cref="Steps"/> already counts this step. Sets each chunk's gradients to zero behind it, while they are in the cache: in a
    /// pass of its own before the next step that takes as long as reading them all.
    /// </summary>
    protected abstract void Update(IReadOnlyList<Chunk> chunks, double rate, double weightDecay);

    private static Tensor Find(IReadOnlyDictionary<string, Tensor> state, string key, long[] shape) =>
        !state.TryGetValue(key, out var found) ? throw new LearningException($"The checkpoint's optimizer state has no '{key}'.")
        : !found.shape.SequenceEqual(shape) ? throw new LearningException(
            $"The checkpoint's '{key}' has shape [{string.Join(", ", found.shape)}]; the model needs [{string.Join(", ", shape)}].")
        : found;

    private IEnumerable<Chunk> Split(ParameterGroup group)
    {
        var length = _parameters.Values.device_type == DeviceType.CPU ? CpuChunk : group.Count;
        for (long start = 0; start < group.Count; start += length)
        {
            var (offset, count) = (group.Offset + start, Math.Min(length, group.Count - start));
            yield return new(Part(_parameters.Values), Part(_parameters.Gradients), [.. States.Select(state => Part(state.Values))]);

            Tensor Part(Tensor flat) => flat.narrow(0, offset, count).DetachFromDisposeScope();
        }
    }

    /// <summary>Views of one stretch of a group: parameters, gradients and states, all <c>[n]</c>.</summary>
    protected sealed record Chunk(Tensor Values, Tensor Gradients, IReadOnlyList<Tensor> States) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            Values.Dispose();
            Gradients.Dispose();
            foreach (var state in States) state.Dispose();
        }
    }
}
