namespace OrleansTransfer.Learning.Weights;

/// <summary>A weights file is damaged or not of the format its reader expects.</summary>
public sealed class WeightsFormatException : LearningException
{
    public WeightsFormatException(string path, long offset, string reason) : base(Describe(path, offset, reason)) =>
        (Path, Offset, Reason) = (path, offset, reason);

    public WeightsFormatException(string path, long offset, string reason, Exception inner) : base(Describe(path, offset, reason), inner) =>
        (Path, Offset, Reason) = (path, offset, reason);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Where in the file the problem shows, in bytes from its start.</summary>
    public long Offset { get; }

    /// <summary>What is wrong there.</summary>
    public string Reason { get; }

    private static string Describe(string path, long offset, string reason) => $"The weights file '{path}' is malformed at byte {offset}: {reason}.";
}
