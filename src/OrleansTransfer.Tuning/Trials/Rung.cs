using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Trials;

/// <summary>The losses of the trials of a bracket when they first measured at or after an epoch.</summary>
public sealed class Rung
{
    private readonly SortedValues _losses = new();

    internal Rung(int epoch) => Epoch = epoch;

    /// <summary>Epochs trained.</summary>
    public int Epoch { get; }

    /// <summary>How many trials came this far.</summary>
    public int Count => _losses.Count;

    /// <summary>How many of them are better than a loss.</summary>
    public int CountBetter(double loss) => _losses.CountBelow(loss);

    /// <summary>The loss at a position, from the best, 0 to <see cref="Count"/> - 1.</summary>
    public double At(int position) => _losses[position];

    /// <summary>The median; the mean of both middle losses when there are two.</summary>
    /// <exception cref="InvalidOperationException">No trial came this far.</exception>
    public double Median() => Count == 0
        ? throw new InvalidOperationException($"No trial has come to epoch {Epoch}.")
        : (_losses[(Count - 1) / 2] + _losses[Count / 2]) / 2;

    internal void Add(double loss) => _losses.Add(loss);

    /// <summary>Takes a measurement, if it is the trial's first here.</summary>
    internal void Offer(int previousEpoch, int epoch, double loss)
    {
        if (previousEpoch < Epoch && epoch >= Epoch) Add(loss);
    }
}
