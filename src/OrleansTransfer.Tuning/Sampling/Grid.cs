using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// The configurations of a space in a fixed order, the last parameter varying fastest: every value of parameters that have finitely many, and evenly
/// spaced points of the others. Each is there once, whatever the conditions.
/// </summary>
internal sealed class Grid
{
    private readonly SearchSpace _space;
    private readonly long[] _levels;

    /// <param name="space">What may be varied.</param>
    /// <param name="points">Values of a parameter that has no end of them, from one bound to the other; at least 2.</param>
    public Grid(SearchSpace space, int points)
    {
        _space = space;
        _levels = [.. space.Parameters.Select(parameter => parameter.Count ?? points)];
        Count = 1;
        foreach (var levels in _levels) Count = levels > long.MaxValue / Count ? long.MaxValue : Count * levels;
    }

    /// <summary>Number of cells. Where a parameter is inactive, only one of the cells that differ in it holds a configuration.</summary>
    public long Count { get; }

    /// <summary>The configuration of a cell; null when another cell holds the same.</summary>
    public Configuration? At(long cell)
    {
        var point = new double[_levels.Length];
        var first = new bool[_levels.Length];
        for (var i = _levels.Length - 1; i >= 0; i--)
        {
            var index = cell % _levels[i];
            cell /= _levels[i];
            first[i] = index == 0;
            point[i] = _space.Parameters[i].Count is not null ? Steps.Middle(index, _levels[i]) : (double)index / (_levels[i] - 1);
            if (_space.Parameters[i] is IntParameter { Log: true } whole) point[i] = whole.ToUnit((double)(whole.Low + index));
        }
        var configuration = _space.FromUnit(point);
        for (var i = 0; i < first.Length; i++)
            if (!first[i] && !configuration.ContainsKey(_space.Parameters[i].Path)) return null;
        return configuration;
    }
}
