using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Text;

/// <summary>One file of word vectors.</summary>
/// <param name="Words">In the order of the file.</param>
/// <param name="Values">The vectors one after the other.</param>
/// <param name="Dimensions">Numbers in a vector.</param>
internal sealed record VectorTable(IReadOnlyList<string> Words, float[] Values, int Dimensions)
{
    private const string SafetensorsExtension = ".safetensors";

    private const string Expected =
        "Expected safetensors with one tensor [words, dimensions], or lines of a word and its numbers, divided by spaces";

    // Endings before the extension that tell the type of the numbers and are not part of the table's name.
    private static readonly string[] s_types = [".f16", ".bf16", ".f32"];

    /// <summary>Reads a table; its name's extension tells the format.</summary>
    /// <exception cref="LearningException">The file or its words are missing, or it is not a table; names the line or the tensors.</exception>
    public static VectorTable Read(string path)
    {
        var table = path.EndsWith(SafetensorsExtension, StringComparison.OrdinalIgnoreCase) ? ReadSafetensors(path) : ReadText(path);
        if (table.Words.Count == 0 || table.Dimensions == 0) throw new LearningException($"The table of word vectors '{path}' is empty. {Expected}.");
        for (var i = 0; i < table.Values.Length; i++)
            if (!float.IsFinite(table.Values[i]))
                throw new LearningException(
                    $"The vector of '{table.Words[i / table.Dimensions]}' in '{path}' has {table.Values[i]} in place {i % table.Dimensions + 1}. "
                    + "Expected finite numbers.");
        return table;
    }

    private static VectorTable ReadSafetensors(string path)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Names is not [var name] || file.Info(name).Shape.Count != 2 || file.Info(name).Type is not
            (ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64))
            throw new LearningException(
                $"'{path}' is not a table of word vectors: it holds {(file.Names.Count == 0 ? "nothing" : Described(file))}. {Expected}.");
        var (rows, dimensions) = ((int)file.Info(name).Shape[0], (int)file.Info(name).Shape[1]);
        var words = Vocabulary(path);
        if (words.Count != rows)
            throw new LearningException(
                $"'{path}' has {rows} vectors, and '{VocabularyPath(path)}' {words.Count} words. Expected one word for each vector.");
        using var scope = NewDisposeScope();
        var vectors = file.Load(name).to(ScalarType.Float32);
        return new(words, MemoryMarshal.Cast<byte, float>(vectors.bytes).ToArray(), dimensions);
    }

    private static string Described(SafetensorsFile file) =>
        string.Join(", ", file.Names.Take(3).Select(name => $"'{name}' [{string.Join(',', file.Info(name).Shape)}]"))
        + (file.Names.Count > 3 ? $" and {file.Names.Count - 3} more" : "");

    private static List<string> Vocabulary(string path)
    {
        var (content, _) = TextFile.Read(VocabularyPath(path));
        // Only line feeds divide: a word may be any other character.
        var words = content.Split('\n').Select(word => word.TrimEnd('\r')).ToList();
        if (words[^1].Length == 0) words.RemoveAt(words.Count - 1);
        return words;
    }

    private static string VocabularyPath(string path)
    {
        var name = path[..^SafetensorsExtension.Length];
        var own = name + ".vocab.txt";
        if (File.Exists(own)) return own;
        foreach (var type in s_types)
            if (name.EndsWith(type, StringComparison.OrdinalIgnoreCase)) return name[..^type.Length] + ".vocab.txt";
        return own;
    }

    private static VectorTable ReadText(string path)
    {
        List<string> words = [];
        List<float> values = [];
        var (dimensions, promised, number) = (0, -1, 0);
        try
        {
            using var reader = new StreamReader(path, Encoding.UTF8);
            while (reader.ReadLine() is { } line)
            {
                number++;
                if (line.Contains('\0')) throw new LearningException($"'{path}' is a binary file: line {number} has a zero byte. {Expected}.");
                // A line ends with a space where fastText wrote it.
                var fields = line.TrimEnd(' ', '\r').Split(line.Contains('\t') ? '\t' : ' ');
                if (number == 1 && fields is [var count, var width] && IsCount(count, out var first) && IsCount(width, out var second))
                {
                    (promised, dimensions) = (first, second);
                    continue;
                }
                if (fields is [""]) continue;
                if (dimensions == 0) dimensions = fields.Length - 1;
                if (dimensions == 0 || fields.Length <= dimensions)
                    throw new LearningException(
                        $"'{path}', line {number}, has {Math.Max(0, fields.Length - 1)} numbers after its word, and {Math.Max(1, dimensions)} were "
                        + $"expected. {Expected}.");
                // Some tables have words with spaces in them; the numbers are the last fields.
                var numbers = fields.AsSpan(fields.Length - dimensions);
                words.Add(string.Join(' ', fields[..^dimensions]));
                foreach (var field in numbers)
                    values.Add(float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                        ? value
                        : throw new LearningException($"'{path}', line {number}: '{field}' is not a number. {Expected}."));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The table of word vectors '{path}' cannot be read: {exception.Message}", exception);
        }
        if (promised >= 0 && promised != words.Count)
            throw new LearningException($"'{path}' says that it has {promised} words, and has {words.Count}: it is cut short, or of another format.");
        return new(words, [.. values], dimensions);
    }

    private static bool IsCount(string field, out int count) => int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out count);
}
