using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class ResumeTests(DrawnLeaves leaves)
{
    private const int StepsPerEpoch = 12;

    // Weights of the run that nothing interrupts: both tests compare with them.
    private static byte[]? s_expected;

    private IReadOnlyList<string> Recipe =>
        [.. Training.ResNet(leaves, epochs: 2, batchSize: 48 / StepsPerEpoch), "--workers", "2", "--set", "checkpoint.everySteps=2"];

    [Fact]
    public async Task A_run_killed_in_the_middle_of_an_epoch_ends_with_the_weights_of_one_that_was_not()
    {
        var expected = await UninterruptedAsync();

        using var killed = new StateFolder();
        await using (var train = OtxProcess.Start([.. Recipe, "--state", killed.Path, "--devices", "cpu:2"], Training.OneThread))
        {
            await UntilInsideAnEpochAsync(killed, train);
            train.Send(Signal.Kill);
            Assert.NotEqual(0, (await train.WaitAsync(TimeSpan.FromSeconds(10))).ExitCode);
        }
        await AssertResumesToAsync(expected, killed);

        using var nodes = new StateFolder();
        await using (var cluster = await TestCluster.StartAsync(nodes.Path, nodes: 2, environment: Training.OneThread))
        {
            await using var train = OtxProcess.Start([.. Recipe, "--cluster", cluster.Nodes[0].Http]);
            await UntilInsideAnEpochAsync(nodes, train);
            foreach (var node in cluster.Nodes) node.Process.Send(Signal.Kill);
        }
        await AssertResumesToAsync(expected, nodes);
    }

    [Fact]
    public async Task A_cancelled_run_resumes_to_the_same_weights_and_trains_on_with_more_epochs()
    {
        var expected = await UninterruptedAsync();

        using var cancelled = new StateFolder();
        await using (var train = OtxProcess.Start([.. Recipe, "--state", cancelled.Path, "--devices", "cpu:2"], Training.OneThread))
        {
            await UntilInsideAnEpochAsync(cancelled, train);
            await CancelAsync(cancelled);
            var ended = (await train.WaitAsync(TimeSpan.FromSeconds(30))).Expect(1);
            Assert.Contains("Cancelled", ended.LastError, StringComparison.Ordinal);
        }
        await AssertResumesToAsync(expected, cancelled);

        var id = cancelled.Experiment;
        var refused = (await OtxProcess.RunAsync("experiments", "resume", id, "--state", cancelled.Path, "-o", "json")).Expect(2);
        Assert.Contains("completed", refused.LastError, StringComparison.Ordinal);

        string[] here = ["--state", cancelled.Path, "--devices", "cpu:2", "-o", "json"];
        var longer = (await OtxProcess.RunAsync(["experiments", "resume", id, "--epochs", "3", .. here])).Expect(0).Json;
        Assert.Equal(3, longer.GetProperty("epochs").GetInt32());
        Assert.Equal(3 * StepsPerEpoch, longer.GetProperty("steps").GetInt32());
        Assert.NotEqual(expected, cancelled.Model(id));
    }

    // Begins when a checkpoint inside an epoch is whole, and leaves most of that epoch to go.
    private static Task UntilInsideAnEpochAsync(StateFolder state, OtxProcess train) => Until.TrueAsync(
        () => state.Experiments.SelectMany(state.Checkpoints).Any(step => step % StepsPerEpoch != 0),
        "a checkpoint in the middle of an epoch",
        () => train.Transcript);

    // Over the API of the process that drives the run: a command would take so long to start that the epoch might be over.
    private static async Task CancelAsync(StateFolder state)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync($"{state.Owner(state.Experiment)}/api/v1/experiments/{state.Experiment}/cancel", null);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task AssertResumesToAsync(byte[] expected, StateFolder state)
    {
        var id = state.Experiment;
        var from = state.Checkpoints(id)[^1];
        Assert.NotEqual(0, from % StepsPerEpoch);

        await using var resume = OtxProcess.Start(
            ["experiments", "resume", id, "--state", state.Path, "--devices", "cpu:2", "-o", "json"], Training.OneThread);
        var summary = (await resume.WaitAsync(TimeSpan.FromMinutes(2))).Expect(0).Json;
        Assert.Equal(nameof(ExperimentState.Completed), summary.GetProperty("state").GetString());
        Assert.Equal(2 * StepsPerEpoch, summary.GetProperty("steps").GetInt32());
        Assert.Contains(state.Events(id), e => e.Message?.Contains($"checkpoint of step {from}", StringComparison.Ordinal) == true);
        Assert.True(expected.AsSpan().SequenceEqual(state.Model(id)), "The weights differ from those of the run that was not interrupted.");
    }

    private async Task<byte[]> UninterruptedAsync()
    {
        if (s_expected is not null) return s_expected;
        using var state = new StateFolder();
        await using var train = OtxProcess.Start([.. Recipe, "--state", state.Path, "--devices", "cpu:2"], Training.OneThread);
        var ended = (await train.WaitAsync(TimeSpan.FromMinutes(2))).Expect(0).Json;
        return s_expected = state.Model(ended.GetProperty("experiment").GetString()!);
    }
}
