using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>The storages that a pickle refers to, and the tensors made of them. Reasons to refuse are given back as text.</summary>
internal sealed class StorageTable
{
    // libtorch's tensor iterators hold at most this many dimensions.
    private const int MaximumRank = 64;

    // Views may repeat elements (Tensor.expand), so a file of a few bytes can describe a tensor of any size. Beyond this it must have the bytes
    // itself.
    private const long MaximumRepeatedBytes = 16 << 20;

    private readonly Dictionary<string, PickledStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>All storages that were referred to, by their names in the file.</summary>
    public IReadOnlyDictionary<string, PickledStorage> Storages => _storages;

    /// <summary>
    /// Resolves PyTorch's persistent id: ('storage', type, key, device, elements), in the old layout with (key, first, elements) of a part or None.
    /// </summary>
    public string? TryResolve(object? id, out StorageView view)
    {
        view = null!;
        if (id is not object?[] { Length: 5 or 6 } parts || parts[0] is not "storage")
        {
            return id is object?[] and ["module", ..]
                ? "it holds a whole model with its program, of which nothing can be used here; save the state dict alone: " +
                  "torch.save(model.state_dict(), path)"
                : "a persistent id is not of the form ('storage', type, key, device, elements)";
        }
        if (parts[1] is not PickleGlobal { Kind: PickleGlobalKind.Storage, Type: { } type }) return "a storage has no known type";
        if (parts[2] is not string key) return "a storage's key is not a string";
        if (parts[4] is not long elements || elements < 0 || elements > long.MaxValue / SafetensorsTypes.Size(type))
            return $"storage {Quoted.Text(key)} has an impossible number of elements";
        var storage = new PickledStorage(key, type, elements);
        if (!_storages.TryAdd(key, storage) && _storages[key] != storage)
            return $"storage {Quoted.Text(key)} is described in two different ways";

        view = new(storage, 0, elements);
        if (parts.Length == 5 || parts[5] is null) return null;
        if (parts[5] is not object?[] { Length: 3 } part || part[1] is not long first || part[2] is not long count
            || first < 0 || count < 0 || first > elements || count > elements - first)
            return $"a part of storage {Quoted.Text(key)} does not lie in it";
        view = new(storage, first, count);
        return null;
    }

    /// <summary>Checks the arguments of <c>_rebuild_tensor</c>: (storage, first element, shape, strides).</summary>
    public static string? TryRebuild(ReadOnlySpan<object?> arguments, out PickledTensor tensor)
    {
        tensor = null!;
        if (arguments[0] is not StorageView view) return "a tensor is made of something that is no storage";
        if (arguments[1] is not long first) return "a tensor's offset into its storage is not a whole number";
        if (arguments[2] is not object?[] sizes || arguments[3] is not object?[] steps) return "a tensor's shape or strides are not a tuple";
        if (sizes.Length != steps.Length || sizes.Length > MaximumRank)
            return $"a tensor has {sizes.Length} dimensions and {steps.Length} strides; both must be the same number, at most {MaximumRank}";
        var (shape, strides) = (new long[sizes.Length], new long[sizes.Length]);
        for (var i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] is not long size || steps[i] is not long step || size < 0 || step < 0)
                return "a tensor's shape or strides hold something that is not a whole number from 0 on";
            (shape[i], strides[i]) = (size, step);
        }

        var storage = view.Storage;
        var described = $"a tensor of shape {TensorInfo.Describe(shape)}, strides {TensorInfo.Describe(strides)} and offset {first}";
        // A zero among the dimensions must not hide an overflow of the others, which libtorch computes strides from.
        Int128 bytes = SafetensorsTypes.Size(storage.Type);
        Int128 last = first;
        for (var i = 0; i < shape.Length; i++)
        {
            bytes *= Math.Max(shape[i], 1);
            last += (Int128)Math.Max(shape[i] - 1, 0) * strides[i];
            if (bytes > long.MaxValue || last > long.MaxValue) return $"{described} overflows 64 bits";
        }
        var isEmpty = shape.Contains(0);
        var needed = isEmpty ? first : last + 1;
        if (first < 0 || needed > view.Elements) return $"{described} does not lie in its storage of {view.Elements} elements";
        if (!isEmpty && bytes > Math.Max(storage.Bytes, MaximumRepeatedBytes))
            return $"{described} repeats the {storage.Bytes} bytes of its storage up to {bytes} bytes; save it with .contiguous()";
        tensor = new(storage, view.First + first, shape, strides);
        return null;
    }
}
