using System.Buffers.Binary;
using System.Numerics;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>
/// Reads one pickle into plain values: null, bool, long, BigInteger, double, string, arrays (tuples), lists, <see cref="PickleDict"/>,
/// <see cref="PickleGlobal"/>, <see cref="StorageView"/> and <see cref="PickledTensor"/>. A pickle is a program for a stack machine; this machine
/// knows only the instructions that <c>torch.save</c> writes for a state dict and the names in <see cref="PickleGlobal"/>, and nothing in it calls
/// anything. It does not recurse, so no nesting exhausts its stack, and its work and memory are bounded by counts.
/// </summary>
internal sealed class Unpickler
{
    private const string Advice = "if you trust it, load it in PyTorch and save the state dict alone: torch.save(model.state_dict(), path)";

    private const string Underflow = "the pickle takes a value that it never gave";

    // About forty are needed per tensor.
    private const int MaximumWork = 4_000_000;
    private const int MaximumStack = 1_000_000;
    private const int MaximumMemo = 1_000_000;

    // Python's own pickler recurses per level and gives up before a thousand.
    private const int MaximumDepth = 1000;
    private const int MaximumTextBytes = 1 << 20;
    private const int MaximumIntegerBytes = 64;
    private const int NewestProtocol = 5;

    private static readonly object s_unset = new();

    private readonly PickleInput _input;
    private readonly StorageTable? _storages;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly List<object?> _memo = [];
    private long _instruction;
    private long _work;

    private Unpickler(PickleInput input, StorageTable? storages) => (_input, _storages) = (input, storages);

    /// <summary>
    /// Reads the pickle that begins at the input's position, up to its end. Persistent ids are resolved in <paramref name="storages"/>; without it
    /// there must be none.
    /// </summary>
    /// <exception cref="WeightsFormatException">It is malformed, too large, or asks for anything but plain data and tensors.</exception>
    public static object? Read(PickleInput input, StorageTable? storages = null) => new Unpickler(input, storages).Run();

    private object? Run()
    {
        while (true)
        {
            _instruction = _input.Position;
            Charge(1);
            var opcode = (PickleOpcode)_input.ReadByte();
            if (opcode == PickleOpcode.Stop)
                return _stack.Count == 1 && _marks.Count == 0 ? _stack[0] : throw Malformed($"the pickle leaves {_stack.Count} values instead of 1");
            Execute(opcode);
        }
    }

