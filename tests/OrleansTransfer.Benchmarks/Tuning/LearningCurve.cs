using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>
/// A made-up fine-tuning run: the validation error falls from chance to what its settings allow along a power law of the epochs, as learning curves
/// do (Domhan and others, IJCAI 2015), with noise that is a function of settings and epoch. How low it gets depends on the learning rate, whose best
/// value falls with the unfrozen stages, and on dropout, augmentation and weight decay; how fast, on the learning rate. A learning rate far too high
/// diverges to chance.
/// </summary>
internal static class LearningCurve
{
    /// <summary>Epochs of a full run.</summary>
    public const int Epochs = 81;

    /// <summary>Noise-free error of the best settings after all epochs, to what the noise lets one tell.</summary>
    public const double Least = 0.04;

    private const double Chance = 0.9;
    private const double Noise = 0.002;

    public static SearchSpace Space { get; } = new(
        new LogParameter("training.optimizer.learningRate", 1e-5, 1),
        new IntParameter("transfer.unfreeze", 0, 4),
        new UniformParameter("model.head.dropout", 0, 0.8),
        new ChoiceParameter("data.augment", ["none", "flip", "standard"]),
        new LogParameter("training.optimizer.weightDecay", 1e-6, 1e-1));

    /// <summary>Settings by the coordinates of <see cref="Space"/>, a choice as its index.</summary>
    public static Settings Of(double[] point) => new(Math.Log10(point[0]), point[1], point[2], (int)point[3], Math.Log10(point[4]));

    /// <summary>Settings of a trial.</summary>
    public static Settings Of(Configuration configuration) => Of([.. Space.Parameters.Select(parameter =>
        parameter is ChoiceParameter choice ? choice.IndexOf(configuration[parameter.Path]) : configuration[parameter.Path].Number)]);

    /// <summary>Validation error after an epoch, 0 to 1.</summary>
    public static double Error(Settings run, int epoch)
    {
        var off = run.Rate - (-2.0 - 0.3 * run.Stages);
        if (off > 1.8) return Chance + Wobble(run, epoch);
        var final = Least + 0.05 * off * off + 0.012 * Math.Pow(run.Stages - 3, 2) + 0.15 * Math.Pow(run.Dropout - 0.3, 2)
            + (run.Augment switch { 0 => 0.03, 1 => 0.01, _ => 0 }) + 0.004 * Math.Pow(run.Decay + 3, 2);
        var halfway = Math.Pow(10, -0.25 * Math.Min(off, 1)) * (run.Augment == 2 ? 1.2 : 1);
        var error = final + (Chance - final) * Math.Pow(1 + epoch / halfway, -1.2);
        return Math.Clamp(error + Wobble(run, epoch), 0, 1);
    }

    private static double Wobble(Settings run, int epoch)
    {
        var bits = BitConverter.DoubleToUInt64Bits(run.Rate + 7 * run.Dropout + 31 * run.Decay) ^ (ulong)epoch * 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 31)) * 0xD6E8FEB86659FD93;
        bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93;
        return Noise * (2.0 * (bits >> 11) / (1UL << 53) - 1) * 1.7;
    }

    /// <param name="Rate">Decimal logarithm of the learning rate.</param>
    /// <param name="Stages">Unfrozen stages.</param>
    /// <param name="Dropout">Before the head.</param>
    /// <param name="Augment">0 none, 1 flip, 2 standard.</param>
    /// <param name="Decay">Decimal logarithm of the weight decay.</param>
    internal sealed record Settings(double Rate, double Stages, double Dropout, int Augment, double Decay);
}
