namespace OrleansTransfer.Learning;

/// <summary>
/// Something the user gave (a file, a folder, a name, a value) cannot be used. The message names the thing, what was found and what was expected, and
/// is meant to be shown as it is.
/// </summary>
public class LearningException : Exception
{
    public LearningException(string message) : base(message) { }

    public LearningException(string message, Exception inner) : base(message, inner) { }
}
