using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>
/// How far two configurations are apart in each parameter: on the unit interval for numbers; 1 for two values of a choice, and for a value and none
/// (the Hamming distance, as in Hutter, Hoos and Leyton-Brown, SMAC, LION 2011).
/// </summary>
internal sealed class Features
{
    private readonly bool[] _choices;

    public Features(SearchSpace space) => _choices = [.. space.Parameters.Select(parameter => parameter is ChoiceParameter)];

    /// <summary>Number of parameters.</summary>
    public int Count => _choices.Length;

    /// <summary>Whether a parameter's values have no order.</summary>
    public bool IsChoice(int dimension) => _choices[dimension];

    /// <summary>The square of the distance in one parameter, of coordinates of the unit cube, NaN for none.</summary>
    public double SquaredDistance(int dimension, double left, double right)
    {
        if (double.IsNaN(left) || double.IsNaN(right)) return double.IsNaN(left) && double.IsNaN(right) ? 0 : 1;
        return _choices[dimension] ? left == right ? 0 : 1 : (left - right) * (left - right);
    }
}
