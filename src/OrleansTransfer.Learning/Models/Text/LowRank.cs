namespace OrleansTransfer.Learning.Models.Text;

/// <summary>A matrix of a transformer layer that a low-rank update can be added to.</summary>
public enum LowRankTarget
{
    /// <summary>The query projection of the attention.</summary>
    Query,

    /// <summary>The key projection of the attention.</summary>
    Key,

    /// <summary>The value projection of the attention.</summary>
    Value,

    /// <summary>The projection of what the attention's heads found.</summary>
    Output,

    /// <summary>Both layers of the feed-forward network.</summary>
    FeedForward,
}

/// <summary>
/// How an encoder is adapted by low-rank updates (LoRA; Hu et al., arXiv 2106.09685): a frozen matrix W becomes W + alpha / rank * B A, of which
/// only A and B train.
/// </summary>
/// <param name="Rank">Rows of A and columns of B, at least 1.</param>
/// <param name="Alpha">Scale of the update before it is divided by the rank, above 0.</param>
public sealed record LowRank(int Rank = 8, double Alpha = 16)
{
    /// <summary>Probability that an element of what an update sees is zeroed in training, 0 to 1 (exclusive); W sees all of it.</summary>
    public double Dropout { get; init; }

    /// <summary>The matrices with an update; by default those two of which the paper found it to help most (table 5).</summary>
    public IReadOnlyList<LowRankTarget> Targets { get; init; } = [LowRankTarget.Query, LowRankTarget.Value];

    /// <summary>What the product of B and A is multiplied with.</summary>
    public double Scale => Alpha / Rank;
}
