using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed partial class FeatureTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task Trials_with_a_frozen_backbone_compute_its_features_once_and_learn_what_they_learn_without()
    {
        const int trials = 3, epochs = 2;
        using var with = new StateFolder();
        IReadOnlyList<double> kept;
        await using (var cluster = await StartAsync(with, megabytes: 1000))
        {
            kept = await LossesAsync(cluster, trials, epochs);
            Assert.Equal(("2", $"{2 * (trials - 1)}", "0"), await OpenedAsync(cluster));
        }
        Assert.Equal(2, Directory.GetFiles(with.File("cache/features")).Length);

        using var without = new StateFolder();
        await using var plain = await StartAsync(without, megabytes: 0);
        var expected = await LossesAsync(plain, trials, epochs);
        Assert.Equal(("0", "0", $"{2 * trials}"), await OpenedAsync(plain));
        Assert.All(expected.Zip(kept), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * pair.First));
    }

    private static Task<TestCluster> StartAsync(StateFolder state, int megabytes) => TestCluster.StartAsync(
        state.Path, nodes: 1, new Dictionary<string, string>(Training.OneThread) { ["OTX_FEATURES_MEGABYTES"] = $"{megabytes}" });

    // Loss after each epoch of each trial.
    private async Task<IReadOnlyList<double>> LossesAsync(TestCluster cluster, int trials, int epochs)
    {
        var sweep = await SweepRun.StartAsync(() => cluster.Nodes[0], leaves, trials, epochs, method: "feature-extraction");
        await sweep.UntilAsync(() => sweep.State == "Completed", "the sweep to complete", cluster.Transcript);
        return [.. sweep.Trials.SelectMany(trial => trial.GetProperty("measurements").EnumerateArray())
            .Select(measured => measured.GetProperty("value").GetDouble())];
    }

    private static async Task<(string Computed, string Reused, string Unavailable)> OpenedAsync(TestCluster cluster)
    {
        var results = Opened().Matches(await cluster.Nodes[0].GetAsync("/metrics"))
            .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture));
        return (results["computed"], results["reused"], results["unavailable"]);
    }

    [GeneratedRegex("orleanstransfer_features_opened_total\\{[^}]*result=\"([a-z]+)\"[^}]*\\} ([0-9.]+)")]
    private static partial Regex Opened();
}
