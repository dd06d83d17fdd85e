using System.Text.Json.Serialization;

namespace OrleansTransfer.Learning.Text;

/// <summary>The file of a tokenizer, read once and kept: it goes wherever the weights go.</summary>
/// <param name="Name">Without a folder; its extension tells what it is.</param>
/// <param name="Content">The bytes.</param>
public sealed record TokenizerFile(string Name, byte[] Content)
{
    /// <summary>Whether texts keep their case, where the file that was read says so.</summary>
    [JsonIgnore]
    public bool? Cased { get; init; }

    /// <summary>Reads the file <paramref name="path"/>, or the one tokenizer in the folder of that name. Of a <c>tokenizer.json</c> it makes the
    /// file of older checkpoints.</summary>
    /// <exception cref="LearningException">There is none, several are there, its name is no tokenizer's, or it cannot be read.</exception>
    public static TokenizerFile Read(string path)
    {
        var file = TokenizerFiles.Find(path);
        var content = TokenizerFiles.Read(file);
        return TokenizerFiles.IsDocument(file) ? TokenizerDocument.Read(content, file) : new(Path.GetFileName(file), content);
    }
}
