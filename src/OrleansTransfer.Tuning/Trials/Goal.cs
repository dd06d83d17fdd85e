namespace OrleansTransfer.Tuning.Trials;

/// <summary>Which values of the metric are good. Inside the library every metric is a loss: <see cref="TrialHistory.Loss"/>.</summary>
public enum Goal
{
    /// <summary>Less is better.</summary>
    Minimise,

    /// <summary>More is better.</summary>
    Maximise,
}
