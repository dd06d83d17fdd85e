using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OrleansTransfer.Learning.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

/// <summary>
/// What the origin's own implementation of an architecture computes for weights and an input that are drawn by rule, so that no large file has to be
/// moved:
/// splitmix64 from FNV-1a of the key, mapped to a range that depends on the kind of tensor.
/// </summary>
internal sealed record ParityReference(int Seed, long[] Input, long Parameters, IReadOnlyList<(string Key, long[] Shape)> Keys, float[][] Logits)
{
    public static ParityReference Read(string architecture) => ReadFile(SharedFolder.Path("parity", $"{architecture}.json"));

    public static ParityReference ReadFile(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = json.RootElement;
        return new(
            root.GetProperty("seed").GetInt32(),
            Longs(root.GetProperty("input")),
            root.GetProperty("parameters").GetInt64(),
            [.. root.GetProperty("keys").EnumerateArray().Select(key => (key[0].GetString()!, Longs(key[1])))],
            [.. root.GetProperty("logits").EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetSingle()).ToArray())]);
    }

    /// <summary>Overwrites every weight of <paramref name="model"/> by the rule.</summary>
    public void FillWeights(Classifier model)
    {
        foreach (var (key, tensor) in model.state_dict()) Fill(key, tensor);
    }

    /// <summary>All weights by the rule, under the reference's own keys.</summary>
    public IReadOnlyList<(string Key, Tensor Tensor)> CreateWeights() =>
    [
        .. Keys.Select(key =>
        {
            var tensor = empty(key.Shape, key.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? ScalarType.Int64 : ScalarType.Float32);
            Fill(key.Key, tensor);
            return (key.Key, tensor);
        }),
    ];

    /// <summary>The input by the rule.</summary>
    public Tensor CreateInput()
    {
        var input = empty(Input);
        Fill("input", input);
        return input;
    }

    /// <summary>max|a-b| / max|b| of <paramref name="logits"/> [N,K] against the reference.</summary>
    public double Deviation(Tensor logits)
    {
        var actual = MemoryMarshal.Cast<byte, float>(logits.bytes);
        float[] expected = [.. Logits.SelectMany(row => row)];
        Assert.Equal(expected.Length, actual.Length);
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]));
            largest = Math.Max(largest, Math.Abs((double)actual[i] - expected[i]));
        }
        return largest / expected.Max(Math.Abs);
    }

    private void Fill(string key, Tensor tensor)
    {
        if (key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
        {
            tensor.bytes.Clear();
            return;
        }
        var shape = tensor.shape;
        var (offset, scale) = key switch
        {
            "input" => (0.0, 1.0),
            _ when key.EndsWith("running_var", StringComparison.Ordinal) => (1, 0.5),
            _ when key.EndsWith("running_mean", StringComparison.Ordinal) || key.EndsWith("bias", StringComparison.Ordinal) => (0, 0.1),
            _ when shape.Length == 1 => (1, 0.1),
            _ => (0, Math.Sqrt(6.0 / (tensor.numel() / shape[0]))),
        };
        var values = MemoryMarshal.Cast<byte, float>(tensor.bytes);
        var state = Fnv1A(key) ^ (ulong)Seed;
        for (var i = 0; i < values.Length; i++)
        {
            var z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            var u = (z >> 11) * (1.0 / (1L << 53)) * 2 - 1;
            values[i] = (float)(offset + scale * u);
        }
    }

    private static ulong Fnv1A(string text)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = (hash ^ b) * 0x100000001b3;
        return hash;
    }

    private static long[] Longs(JsonElement array) => [.. array.EnumerateArray().Select(element => element.GetInt64())];
}
