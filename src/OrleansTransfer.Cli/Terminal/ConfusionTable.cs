namespace OrleansTransfer.Cli.Terminal;

/// <summary>A confusion matrix as a table.</summary>
internal static class ConfusionTable
{
    /// <summary>Prints counts <c>[actual][predicted]</c>.</summary>
    public static void Print(IReadOnlyList<string> labels, IReadOnlyList<IReadOnlyList<long>> confusion, Output output) => output.Table(
        ["ACTUAL \\ PREDICTED", .. labels],
        confusion.Select((row, actual) => (string[])[labels[actual], .. row.Select(count => $"{count}")]));
}
