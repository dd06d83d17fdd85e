using System.CommandLine;
using System.Globalization;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx weights list</c>: what can be fetched and what is here.</summary>
internal static class ListWeightsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var backbone = new Option<string?>("--backbone") { Description = "Only weights of this network.", HelpName = "NAME" };
        var command = new Command("list", "Weights that can be fetched by name, and what is in the cache.") { backbone };
        var output = new OutputOption(command);
        command.SetAction(parse => List(parse.GetValue(backbone), output.Open(parse, streams)));
        return command;
    }

    private static void List(string? backbone, Output output)
    {
        using var local = LocalWeights.Open(LocalWeights.FromEnvironment());
        var (catalogue, cached) = (local.Cache.Catalogue, local.Cache.List().ToDictionary(weights => weights.Name));
        if (backbone is not null && catalogue.Of(backbone).Count == 0) Backbones.Get(backbone);

        var byBackbone = catalogue.Entries.GroupBy(entry => entry.Name.Backbone).SelectMany(entries => entries);
        var published = byBackbone.Select(entry => Describe(entry, catalogue, cached.GetValueOrDefault($"{entry.Name}")));
        var others = cached.Values.Where(weights => weights.Entry is null).Select(Describe);
        var listed = published.Concat(others).Where(line => backbone is null || line.Backbone == backbone).ToList();
        if (output.Json)
        {
            output.Document(listed);
            return;
        }
        output.Table(["NAME", "TOP-1", "FORMAT", "CHECKSUM", "LICENCE", "DEFAULT", "CACHED"], listed.Select(line => (string[])
        [
            line.Name, line.Top1 is { } top1 ? Percent(top1) : "-", line.Format ?? "-", line.Checksum, line.Licence ?? "-",
            line.Default ? WeightCatalogue.DefaultWord : "", line.Path is null ? "" : $"{line.Size / 1e6:N1} MB",
        ]));
        output.Note($"`otx weights pull NAME` fetches; the cache is {local.Cache.Folder} (OTX_CACHE).");
    }

    /// <summary>An accuracy in percent.</summary>
    public static string Percent(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static ListedWeights Describe(WeightEntry entry, WeightCatalogue catalogue, CachedWeights? cached) => new(
        $"{entry.Name}", entry.Name.Backbone, catalogue.Default(entry.Name.Backbone) == entry, entry.Url.AbsoluteUri,
        entry.Format.ToString().ToLowerInvariant(),
        entry.Checksum.Kind == ChecksumKind.None && entry.Url.Host == "huggingface.co" ? "named by the server" : $"{entry.Checksum}",
        entry.TrainingSet, entry.Licence, entry.Top1, $"{entry.Preprocessing}", cached?.Path, SizeOf(cached), cached?.Record?.Sha256);

    private static ListedWeights Describe(CachedWeights cached) => new(
        cached.Name, WeightName.TryParse(cached.Name)?.Backbone, false, null, null, cached.Record!.Checked, null, null, null, null, cached.Path,
        SizeOf(cached), cached.Record.Sha256);

    private static long? SizeOf(CachedWeights? cached) => cached is null ? null : new FileInfo(cached.Path).Length;

    private sealed record ListedWeights(
        string Name,
        string? Backbone,
        bool Default,
        string? Url,
        string? Format,
        string Checksum,
        string? TrainingSet,
        string? Licence,
        double? Top1,
        string? Preprocessing,
        string? Path,
        long? Size,
        string? Sha256);
}
