using System.Reflection;
using Mono.Cecil;
using Mono.Cecil.Cil;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>The program that is tested, as another release would be: its version, and its protocol if asked, are other ones.</summary>
internal sealed class OtherRelease : IDisposable
{
    private const string Patched = "OrleansTransfer.Cluster.dll";

    private readonly TemporaryFolder _folder = new();

    /// <param name="version">Its version.</param>
    /// <param name="protocol">Its protocol; null for the one that is tested.</param>
    public OtherRelease(string version, int? protocol = null)
    {
        CopyTree(AppContext.BaseDirectory, _folder.Path);
        var file = _folder.Combine(Patched);
        File.Delete(file);
        using var assembly = AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, Patched));
        var attribute = assembly.CustomAttributes.Single(one => one.AttributeType.Name == nameof(AssemblyInformationalVersionAttribute));
        attribute.ConstructorArguments[0] = new(assembly.MainModule.TypeSystem.String, version);
        if (protocol is { } number)
        {
            var getter = assembly.MainModule.GetType(typeof(ClusterVersion).FullName)
                .Properties.Single(property => property.Name == nameof(ClusterVersion.Protocol)).GetMethod;
            getter.Body.Instructions.Clear();
            getter.Body.Instructions.Add(Instruction.Create(OpCodes.Ldc_I4, number));
            getter.Body.Instructions.Add(Instruction.Create(OpCodes.Ret));
        }

        assembly.Write(file);
    }

    /// <summary>Path of <c>otx</c>.</summary>
    public string Program => _folder.Combine("otx");

    public void Dispose() => _folder.Dispose();

    // What the program finds by its own place is copied; the native libraries are large, and links to them do.
    private static void CopyTree(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from))
        {
            var copy = Path.Combine(to, Path.GetFileName(file));
            if (file.Contains(".so", StringComparison.Ordinal)) File.CreateSymbolicLink(copy, file);
            else File.Copy(file, copy);
        }

        foreach (var folder in Directory.EnumerateDirectories(from))
            CopyTree(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
    }
}
