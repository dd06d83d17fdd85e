namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Seeds of a training step: a pure function of where they are used, so that a resumed run draws what the first one would have drawn.
/// </summary>
internal static class StepSeed
{
    /// <summary>A seed for the <paramref name="module"/>-th random module of a rank in a step.</summary>
    public static long Of(long seed, long globalStep, int rank, int module = 0) =>
        (long)Mix(Mix(Mix(Mix((ulong)seed) ^ (ulong)globalStep) ^ (ulong)(uint)rank) ^ (ulong)(uint)module);

    // The output function of splitmix64 (Steele, Lea and Flood, 2014).
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
