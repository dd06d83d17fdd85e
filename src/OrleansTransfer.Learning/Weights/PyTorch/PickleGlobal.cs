using System.Collections.Frozen;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>What a global of a pickle stands for here.</summary>
internal enum PickleGlobalKind
{
    OrderedDict,
    RebuildTensor,
    RebuildTensorV2,
    RebuildParameter,
    Size,
    DataType,
    Storage,
}

/// <summary>
/// One of the few Python names that a state dict is made of. They are only names: nothing is looked up or called, in Python or in .NET.
/// </summary>
/// <param name="Name">Module and name, joined by a dot.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="Type">Element type of a storage.</param>
internal sealed record PickleGlobal(string Name, PickleGlobalKind Kind, ScalarType? Type = null)
{
    private static readonly FrozenDictionary<string, PickleGlobal> s_known = new PickleGlobal[]
    {
        new("collections.OrderedDict", PickleGlobalKind.OrderedDict),
        new("torch._utils._rebuild_tensor", PickleGlobalKind.RebuildTensor),
        new("torch._utils._rebuild_tensor_v2", PickleGlobalKind.RebuildTensorV2),
        new("torch._utils._rebuild_parameter", PickleGlobalKind.RebuildParameter),
        new("torch.Size", PickleGlobalKind.Size),
        new("torch.DoubleStorage", PickleGlobalKind.Storage, ScalarType.Float64),
        new("torch.FloatStorage", PickleGlobalKind.Storage, ScalarType.Float32),
        new("torch.HalfStorage", PickleGlobalKind.Storage, ScalarType.Float16),
        new("torch.BFloat16Storage", PickleGlobalKind.Storage, ScalarType.BFloat16),
        new("torch.LongStorage", PickleGlobalKind.Storage, ScalarType.Int64),
        new("torch.IntStorage", PickleGlobalKind.Storage, ScalarType.Int32),
        new("torch.ShortStorage", PickleGlobalKind.Storage, ScalarType.Int16),
        new("torch.CharStorage", PickleGlobalKind.Storage, ScalarType.Int8),
        new("torch.ByteStorage", PickleGlobalKind.Storage, ScalarType.Byte),
        new("torch.BoolStorage", PickleGlobalKind.Storage, ScalarType.Bool),
        // PyTorch too takes a storage without a type for bytes. (Its TypedStorage is always written under one of the names above.)
        new("torch.UntypedStorage", PickleGlobalKind.Storage, ScalarType.Byte),
        new("torch.storage.UntypedStorage", PickleGlobalKind.Storage, ScalarType.Byte),
        new("torch.float64", PickleGlobalKind.DataType),
        new("torch.float32", PickleGlobalKind.DataType),
        new("torch.float16", PickleGlobalKind.DataType),
        new("torch.bfloat16", PickleGlobalKind.DataType),
        new("torch.int64", PickleGlobalKind.DataType),
        new("torch.int32", PickleGlobalKind.DataType),
        new("torch.int16", PickleGlobalKind.DataType),
        new("torch.int8", PickleGlobalKind.DataType),
        new("torch.uint8", PickleGlobalKind.DataType),
        new("torch.bool", PickleGlobalKind.DataType),
    }.ToFrozenDictionary(global => global.Name, StringComparer.Ordinal);

    /// <summary>The global of the given name, or null when a state dict has no use for it.</summary>
    public static PickleGlobal? Find(string name) => s_known.GetValueOrDefault(name);
}
