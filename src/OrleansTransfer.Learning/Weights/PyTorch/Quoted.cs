namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>Names out of a file for an error message: a hostile one may be a megabyte of control characters.</summary>
internal static class Quoted
{
    private const int Shown = 100;

    public static string Text(string text)
    {
        var start = text.Length > Shown ? text[..Shown] + "..." : text;
        return $"'{string.Concat(start.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c))}'";
    }
}
