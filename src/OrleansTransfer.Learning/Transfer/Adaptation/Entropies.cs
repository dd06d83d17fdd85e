using OrleansTransfer.Learning.Compute;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>Entropies of predictions, in nats.</summary>
internal static class Entropies
{
    // Keeps the gradient of p log p finite at 0.
    private const double Tiny = 1e-7;

    /// <summary>Entropy of each row <c>[n]</c> of probabilities <c>[n,K]</c>, or of one distribution <c>[K]</c>.</summary>
    public static Tensor Of(Tensor probabilities) => -(probabilities * probabilities.Plus(Tiny).log()).sum(-1);
}
