using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>
/// Parses and validates the JSON header of a safetensors file
/// (<see href="https://huggingface.co/docs/safetensors/index#format"/>). Everything it lets through can be read without another check: all
/// tensors lie inside the file, back to back, and are as long as their shapes say.
/// </summary>
internal ref struct SafetensorsHeader
{
    /// <summary>Length of the number in front of the JSON text.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The reference implementation's limit.</summary>
    public const long MaximumBytes = 100_000_000;

    /// <summary>Key under which the free-form strings stand.</summary>
    public const string MetadataKey = "__metadata__";

    // libtorch's tensor iterators hold at most this many dimensions.
    private const int MaximumRank = 64;

    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _entryOffsets = new(StringComparer.Ordinal);
    private Utf8JsonReader _json;

    private SafetensorsHeader(string path, ReadOnlySpan<byte> text)
    {
        _path = path;
        _dataStart = PrefixBytes + text.Length;
        _json = new Utf8JsonReader(text);
    }

    /// <summary>Reads the header <paramref name="text"/> of the file <paramref name="path"/>, whose whole length is <paramref
    /// name="fileBytes"/>.</summary>
    /// <exception cref="WeightsFormatException">The header is not well-formed or does not fit the file.</exception>
    public static (IReadOnlyList<StoredTensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Parse(string path, ReadOnlySpan<byte> text,
        long fileBytes)
    {
        if (text.IsEmpty || text[0] != (byte)'{') throw new WeightsFormatException(path, PrefixBytes, "the header does not begin with '{'");
        try
        {
            s_strictUtf8.GetCharCount(text);
        }
        catch (DecoderFallbackException e)
        {
            throw new WeightsFormatException(path, PrefixBytes + Math.Max(0, e.Index), "the header is not valid UTF-8", e);
        }

        var header = new SafetensorsHeader(path, text);
        try
        {
            header.ReadRoot();
        }
        catch (JsonException e)
        {
            throw new WeightsFormatException(path, header.Position, "the header is not valid JSON", e);
        }
        catch (InvalidOperationException e)
        {
            // The reader's answer to a string whose escapes make half of a surrogate pair.
            throw new WeightsFormatException(path, header.Position, "the header holds a string that is not valid Unicode", e);
        }
        return (header.InFileOrder(fileBytes), header._metadata);
    }

    private readonly long Position => PrefixBytes + Math.Max(_json.TokenStartIndex, 0);

    private readonly WeightsFormatException Malformed(string reason) => new(_path, Position, reason);

    private void ReadRoot()
    {
        Next();
        while (Next() == JsonTokenType.PropertyName)
        {
            var name = _json.GetString()!;
            var entry = Position;
            if (!_entryOffsets.TryAdd(name, entry)) throw Malformed($"the key '{name}' occurs twice");
            Next();
            if (name == MetadataKey) ReadMetadata();
            else _tensors.Add(name, ReadTensor(name));
        }
        // Makes the reader look at what follows the closing brace: anything but white space is an error.
        _json.Read();
    }

    private void ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, $"'{MetadataKey}' is not an object");
        while (Next() == JsonTokenType.PropertyName)
        {
            var key = _json.GetString()!;
            Next();
            Expect(JsonTokenType.String, $"the value of '{key}' in '{MetadataKey}' is not a string");
            if (!_metadata.TryAdd(key, _json.GetString()!)) throw Malformed($"the key '{key}' occurs twice in '{MetadataKey}'");
        }
    }

    private StoredTensor ReadTensor(string name)
    {
        Expect(JsonTokenType.StartObject, $"the entry of tensor '{name}' is not an object");
        ScalarType? type = null;
        List<long>? shape = null, offsets = null;
        while (Next() == JsonTokenType.PropertyName)
        {
            var field = _json.GetString()!;
            Next();
            switch (field)
            {
                case "dtype" when type is null:
                    Expect(JsonTokenType.String, $"the dtype of tensor '{name}' is not a string");
                    var found = _json.GetString()!;
                    type = SafetensorsTypes.Parse(found)
                        ?? throw Malformed($"tensor '{name}' has the dtype '{found}', which is none of {SafetensorsTypes.Known}");
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(name, field);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(name, field);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Malformed($"tensor '{name}' has two members '{field}'");
                default:
                    _json.Skip();
                    break;
            }
        }
        if (type is null || shape is null || offsets is null)
            throw Malformed($"tensor '{name}' lacks '{(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}'");
        return Validate(name, type.Value, shape, offsets);
    }

    private readonly StoredTensor Validate(string name, ScalarType type, List<long> shape, List<long> offsets)
    {
        var described = TensorInfo.Describe(shape);
        if (shape.Count > MaximumRank) throw Malformed($"tensor '{name}' has {shape.Count} dimensions, and at most {MaximumRank} are possible");
        if (offsets.Count != 2) throw Malformed($"the data_offsets of tensor '{name}' are {offsets.Count} numbers instead of 2");
        var (begin, end) = (offsets[0], offsets[1]);
        if (end < begin) throw Malformed($"tensor '{name}' ends at {end}, before its begin at {begin}");
        if (end > long.MaxValue - _dataStart) throw Malformed($"tensor '{name}' ends at {end}, beyond any file");

        // A zero among the dimensions must not hide an overflow of the others, which libtorch computes strides from.
        Int128 stride = SafetensorsTypes.Size(type);
        foreach (var dimension in shape)
        {
            stride *= Math.Max(dimension, 1);
            if (stride > long.MaxValue) throw Malformed($"the size of tensor '{name}' with shape {described} overflows 64 bits");
        }
        var bytes = shape.Contains(0) ? 0 : (long)stride;
        if (bytes != end - begin)
            throw Malformed($"tensor '{name}' with shape {described} and dtype {SafetensorsTypes.Name(type)} needs {bytes} bytes, " +
                $"its data_offsets span {end - begin}");
        return new(name, type, shape, _dataStart + begin, bytes);
    }

    private List<long> ReadNumbers(string name, string field)
    {
        Expect(JsonTokenType.StartArray, $"'{field}' of tensor '{name}' is not an array");
        List<long> numbers = [];
        while (Next() != JsonTokenType.EndArray)
        {
            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetInt64(out var number) || number < 0)
                throw Malformed($"'{field}' of tensor '{name}' holds something that is not a whole number from 0 to {long.MaxValue}");
            numbers.Add(number);
        }
        return numbers;
    }

    /// <summary>The tensors by position, proven to cover the data without holes, overlaps or remainder.</summary>
    private readonly IReadOnlyList<StoredTensor> InFileOrder(long fileBytes)
    {
        var ordered = _tensors.Values
            .OrderBy(tensor => tensor.Offset)
            .ThenBy(tensor => tensor.Bytes)
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        var end = _dataStart;
        foreach (var tensor in ordered)
        {
            if (tensor.Offset != end)
            {
                var problem = tensor.Offset < end ? "overlaps the one before it by" : "leaves a hole before it of";
                throw new WeightsFormatException(_path, _entryOffsets[tensor.Name],
                    $"tensor '{tensor.Name}' {problem} {Math.Abs(tensor.Offset - end)} bytes");
            }
            end = tensor.Offset + tensor.Bytes;
        }
        if (end > fileBytes) throw new WeightsFormatException(_path, fileBytes, $"the file ends {end - fileBytes} bytes early");
        if (end < fileBytes) throw new WeightsFormatException(_path, end, $"{fileBytes - end} bytes follow the last tensor");
        return ordered;
    }

    private JsonTokenType Next()
    {
        _json.Read();
        return _json.TokenType;
    }

    private readonly void Expect(JsonTokenType type, string otherwise)
    {
        if (_json.TokenType != type) throw Malformed(otherwise);
    }
}
