namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// How an encoder is adapted by low-rank updates (LoRA; Hu et al., arXiv 2106.09685): a frozen matrix W becomes W + alpha / rank * B A, of which
/// only A and B train.
/// </summary>
/// <param name="Rank">Rows of A and columns of B, at least 1.</param>
/// <param name="Alpha">Scale of the update before it is divided by the rank, above 0.</param>
public sealed record LowRank(int Rank = 8, double Alpha = 16)
{
    /// <summary>What the product of B and A is multiplied with.</summary>
    public double Scale => Alpha / Rank;
}
