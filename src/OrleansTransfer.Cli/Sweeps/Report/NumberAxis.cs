using System.Globalization;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>An axis of numbers, evenly spaced or by their logarithm.</summary>
internal sealed class NumberAxis : Axis
{
    private const int FewestPowers = 3, MostPowers = 8, Steps = 6;

    private readonly double _low, _high;
    private readonly bool _logarithmic;

    public NumberAxis(double low, double high, bool logarithmic = false)
    {
        (_low, _high, _logarithmic) = (low, high, logarithmic && low > 0);
        Marks = low >= high ? [new(0.5, SweepFigures.Number(low))] : [.. (_logarithmic ? Powers() : EvenMarks()).Select(Mark)];
    }

    public override IReadOnlyList<AxisMark> Marks { get; }

    public override double? Place(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? Place(number) : null;

    /// <summary>The place of a number; beyond the ends counts as the nearer one.</summary>
    public double Place(double value) => _low >= _high ? 0.5 : Math.Clamp(
        _logarithmic ? Math.Log(Math.Max(value, _low) / _low) / Math.Log(_high / _low) : (value - _low) / (_high - _low), 0, 1);

    private AxisMark Mark(double value) => new(Place(value), SweepFigures.Number(value));

    private IEnumerable<double> EvenMarks()
    {
        var step = NiceSteps.AtLeast((_high - _low) / Steps);
        for (var i = Math.Ceiling((_low / step) - 1e-9); i * step <= _high + (step * 1e-9); i++) yield return i * step;
    }

    // Powers of ten; where those are few, their halves and fifths too; where they are many, only some.
    private IEnumerable<double> Powers()
    {
        var (first, last) = ((int)Math.Floor(Math.Log10(_low) + 1e-9), (int)Math.Floor(Math.Log10(_high) + 1e-9));
        var stride = Math.Max(1, (int)Math.Ceiling((last - first) / (double)MostPowers));
        double[] factors = last - first < FewestPowers ? [1, 2, 5] : [1];
        for (var power = first; power <= last; power += stride)
        {
            foreach (var factor in factors)
            {
                // A power computed as a decimal text is the number that people mean.
                var value = double.Parse($"{factor}e{power}", CultureInfo.InvariantCulture);
                if (value >= _low * (1 - 1e-9) && value <= _high * (1 + 1e-9)) yield return value;
            }
        }
    }
}
