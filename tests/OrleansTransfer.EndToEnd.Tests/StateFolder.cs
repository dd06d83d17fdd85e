using System.Text.Json;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Storage;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A state folder as it lies on the disk, read without any process of the cluster.</summary>
internal sealed class StateFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public string File(string blob) => System.IO.Path.Combine([Path, .. blob.Split('/')]);

    /// <summary>Ids of the stored experiments.</summary>
    public IReadOnlyList<string> Experiments => new[] { "experiments", "grains/experiment" }.Select(File).Where(Directory.Exists)
        .SelectMany(Directory.GetDirectories).Select(folder => System.IO.Path.GetFileName(folder)!).Distinct().ToList();

    /// <summary>The one stored experiment.</summary>
    public string Experiment => Assert.Single(Experiments);

    /// <summary>The stored history of an experiment.</summary>
    public IReadOnlyList<ExperimentEvent> Events(string id)
    {
        var folder = System.IO.Path.GetDirectoryName(File(BlobLayout.Events(id, 0)))!;
        return Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, "*.jsonl").Order(StringComparer.Ordinal).SelectMany(System.IO.File.ReadAllLines)
                .Select(line => JsonSerializer.Deserialize<ExperimentEvent>(line, ExperimentJson.Options)!)]
            : [];
    }

    /// <summary>Loss of each step, in order.</summary>
    public IReadOnlyList<double> Losses(string id) => [.. Events(id).Where(e => e.Kind == "step").Select(e => e.Values!["loss"])];

    /// <summary>Steps of the whole checkpoints.</summary>
    public IReadOnlyList<long> Checkpoints(string id)
    {
        var folder = File(BlobLayout.Checkpoints(id).TrimEnd('/'));
        return Directory.Exists(folder)
            ? [.. Directory.GetDirectories(folder).Where(one => System.IO.File.Exists(System.IO.Path.Combine(one, "manifest.json")))
                .Select(one => long.Parse(System.IO.Path.GetFileName(one).Split('-')[0])).Order()]
            : [];
    }

    /// <summary>Address of the process that drives an experiment.</summary>
    public string Owner(string id) =>
        JsonDocument.Parse(System.IO.File.ReadAllText(File($"grains/experiment/{id}/{ExperimentCatalog.StateName}.json"))).RootElement
            .GetProperty("owner").GetProperty("http").GetString()!;

    /// <summary>Weights of an experiment's bundle.</summary>
    public byte[] Model(string id) => System.IO.File.ReadAllBytes(File($"{BlobLayout.Bundle(id)}{BundleFormat.Model}"));

    public void Dispose() => _folder.Dispose();
}
