namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>A layer under the name it has here and the one it has in another library.</summary>
/// <param name="Ours">Its name here, without a trailing dot.</param>
/// <param name="Theirs">Its name there.</param>
internal sealed record ModulePair(string Ours, string Theirs)
{
    /// <summary>
    /// Side of the kernel, where the layer is linear here and a convolution there that sees the whole map, <c>[O, I*k*k]</c> and <c>[O,I,k,k]</c>;
    /// null where it is of one kind in both.
    /// </summary>
    public int? Kernel { get; init; }

    /// <summary>What is added to the variance, where it is another number there; null for any other layer.</summary>
    public NormEpsilons? Epsilons { get; init; }
}

/// <summary>What a layer of BatchNorm adds to its variance.</summary>
/// <param name="Ours">Here.</param>
/// <param name="Theirs">In the other library.</param>
internal sealed record NormEpsilons(double Ours, double Theirs);
