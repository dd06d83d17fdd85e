using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>The element types that both safetensors and libtorch know.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType Type, int Size)[] s_types =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    public static string Known { get; } = string.Join(", ", s_types.Select(type => type.Name));

    public static ScalarType? Parse(string name)
    {
        foreach (var type in s_types) if (type.Name == name) return type.Type;
        return null;
    }

    public static int Size(ScalarType type) => Find(type)!.Value.Size;

    /// <summary>The format's name of <paramref name="type"/>, or null when it has none.</summary>
    public static string? Name(ScalarType type) => Find(type)?.Name;

    public static bool IsFloat(ScalarType type) => type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    private static (string Name, ScalarType Type, int Size)? Find(ScalarType wanted)
    {
        foreach (var type in s_types) if (type.Type == wanted) return type;
        return null;
    }
}
