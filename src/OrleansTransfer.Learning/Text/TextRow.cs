namespace OrleansTransfer.Learning.Text;

/// <summary>A row as a table has it, before labels are known.</summary>
/// <param name="Line">Line on which it begins, from 1.</param>
/// <param name="Label">Null where no label was asked for.</param>
/// <param name="Problem">Why the row cannot be used; null when it can.</param>
internal sealed record TextRow(int Line, string? Label, string Text, string? Problem = null)
{
    /// <summary>A row that cannot be used.</summary>
    public static TextRow Broken(int line, string problem) => new(line, null, "", problem);
}