    private void Execute(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                if (_input.ReadByte() is var protocol && protocol > NewestProtocol) throw Malformed($"the pickle's protocol {protocol} is unknown");
                break;
            case PickleOpcode.Frame:
                // Frames tell how far to read ahead; the values inside say their lengths themselves.
                _input.Read(8);
                break;
            case PickleOpcode.Mark:
                if (_marks.Count == MaximumDepth) throw Malformed($"the pickle is nested more than {MaximumDepth} levels deep");
                _marks.Add(_stack.Count);
                break;
            case PickleOpcode.None:
                Push(null);
                break;
            case PickleOpcode.NewTrue:
                Push(true);
                break;
            case PickleOpcode.NewFalse:
                Push(false);
                break;
            case PickleOpcode.BinInt:
                Push((long)BinaryPrimitives.ReadInt32LittleEndian(_input.Read(4)));
                break;
            case PickleOpcode.BinInt1:
                Push((long)_input.ReadByte());
                break;
            case PickleOpcode.BinInt2:
                Push((long)ReadUInt16());
                break;
            case PickleOpcode.Long1:
                Push(ReadInteger(_input.ReadByte()));
                break;
            case PickleOpcode.Long4:
                Push(ReadInteger(ReadUInt32()));
                break;
            case PickleOpcode.BinFloat:
                Push(BinaryPrimitives.ReadDoubleBigEndian(_input.Read(8)));
                break;
            case PickleOpcode.ShortBinString or PickleOpcode.ShortBinUnicode:
                Push(ReadText(_input.ReadByte()));
                break;
            case PickleOpcode.BinString or PickleOpcode.BinUnicode:
                Push(ReadText(ReadUInt32()));
                break;
            case PickleOpcode.BinUnicode8:
                Push(ReadText(BinaryPrimitives.ReadUInt64LittleEndian(_input.Read(8))));
                break;
            case PickleOpcode.EmptyTuple:
                Push(Array.Empty<object?>());
                break;
            case PickleOpcode.Tuple1 or PickleOpcode.Tuple2 or PickleOpcode.Tuple3:
                Push(PopDownTo(_stack.Count - (opcode - PickleOpcode.Tuple1 + 1)));
                break;
            case PickleOpcode.Tuple:
                Push(PopMarked());
                break;
            case PickleOpcode.EmptyList:
                Push(new List<object?>());
                break;
            case PickleOpcode.Append:
                var appended = Pop();
                TopList().Add(appended);
                break;
            case PickleOpcode.Appends:
                var items = PopMarked();
                TopList().AddRange(items);
                break;
            case PickleOpcode.EmptyDict:
                Push(new PickleDict());
                break;
            case PickleOpcode.SetItem:
                SetItems(PopDownTo(_stack.Count - 2));
                break;
            case PickleOpcode.SetItems:
                SetItems(PopMarked());
                break;
            case PickleOpcode.BinPut:
                Remember(_input.ReadByte());
                break;
            case PickleOpcode.LongBinPut:
                Remember(ReadUInt32());
                break;
            case PickleOpcode.Memoize:
                Remember((uint)_memo.Count);
                break;
            case PickleOpcode.BinGet:
                Push(Recall(_input.ReadByte()));
                break;
            case PickleOpcode.LongBinGet:
                Push(Recall(ReadUInt32()));
                break;
            case PickleOpcode.Global:
                Push(Find(_input.ReadLine(), _input.ReadLine()));
                break;
            case PickleOpcode.StackGlobal:
                if (PopDownTo(_stack.Count - 2) is not [string module, string name]) throw Malformed("the name of a global is not a string");
                Push(Find(module, name));
                break;
            case PickleOpcode.BinPersId:
                Push(ResolveStorage(Pop()));
                break;
            case PickleOpcode.Reduce:
                if (PopDownTo(_stack.Count - 2) is not [PickleGlobal function, object?[] arguments])
                    throw Malformed("the pickle calls something that is not a known name, or with something that is no tuple");
                Push(Rebuild(function, arguments));
                break;
            case PickleOpcode.Build:
                // The attributes of an OrderedDict: a state dict's hold the versions of its layers, which no layer here asks for.
                Pop();
                TopDict();
                break;
            case PickleOpcode.Inst:
                throw Refused(_input.ReadLine(), _input.ReadLine());
            default:
                throw Malformed(Enum.IsDefined(opcode)
                    ? $"the instruction {opcode.ToString().ToUpperInvariant()} would make an object of a class, which is never done here; {Advice}"
                    : $"0x{(byte)opcode:X2} is no instruction that torch.save writes for a state dict");
        }
    }

    private object? Rebuild(PickleGlobal function, object?[] arguments)
    {
        switch (function.Kind, arguments.Length)
        {
            case (PickleGlobalKind.OrderedDict, 0):
                return new PickleDict();
            case (PickleGlobalKind.OrderedDict, 1) when arguments[0] is List<object?> pairs:
                return DictOf(pairs);
            case (PickleGlobalKind.Size, 1) when arguments[0] is object?[] dimensions:
                return dimensions;
            case (PickleGlobalKind.RebuildParameter, 3) when arguments[0] is PickledTensor data:
                return data;
            // Metadata, where there is any, says that the values are to be negated or conjugated, or the like.
            case (PickleGlobalKind.RebuildTensorV2, 7) when arguments[6] is not (null or PickleDict { Pairs.Count: 0 }):
                throw Malformed($"a tensor has attributes that change its values; {Advice}");
            case (PickleGlobalKind.RebuildTensor, 4) or (PickleGlobalKind.RebuildTensorV2, 6 or 7):
                return StorageTable.TryRebuild(arguments, out var tensor) is { } reason ? throw Malformed(reason) : tensor;
            default:
                throw Malformed($"'{function.Name}' is called with arguments that do not fit it");
        }
    }

    // Python 2 wrote an OrderedDict this way.
    private PickleDict DictOf(List<object?> pairs)
    {
        // The list may come out of the memo any number of times.
        Charge(pairs.Count);
        var dict = new PickleDict();
        foreach (var pair in pairs)
        {
            dict.Pairs.Add(pair switch
            {
                object?[] and [var key, var value] => (key, value),
                List<object?> and [var key, var value] => (key, value),
                _ => throw Malformed("an OrderedDict is made of something that is no list of pairs"),
            });
        }
        return dict;
    }

    private StorageView ResolveStorage(object? id)
    {
        if (_storages is null) throw Malformed("the pickle refers to a storage, where there can be none");
        return _storages.TryResolve(id, out var view) is { } reason ? throw Malformed(reason) : view;
    }

    private PickleGlobal Find(string module, string name) => PickleGlobal.Find($"{module}.{name}") ?? throw Refused(module, name);

    private WeightsFormatException Refused(string module, string name) => Malformed(
        $"the file asks for {Quoted.Text($"{module}.{name}")}, which no state dict is made of; a file never gets programs run or objects made; " +
        Advice);

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0) throw Malformed("a key of a dict has no value");
        var pairs = TopDict().Pairs;
        for (var i = 0; i < items.Length; i += 2) pairs.Add((items[i], items[i + 1]));
    }

    private void Remember(uint index)
    {
        if (index >= MaximumMemo) throw Malformed($"the pickle remembers a value under the number {index}, and at most {MaximumMemo} are allowed");
        while (_memo.Count <= index) _memo.Add(s_unset);
        _memo[(int)index] = Top();
    }

    private object? Recall(uint index) => index < _memo.Count && _memo[(int)index] is var value && !ReferenceEquals(value, s_unset)
        ? value
        : throw Malformed($"the pickle refers to a remembered value {index}, which it never remembered");

    private object ReadInteger(uint length)
    {
        if (length > MaximumIntegerBytes)
            throw Malformed($"an integer is said to be {length} bytes long, and at most {MaximumIntegerBytes} are allowed");
        var value = new BigInteger(_input.Read(length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private string ReadText(ulong length) => length <= MaximumTextBytes
        ? _input.ReadText((long)length)
        : throw Malformed($"a string is said to be {length} bytes long, and at most {MaximumTextBytes} are allowed");

    private ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(_input.Read(2));

    private uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(_input.Read(4));

    private void Push(object? value)
    {
        if (_stack.Count == MaximumStack) throw Malformed($"the pickle stacks more than {MaximumStack} values");
        _stack.Add(value);
    }

    private object? Pop() => PopDownTo(_stack.Count - 1)[0];

    private object?[] PopMarked()
    {
        if (_marks.Count == 0) throw Malformed("the pickle ends a group of values that it never began");
        var mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return PopDownTo(mark);
    }

    private object?[] PopDownTo(int height)
    {
        if (height < Floor) throw Malformed(Underflow);
        var values = new object?[_stack.Count - height];
        _stack.CopyTo(height, values, 0, values.Length);
        _stack.RemoveRange(height, values.Length);
        return values;
    }

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw Malformed(Underflow);

    private List<object?> TopList() => Top() as List<object?> ?? throw Malformed("the pickle appends to something that is not a list");

    private PickleDict TopDict() => Top() as PickleDict ?? throw Malformed("the pickle sets a member of something that is not a dict");

    /// <summary>Values below the last mark belong to an outer group and cannot be reached from inside it.</summary>
    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private void Charge(int work)
    {
        _work += work;
        if (_work > MaximumWork) throw Malformed($"the pickle has more than {MaximumWork} instructions, too many for a state dict");
    }

    private WeightsFormatException Malformed(string reason) => new(_input.File.Path, _instruction, reason);
}
