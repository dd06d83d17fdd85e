namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// The brackets of Hyperband (Li and others, JMLR 18, 2018, algorithm 1): the first starts many trials on few epochs, the last few on all of them;
/// then they come again. Trials fill them in the order of their numbers.
/// </summary>
internal sealed class HyperbandBrackets
{
    private readonly int _epochs, _factor, _halvings;
    private readonly int[] _sizes;
    private readonly int _cycle;

    /// <param name="epochs">Epochs of a full trial.</param>
    /// <param name="factor">At least 2.</param>
    public HyperbandBrackets(int epochs, int factor)
    {
        (_epochs, _factor) = (epochs, factor);
        for (long reach = factor; reach <= epochs; reach *= factor) _halvings++;
        _sizes = [.. Enumerable.Range(0, Kinds).Select(SizeOf)];
        _cycle = _sizes.Sum();
    }

    /// <summary>Brackets until the first comes again.</summary>
    public int Kinds => _halvings + 1;

    /// <summary>Trials of a bracket.</summary>
    public int Size(int bracket) => _sizes[bracket % Kinds];

    /// <summary>The bracket of a trial.</summary>
    public int Of(int trial)
    {
        var (bracket, within) = (trial / _cycle * Kinds, trial % _cycle);
        while (within >= Size(bracket)) within -= Size(bracket++);
        return bracket;
    }

    /// <summary>Number of the first trial of a bracket.</summary>
    public int First(int bracket) => bracket / Kinds * _cycle + _sizes.Take(bracket % Kinds).Sum();

    /// <summary>The epochs at which the trials of a bracket are compared, below the end.</summary>
    public IReadOnlyList<int> Rungs(int bracket)
    {
        var left = _halvings - bracket % Kinds;
        var rungs = Enumerable.Range(0, left).Select(i => (int)Math.Round(_epochs / Math.Pow(_factor, left - i)));
        return [.. rungs.Where(epoch => epoch >= 1 && epoch < _epochs).Distinct()];
    }

    /// <summary>How many of the trials that came to a rung train on.</summary>
    public int Survivors(int came) => Math.Max(1, came / _factor);

    private int SizeOf(int kind)
    {
        var left = _halvings - kind;
        return (int)Math.Ceiling((double)Kinds / (left + 1) * Math.Pow(_factor, left));
    }
}
