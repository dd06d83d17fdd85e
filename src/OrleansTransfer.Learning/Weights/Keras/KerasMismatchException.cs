namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>A file of Keras is sound, but not for the network that it is to be put into.</summary>
public sealed class KerasMismatchException : LearningException
{
    internal KerasMismatchException(string path, string finding) : base($"The weights file '{path}' {finding}.")
    {
    }
}
