using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Compute;

/// <summary>
/// Finds the calls by which compiled code makes a number for libtorch that the garbage collector may take while it is read: numbers that are made in
/// an expression instead of being held by a variable, and TorchSharp's own methods that do so within.
/// </summary>
internal sealed class NumbersInExpressions
{
    private readonly HashSet<string> _unsafe = new(StringComparer.Ordinal);

    public NumbersInExpressions()
    {
        using var torch = AssemblyDefinition.ReadAssembly(typeof(Tensor).Assembly.Location);
        var methods = torch.MainModule.GetAllTypes().SelectMany(type => type.Methods)
            .Where(method => method.HasBody && !IsNumber(method.DeclaringType))
            .Select(method => (Method: method, Calls: Calls(method).Select(call => call.Callee).ToList())).ToList();
        int known;
        do
        {
            known = _unsafe.Count;
            foreach (var (method, calls) in methods)
            {
                if (calls.Any(IsUnsafe)) _unsafe.Add(method.FullName);
                // Modules are called by way of their base class: who makes one calls it.
                if (method.IsConstructor && !method.DeclaringType.IsAbstract && Forward(method.DeclaringType) is { } forward && IsUnsafe(forward))
                    _unsafe.Add(method.FullName);
            }
        }
        while (_unsafe.Count > known);
    }

    /// <summary>Every such call of an assembly, as <c>Type.Method calls Callee</c>.</summary>
    public IReadOnlyList<string> In(string path)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(path);
        return
        [
            .. assembly.MainModule.GetAllTypes().SelectMany(type => type.Methods).Where(method => method.HasBody)
                .SelectMany(method => Calls(method).Where(call => IsUnsafe(call.Callee) && !IsHeld(call.At))
                    .Select(call => $"{method.DeclaringType.FullName}.{method.Name} calls {call.Callee.FullName}")),
        ];
    }

    private static IEnumerable<(Instruction At, MethodReference Callee)> Calls(MethodDefinition method) => method.Body.Instructions
        .Where(instruction => instruction.OpCode.Code is Code.Call or Code.Callvirt or Code.Newobj or Code.Ldftn)
        .Select(instruction => (instruction, ((MethodReference)instruction.Operand).GetElementMethod()));

    private bool IsUnsafe(MethodReference method) => IsNumber(method.ReturnType) || _unsafe.Contains(method.FullName);

    private static bool IsNumber(TypeReference type) => type.FullName is "TorchSharp.Scalar" or "TorchSharp.ScalarExtensionMethods";

    // A number that goes into a variable or a field instead of onto the stack.
    private static bool IsHeld(Instruction call) =>
        call.Next.OpCode.Code is Code.Stloc or Code.Stloc_S or Code.Stloc_0 or Code.Stloc_1 or Code.Stloc_2 or Code.Stloc_3 or Code.Stsfld;

    private static MethodDefinition? Forward(TypeDefinition type)
    {
        for (TypeDefinition? at = type; at is not null && at.Module == type.Module; at = at.BaseType?.Resolve())
            if (at.Methods.FirstOrDefault(method => method.Name == "forward" && !method.IsAbstract) is { } found) return found;
        return null;
    }
}
