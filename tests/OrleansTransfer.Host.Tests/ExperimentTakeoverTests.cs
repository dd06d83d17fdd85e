using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Drawing;

namespace OrleansTransfer.Host.Tests;

[Collection(Nodes.Name)]
public sealed class ExperimentTakeoverTests : IDisposable
{
    private readonly StateFolder _state = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task A_run_goes_on_when_its_coordinating_grain_is_taken_down_in_its_middle()
    {
        var pictures = Path.Combine(_state.Path, "pictures");
        LeafDataset.WriteTarget(pictures, perClassTrain: 12, perClassTest: 4, seed: 1, size: 32);
        await using var node = await NodeHost.StartAsync(_state.Options, Token);
        var experiments = node.Services.GetRequiredService<IExperimentService>();
        var submitted = await experiments.SubmitAsync(
            new()
            {
                Model = new() { Backbone = "squeezenet1_1", Weights = "none", InputSize = 32 },
                Data = new() { Train = Path.Combine(pictures, "train"), Validation = Path.Combine(pictures, "test"), Augment = "none" },
                Training = new() { Epochs = 20, BatchSize = 6 },
                Resources = new() { Workers = 2 },
            },
            Token);
        var grain = node.Services.GetRequiredService<IGrainFactory>().GetGrain<IExperimentGrain>(submitted.Id);

        var sequences = new List<long>();
        var takenDown = false;
        await foreach (var e in experiments.ReadEventsAsync(submitted.Id, 1, follow: true, Token))
        {
            sequences.Add(e.Sequence);
            if (e.Kind != "epoch" || takenDown) continue;
            takenDown = true;
            await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle(Token);
        }

        Assert.True(takenDown);
        var ended = await experiments.FindAsync(submitted.Id, Token);
        Assert.Equal((ExperimentState.Completed, 1, 80L, 20), (ended.State, ended.Generation, ended.Step, ended.Epoch));
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(number => (long)number), sequences);
    }
}
