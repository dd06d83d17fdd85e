using System.Runtime.CompilerServices;
using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Sampling.Evolution;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// CMA-ES on the unit cube: a normal distribution that moves and turns towards what was good. As many trials as a generation has, in the order in
/// which they ended, change it once; trials that were started under an older distribution count too, so any number may run at a time. Whole and
/// stepped numbers are rounded, and the distribution stays wide enough to reach the next value (the margin of Hamano and others, arXiv 2205.13482, in
/// short). Choices have no directions: their values are drawn by how often good trials had them. Draws outside the cube are drawn again. After it has
/// converged the strategy starts over elsewhere.
/// </summary>
public sealed class CmaEsSampler : ISampler
{
    private const int Redraws = 100;

    /// <summary>Chance that a whole number leaves its value, at the least, when its neighbours are as good.</summary>
    private const double Margin = 0.1;

    // How far the replay of a history has come.
    private readonly ConditionalWeakTable<TrialHistory, Replay> _replays = [];

    /// <inheritdoc/>
    public string Name => "cma-es";

    /// <inheritdoc/>
    public Suggestion Suggest(SamplerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var space = context.Space;
        int[] numbers = [.. Enumerable.Range(0, space.Dimensions).Where(i => space.Parameters[i] is not ChoiceParameter and not { Count: 1 })];
        var (state, generation) = numbers.Length == 0 ? (null, 0) : StateOf(context, numbers);
        var random = context.Random();
        return Distinct.Of(context, _ => Draw(), numbers.Length == 0 ? "by how often good trials had each value" : $"generation {generation}");

        Configuration Draw()
        {
            var point = new double[space.Dimensions];
            for (var i = 0; i < point.Length; i++) point[i] = space.Parameters[i] is ChoiceParameter choice ? Choose(context, choice, random) : 0.5;
            if (state is null) return space.FromUnit(point);
            var drawn = Inside(state, space, numbers, random);
            for (var i = 0; i < numbers.Length; i++) point[numbers[i]] = drawn[i];
            return space.FromUnit(point);
        }
    }

    private static double[] Inside(EvolutionState state, SearchSpace space, int[] numbers, RandomStream random)
    {
        var drawn = state.Draw(random);
        for (var i = 0; i < Redraws && drawn.Any(x => x is < 0 or > 1); i++) drawn = state.Draw(random);
        for (var i = 0; i < drawn.Length; i++)
        {
            if (space.Parameters[numbers[i]].Count is { } count) drawn[i] += Widening(state.Deviation(i), count) * random.NextNormal();
            drawn[i] = Math.Clamp(drawn[i], 0, 1);
        }
        return drawn;
    }

    // What the standard deviation lacks for half a value's share to be left with the margin's chance.
    private static double Widening(double deviation, long count)
    {
        var wanted = 0.5 / count / -Normal.Quantile(Margin / 2);
        return deviation >= wanted ? 0 : Math.Sqrt(wanted * wanted - deviation * deviation);
    }

    private (EvolutionState State, int Generation) StateOf(SamplerContext context, int[] numbers)
    {
        var replay = _replays.GetValue(context.History, _ => new Replay());
        lock (replay)
        {
            var population = EvolutionState.Population(numbers.Length);
            var state = replay.Latest ?? EvolutionState.Start([.. Enumerable.Repeat(0.5, numbers.Length)]);
            for (; (replay.Generation + 1) * population <= context.History.Observed.Count; replay.Generation++)
            {
                var trials = context.History.Observed.Skip(replay.Generation * population).Take(population)
                    .Select(number => context.History.Trials[number]);
                var feasible = trials.Where(trial => double.IsFinite(context.History.Loss(trial))).ToArray();
                // Two to compare are the least to learn from; what is infeasible ranks last, and the last half has no weight.
                if (feasible.Length >= 2) state = state.After(Ranked(context, trials, numbers));
                if (state.HasConverged)
                    state = EvolutionState.Start(RandomStream.For(context.Seed, -1, replay.Generation).NextPoint(numbers.Length));
            }
            replay.Latest = state;
            return (state, replay.Generation);
        }
    }

    private static List<double[]> Ranked(SamplerContext context, IEnumerable<Trial> trials, int[] numbers) =>
    [
        .. trials.OrderBy(context.History.Loss).ThenBy(trial => trial.Number).Select(trial =>
        {
            var point = context.Space.ToUnit(trial.Configuration);
            return numbers.Select(i => point[i]).ToArray();
        }),
    ];

    // A value of the better half of the last hundred trials, or, as often as if each value had been seen once more, any.
    private static double Choose(SamplerContext context, ChoiceParameter choice, RandomStream random)
    {
        var history = context.History;
        var last = history.Observed.Skip(Math.Max(0, history.Observed.Count - 100)).Select(number => history.Trials[number]);
        var good = last.OrderBy(history.Loss).ThenBy(trial => trial.Number).Take(Math.Min(50, history.Observed.Count / 2))
            .Where(trial => double.IsFinite(history.Loss(trial)) && trial.Configuration.ContainsKey(choice.Path)).ToArray();
        var pick = random.NextIndex(good.Length + choice.Values.Count);
        var value = pick < good.Length ? choice.IndexOf(good[pick].Configuration[choice.Path]) : pick - good.Length;
        return Steps.Middle(value, choice.Values.Count);
    }

    private sealed class Replay
    {
        public EvolutionState? Latest { get; set; }

        public int Generation { get; set; }
    }
}
