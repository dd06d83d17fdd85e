namespace OrleansTransfer.Tuning.Stopping;

/// <summary>The epochs at which trials are compared: a first one, and each later one a factor further, below the end.</summary>
internal static class Rungs
{
    /// <param name="first">The first, at least 1.</param>
    /// <param name="factor">At least 2.</param>
    /// <param name="end">Epochs of a full trial.</param>
    public static IReadOnlyList<int> Of(int first, int factor, int end)
    {
        List<int> rungs = [];
        for (long epoch = first; epoch < end; epoch *= factor) rungs.Add((int)epoch);
        return rungs;
    }

    /// <summary>The first rung that the epochs have not come to; the end when they have come to all.</summary>
    public static int After(IReadOnlyList<int> rungs, int epochs, int end)
    {
        foreach (var rung in rungs) if (rung > epochs) return rung;
        return end;
    }

    /// <summary>The last rung that was passed between two measurements; null for none.</summary>
    public static int? Passed(IReadOnlyList<int> rungs, int before, int now)
    {
        for (var i = rungs.Count - 1; i >= 0; i--)
            if (rungs[i] <= now) return rungs[i] > before ? rungs[i] : null;
        return null;
    }
}
