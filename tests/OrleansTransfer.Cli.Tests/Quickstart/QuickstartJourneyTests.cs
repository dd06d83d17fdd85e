using OrleansTransfer.Cli.Quickstart;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Tests.Quickstart;

/// <summary>The whole way with a handful of pictures: what counts is that every step hands on what the next one needs.</summary>
public sealed class QuickstartJourneyTests : IDisposable
{
    private static readonly QuickstartPlan s_tiny = new()
    {
        Backbone = "squeezenet1_1",
        PictureSize = 32,
        PicturesPerSpecies = 10,
        LabelledPerLabel = 10,
        TestPerLabel = 12,
        SourceEpochs = 1,
        TargetEpochs = 2,
    };

    private readonly string _state = Directory.CreateTempSubdirectory("otx-quickstart-").FullName;
    private readonly RecordedStreams _streams = new();

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task Every_file_and_command_it_names_is_there()
    {
        var result = await Journey().RunAsync(TestContext.Current.CancellationToken);
        Assert.Empty(_streams.OutText);
        Assert.All([result.Predictions, result.Report, Path.Combine(result.Bundle, "bundle.json")], file => Assert.True(File.Exists(file), file));
        Assert.Equal(24, result.Confusion.Sum(row => row.Sum()));

        var picture = Path.Combine(_state, "quickstart", "seed-0", "leaves", "test", "diseased", "0000.png");
        Assert.Contains($"otx predict {result.Transfer.Experiment} {picture} --state {_state}", _streams.ErrorText);
        var streams = new RecordedStreams();
        Assert.Equal(ExitCodes.Done, await CliApplication.RunAsync(
            ["predict", result.Transfer.Experiment, picture, "--state", _state], streams, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_interruption_cancels_the_run_under_way()
    {
        using var interrupt = new CancellationTokenSource();
        // Of a long run not every epoch has a line: this one has its first line soon and is far from its end then.
        var running = Journey(s_tiny with { SourceEpochs = 100 }).RunAsync(interrupt.Token);
        while (!_streams.ErrorText.Contains("epoch", StringComparison.Ordinal) && !running.IsCompleted)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        var streams = new RecordedStreams();
        await CliApplication.RunAsync(["experiments", "list", "--state", _state], streams, TestContext.Current.CancellationToken);
        Assert.Contains(nameof(ExperimentState.Cancelled), streams.OutText);
    }

    [Fact]
    public void Pictures_are_drawn_again_only_for_another_plan()
    {
        var folder = Path.Combine(_state, "pictures");
        Assert.True(LeafTasks.Prepare(folder, s_tiny, TestContext.Current.CancellationToken).Drawn);
        Assert.False(LeafTasks.Prepare(folder, s_tiny, TestContext.Current.CancellationToken).Drawn);
        var (tasks, drawn) = LeafTasks.Prepare(folder, s_tiny with { TestPerLabel = 4 }, TestContext.Current.CancellationToken);
        Assert.True(drawn);
        Assert.Equal(8, Directory.EnumerateFiles(tasks.Test, "*.png", SearchOption.AllDirectories).Count());
    }

    private QuickstartJourney Journey(QuickstartPlan? plan = null) =>
        new(plan ?? s_tiny, new(null, _state, null, StateGiven: true), new Output(_streams, json: true));
}
