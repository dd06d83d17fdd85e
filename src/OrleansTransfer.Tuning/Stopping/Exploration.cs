using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// A configuration a little off another one (the explore step of Jaderberg and others, arXiv 1711.09846): a number on a logarithmic scale times 0.8
/// or 1.25, another number a tenth of its range up or down but one step at the least; a choice stays. With some chance a parameter is drawn anew
/// instead.
/// </summary>
internal static class Exploration
{
    private const double Move = 0.1;

    public static Configuration Of(SearchSpace space, Configuration configuration, double resample, RandomStream random)
    {
        var point = space.ToUnit(configuration);
        for (var i = 0; i < point.Length; i++)
        {
            var parameter = space.Parameters[i];
            var (anew, up, drawn) = (random.NextDouble() < resample, random.NextDouble() < 0.5, random.NextDouble());
            if (anew || double.IsNaN(point[i])) point[i] = drawn;
            else if (parameter is LogParameter log) point[i] = log.ToUnit(configuration[log.Path].Number * (up ? 1.25 : 0.8));
            else if (parameter is not ChoiceParameter) point[i] = Step(parameter, point[i], up);
        }
        return space.FromUnit(point);
    }

    private static double Step(SearchParameter parameter, double unit, bool up)
    {
        var moved = Math.Clamp(unit + (up ? Move : -Move), 0, 1);
        var value = parameter.FromUnit(unit);
        if (parameter.FromUnit(moved) != value) return moved;
        foreach (var neighbour in parameter.Neighbours(value))
            if (neighbour.Number > value.Number == up) return parameter.ToUnit(neighbour);
        return unit;
    }
}
