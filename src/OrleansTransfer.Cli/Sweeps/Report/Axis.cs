using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>A mark of an axis.</summary>
/// <param name="At">0 at its lower end, 1 at its upper.</param>
/// <param name="Label">What stands there; empty for a mark without.</param>
internal readonly record struct AxisMark(double At, string Label);

/// <summary>Where values lie on an axis of length 1, and what is written at it.</summary>
internal abstract class Axis
{
    /// <summary>Its marks from the lower end to the upper.</summary>
    public abstract IReadOnlyList<AxisMark> Marks { get; }

    /// <summary>Length that a value has for itself; 0 where values lie dense.</summary>
    public virtual double Share => 0;

    /// <summary>The place of a value as recipes write it; null when it has none.</summary>
    public abstract double? Place(string value);

    /// <summary>The axis of a parameter.</summary>
    public static Axis Of(SearchParameterRecipe parameter) => parameter.Kind switch
    {
        "choice" => new ChoiceAxis(parameter.Values),
        "log" => new NumberAxis(parameter.Low, parameter.High, logarithmic: true),
        _ => new NumberAxis(parameter.Low, parameter.High, parameter.Logarithmic),
    };
}
