using OrleansTransfer.EndToEnd.Tests;
using OrleansTransfer.Learning.Drawing;

[assembly: AssemblyFixture(typeof(DrawnLeaves))]

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A small data set of drawn leaves, made once for all tests: 24 training and 6 test pictures of each of two labels.</summary>
public sealed class DrawnLeaves : IDisposable
{
    /// <summary>Height and width of the pictures.</summary>
    public const int Size = 64;

    private readonly TemporaryFolder _folder = new();

    public DrawnLeaves() => LeafDataset.WriteTarget(_folder.Path, perClassTrain: 24, perClassTest: 6, seed: 7, size: Size);

    /// <summary>Image folder of the training pictures.</summary>
    public string Train => _folder.Combine("train");

    /// <summary>Image folder of the test pictures.</summary>
    public string Test => _folder.Combine("test");

    /// <summary>Some test pictures.</summary>
    public IReadOnlyList<string> Pictures => [.. Directory.GetFiles(Test, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();
}
