namespace OrleansTransfer.Learning.Training;

/// <summary>The learning rate's course through a phase, as a pure function of the step.</summary>
public static class Schedules
{
    private const double WarmUpShare = 0.25, InitialDivisor = 25, FinalDivisor = 25e4;

    /// <summary>
    /// What the peak rate is multiplied by in step <paramref name="step"/> (from 0) of a phase of <paramref name="steps"/> steps; t is step / steps.
    /// </summary>
    /// <returns>Above 0 and at most 1.</returns>
    public static double Factor(ScheduleKind kind, long step, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, steps);
        var t = (double)step / steps;
        return kind switch
        {
            ScheduleKind.Constant => 1,
            ScheduleKind.Cosine => Anneal(1, 0, t),
            ScheduleKind.OneCycle when t < WarmUpShare => Anneal(1 / InitialDivisor, 1, t / WarmUpShare),
            ScheduleKind.OneCycle => Anneal(1, 1 / FinalDivisor, (t - WarmUpShare) / (1 - WarmUpShare)),
            ScheduleKind.Step => Math.Pow(0.1, 3 * step / steps),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown schedule."),
        };
    }

    private static double Anneal(double from, double to, double t) => to + (from - to) * (1 + Math.Cos(Math.PI * t)) / 2;
}
