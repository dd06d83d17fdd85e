using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Cluster.Tests.Workers;

public class ReplicaHandoverTests
{
    private static readonly ReplicaPosition s_position = new(2, 7, 31);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_arrives_is_what_was_handed_over_to_the_bit()
    {
        // Larger than one message, of several types, one without elements, one with its dimensions in another order of memory.
        using var sent = Checkpoint(() => new()
        {
            ["conv.weight"] = rand(3, 3, 16, 8).permute(3, 2, 0, 1),
            ["big"] = randn(1300, 1000),
            ["counts"] = arange(7),
            ["empty"] = zeros(0, 5),
            ["flag"] = tensor(true),
        });
        var expected = sent.Model.ToDictionary(entry => entry.Key, entry => Bytes(entry.Value));
        using var handover = new ReplicaHandover(Copy(sent), [new(0, 0.5, 0.4, 0.9), new(1, double.NaN, 0.3, 0.95)]);
        var (received, epochs) = await new ReplicaReceiver(new Source(handover), "x", 3).ReceiveAsync(Token);
        using (received)
        {
            Assert.Equal(new TrainingPosition(2, 7, 31), received.Position);
            Assert.Equal(expected.Keys, received.Model.Keys);
            foreach (var (key, tensor) in received.Model)
            {
                Assert.Equal((sent.Model[key].dtype, sent.Model[key].shape), (tensor.dtype, tensor.shape), Same);
                Assert.Equal(expected[key], Bytes(tensor));
            }
            Assert.Equal(3L, received.Optimizer["step"].item<long>());
            Assert.Equal([0, 1], epochs.Select(epoch => epoch.Epoch));
        }
    }

    [Fact]
    public async Task A_source_that_goes_away_is_said_to_have()
    {
        using var sent = Checkpoint(() => new() { ["big"] = randn(3000, 1000) });
        var handover = new ReplicaHandover(Copy(sent), []);
        var error = await Assert.ThrowsAsync<HandoverException>(
            () => new ReplicaReceiver(new Source(handover, pieces: 1), "x", 3).ReceiveAsync(Token));
        Assert.Contains("gone on", error.Message);
    }

    [Fact]
    public async Task A_piece_of_the_wrong_length_is_refused()
    {
        using var sent = Checkpoint(() => new() { ["big"] = randn(3000, 1000) });
        using var handover = new ReplicaHandover(Copy(sent), []);
        await Assert.ThrowsAsync<HandoverException>(() => new ReplicaReceiver(new Source(handover, shorten: true), "x", 3).ReceiveAsync(Token));
    }

    private static bool Same((ScalarType, long[]) one, (ScalarType, long[]) other) => one.Item1 == other.Item1 && one.Item2.SequenceEqual(other.Item2);

    private static ReplicaCheckpoint Checkpoint(Func<Dictionary<string, Tensor>> model)
    {
        using var scope = NewDisposeScope();
        var tensors = model();
        foreach (var tensor in tensors.Values) tensor.DetachFromDisposeScope();
        return new(WorkerPositions.Of(s_position), tensors, new Dictionary<string, Tensor> { ["step"] = tensor(3L).DetachFromDisposeScope() });
    }

    private static ReplicaCheckpoint Copy(ReplicaCheckpoint checkpoint) => checkpoint with
    {
        Model = checkpoint.Model.ToDictionary(entry => entry.Key, entry => entry.Value.alias()),
        Optimizer = checkpoint.Optimizer.ToDictionary(entry => entry.Key, entry => entry.Value.clone()),
    };

    private static byte[] Bytes(Tensor tensor)
    {
        using var plain = tensor.contiguous();
        return plain.numel() == 0 ? [] : plain.bytes.ToArray();
    }

    private sealed class Source(ReplicaHandover handover, int pieces = int.MaxValue, bool shorten = false) : IWorkerGrain
    {
        private int _read;

        public Task<ReplicaState> DescribeState(string experiment, int generation) => Task.FromResult(handover.State);

        public Task<byte[]> ReadState(string experiment, int generation, long offset, int count)
        {
            if (_read++ == pieces) handover.Dispose();
            return Task.Run(() => handover.Read(offset, shorten ? count / 2 : count));
        }

        public Task Prepare(WorkerAssignment assignment) => throw new NotSupportedException();

        public Task Open(GroupOrder order) => throw new NotSupportedException();

        public Task Pause(string experiment, int generation) => throw new NotSupportedException();

        public Task Halt(string experiment, int generation, string reason) => throw new NotSupportedException();

        public Task Save(string experiment, int generation) => throw new NotSupportedException();

        public Task Stop(string experiment, int attempt, string reason) => throw new NotSupportedException();
    }
}
