namespace OrleansTransfer.Learning.Evaluation;

/// <summary>Distances between the marks of an axis.</summary>
public static class NiceSteps
{
    /// <summary>1, 2 or 5 times a power of ten, at least the given length.</summary>
    public static double AtLeast(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        var ratio = least / power;
        return power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
    }
}
