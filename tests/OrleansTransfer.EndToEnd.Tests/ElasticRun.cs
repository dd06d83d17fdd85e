using System.Diagnostics;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A run on a <see cref="TestCluster"/> whose nodes come and go, watched through the API of a node that stays.</summary>
internal sealed class ElasticRun : IAsyncDisposable
{
    private ElasticRun(StateFolder state, TestNode watched, OtxProcess process)
    {
        (State, Watched, Process) = (state, watched, process);
        Id = state.Experiment;
    }

    public StateFolder State { get; }

    /// <summary>The node that is asked how the run is.</summary>
    public TestNode Watched { get; set; }

    public OtxProcess Process { get; }

    public string Id { get; }

    /// <summary>The experiment now.</summary>
    public JsonElement Now => JsonDocument.Parse(Watched.GetAsync($"/api/v1/experiments/{Id}").GetAwaiter().GetResult()).RootElement;

    public int Generation => Now.GetProperty("generation").GetInt32();

    public long Step => Now.GetProperty("step").GetInt64();

    public string StateName => Now.GetProperty("state").GetString()!;

    public IReadOnlyList<string> Workers => [.. Now.GetProperty("workers").EnumerateArray().Select(worker => worker.GetString()!)];

    /// <summary>Starts a run and returns when it has done a few steps.</summary>
    /// <param name="state">The cluster's state.</param>
    /// <param name="attached">Node that the command is attached to: the run's coordinator comes up there.</param>
    /// <param name="watched">Node that is asked how the run is.</param>
    /// <param name="arguments">Of <c>otx</c>.</param>
    public static async Task<ElasticRun> StartAsync(StateFolder state, TestNode attached, TestNode watched, IEnumerable<string> arguments)
    {
        var process = OtxProcess.Start([.. arguments, "--cluster", attached.Http]);
        await process.WaitForLineAsync(line => line == "Running", onError: true);
        var run = new ElasticRun(state, watched, process);
        await run.UntilAsync(() => run.Step >= 3, "its first steps");
        return run;
    }

    public Task UntilAsync(Func<bool> reached, string what) => Until.TrueAsync(
        () =>
        {
            try
            {
                return reached();
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                // The answer may hang on a node that is frozen or gone, until the cluster knows it.
                return false;
            }
        },
        what,
        () => $"{Process.Transcript}\n{Watched.Process.Transcript}\n{Now}");

    /// <summary>Waits until the run has done a few more steps.</summary>
    public async Task ProgressAsync()
    {
        var before = 0L;
        await UntilAsync(() => (before = Step) > 0, "the run to answer");
        await UntilAsync(() => Step > before + 5, $"the run to go on after step {before}");
    }

    /// <summary>Does something to the cluster, and waits until the run has done a step in a later generation of so many workers.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> RegroupAsync(Action disturb, int workers)
    {
        var before = Generation;
        var started = Stopwatch.GetTimestamp();
        disturb();
        await UntilAsync(() => Generation > before && Workers.Count == workers, $"a generation of {workers} workers after {before}");
        var opened = Step;
        await UntilAsync(() => Step > opened || StateName == "Completed", $"a step after {opened}");
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Waits for the end and returns the document that the command printed.</summary>
    public async Task<JsonElement> CompleteAsync() => (await Process.WaitAsync(TimeSpan.FromMinutes(3))).Expect(0).Json;

    /// <summary>
    /// Asserts that each step was reported once and in order, that the losses are those of another run, and that every epoch has its own.
    /// </summary>
    public void AssertWalkedThrough(IReadOnlyList<double> expected)
    {
        var steps = State.Events(Id).Where(e => e.Kind == "step").ToList();
        Assert.Equal(Enumerable.Range(1, expected.Count).Select(step => (long)step), steps.Select(e => e.Step));
        var off = expected.Zip(steps, (loss, step) => (step.Step, step.Generation, Loss: step.Values!["loss"], Expected: loss))
            .Where(step => Math.Abs(step.Loss - step.Expected) > 1e-4 * Math.Abs(step.Expected)).ToList();
        Assert.True(
            off.Count == 0,
            $"{off.Count} losses differ from those of the run that nothing disturbed, first: {string.Join(", ", off.Take(3))}.");
        var epochs = State.Events(Id).Where(e => e.Kind == "epoch").ToList();
        Assert.NotEmpty(epochs);
        Assert.All(epochs, e => Assert.True(double.IsFinite(e.Values!["trainingLoss"]), $"Epoch {e.Epoch} has no training loss."));
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
