using System.Text.Json;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Tests.Sweeps;

public sealed class WeightInheritanceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-inheritance-").FullName;
    private readonly FolderBlobContainer _container;

    public WeightInheritanceTests() => _container = new(_folder);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_newest_end_of_an_epoch_becomes_the_newest_checkpoint_of_the_other_run()
    {
        await WriteAsync("winner", new(2, 0, 8), "two epochs");
        await WriteAsync("winner", new(2, 2, 10), "in the middle of the third");
        await WriteAsync("loser", new(1, 0, 4), "its own");
        await WriteAsync("loser", new(2, 0, 8), "its own, of what it gives up");

        var weights = await CopyAsync(number: 1);

        Assert.Equal(("winner", "00000008-000001", 2), (weights!.Experiment, weights.Checkpoint, weights.Epoch));
        var newest = (await new CheckpointStore(_container, "loser").FindNewestAsync(CheckpointCheck.Content, Token)).Newest!;
        Assert.Equal((4, new TrainingPosition(1, 0, 4)), (newest.Step, newest.Position.Deserialize<TrainingPosition>(JsonSerializerOptions.Web)));
        Assert.Equal(weights.Sha256, newest.Files.Single(file => file.Name == ReplicaInputs.ModelFile).Sha256);
        await using var content = await new CheckpointStore(_container, "loser").OpenAsync(newest, ReplicaInputs.ModelFile, Token);
        Assert.Equal("two epochs", await new StreamReader(content).ReadToEndAsync(Token));
    }

    [Fact]
    public async Task A_copy_that_is_made_again_says_what_the_first_one_said()
    {
        await WriteAsync("winner", new(2, 0, 8), "two epochs");
        var first = await CopyAsync(number: 1);
        await WriteAsync("winner", new(3, 0, 12), "three epochs");

        Assert.Equal(first, await CopyAsync(number: 1));
        Assert.Equal(3, (await CopyAsync(number: 2))!.Epoch);
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_passed_over_and_without_any_there_is_nothing_to_inherit()
    {
        Assert.Null(await CopyAsync(number: 1));
        await WriteAsync("winner", new(1, 0, 4), "one epoch");
        await WriteAsync("winner", new(2, 0, 8), "two epochs");
        var file = Path.Combine(_folder, "experiments/winner/checkpoints/00000008-000001", ReplicaInputs.ModelFile);
        await File.WriteAllTextAsync(file, "two epoch!", Token);

        Assert.Equal(1, (await CopyAsync(number: 1))!.Epoch);
    }

    private Task<InheritedWeights?> CopyAsync(int number) => new WeightInheritance(_container).CopyAsync("winner", "loser", epoch: 1, step: 4, number, Token);

    private Task WriteAsync(string experiment, TrainingPosition position, string weights) => new CheckpointStore(_container, experiment).WriteAsync(
        position.GlobalStep,
        "000001",
        JsonSerializer.SerializeToElement(position, JsonSerializerOptions.Web),
        [
            CheckpointFile.FromData(ReplicaInputs.ModelFile, BinaryData.FromString(weights)),
            CheckpointFile.FromData(ReplicaInputs.OptimizerFile, BinaryData.FromString("optimizer")),
        ],
        Token);
}
