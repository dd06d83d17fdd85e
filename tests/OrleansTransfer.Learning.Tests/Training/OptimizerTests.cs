using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Training;

public class OptimizerTests
{
    private const double Rate = 1e-2, Decay = 0.1;
    private const int Steps = 8;

    [Fact]
    public void AdamW_moves_as_PyTorchs_does() =>
        AssertEqual(OptimizerKind.AdamW, (decaying, others) => optim.AdamW(new TorchSharp.Modules.AdamW.ParamGroup[]
        {
            new(decaying, new() { LearningRate = Rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = Decay }),
            new(others, new() { LearningRate = Rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0 }),
        }, Rate));

    [Fact]
    public void Sgd_moves_as_PyTorchs_does() =>
        AssertEqual(OptimizerKind.Sgd, (decaying, others) => optim.SGD(new TorchSharp.Modules.SGD.ParamGroup[]
        {
            new(decaying, new TorchSharp.Modules.SGD.Options { LearningRate = Rate, momentum = 0.9, weight_decay = Decay }),
            new(others, new TorchSharp.Modules.SGD.Options { LearningRate = Rate, momentum = 0.9 }),
        }, Rate));

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Sgd)]
    public void Backbone_and_head_have_their_own_rates(OptimizerKind kind)
    {
        using var scope = NewDisposeScope();
        using var model = SmallNetwork.Create();
        var before = Runs.Hashes(model);
        using var parameters = new FlatParameters(model, 0);
        using var optimizer = FlatOptimizer.Create(kind, parameters, 0);
        parameters.Gradients.fill_(1);
        optimizer.Step(headRate: 0, backboneRate: 1e-3);
        var after = Runs.Hashes(model);
        Assert.Equal(before["fc.1.weight"], after["fc.1.weight"]);
        Assert.NotEqual(before["conv1.weight"], after["conv1.weight"]);
        Assert.NotEqual(before["bn1.bias"], after["bn1.bias"]);
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Sgd)]
    public void Every_step_begins_without_gradients_whether_the_one_before_was_done_or_given_up(OptimizerKind kind)
    {
        using var scope = NewDisposeScope();
        using var model = SmallNetwork.Create(width: 144);
        using var parameters = new FlatParameters(model, 3);
        using var optimizer = FlatOptimizer.Create(kind, parameters, Decay);

        parameters.Exchanged.fill_(1);
        optimizer.Step(Rate, Rate);
        Assert.Equal(0, parameters.Gradients.abs().max().item<float>());
        parameters.Clear();
        Assert.Equal(0, parameters.Exchanged.abs().max().item<float>());

        parameters.Exchanged.fill_(1);
        parameters.Clear();
        Assert.Equal(0, parameters.Exchanged.abs().max().item<float>());
    }

    private static void AssertEqual(
        OptimizerKind kind, Func<List<TorchSharp.Modules.Parameter>, List<TorchSharp.Modules.Parameter>, optim.Optimizer> reference)
    {
        // Wide enough that a group takes several chunks.
        using var scope = NewDisposeScope();
        using var mine = SmallNetwork.Create(width: 144);
        using var theirs = SmallNetwork.Create(width: 144);
        using var parameters = new FlatParameters(mine, 0);
        using var optimizer = FlatOptimizer.Create(kind, parameters, Decay);
        using var stock = reference([.. theirs.parameters().Where(p => p.dim() >= 2)], [.. theirs.parameters().Where(p => p.dim() < 2)]);

        using var generator = new Generator(3);
        for (var step = 0; step < Steps; step++)
        {
            foreach (var (ours, other) in mine.parameters().Zip(theirs.parameters()))
            {
                using var gradient = randn(ours.shape, generator: generator);
                ours.grad!.copy_(gradient);
                other.grad = gradient.clone();
            }
            optimizer.Step(Rate, Rate);
            stock.step();
        }

        foreach (var ((name, ours), other) in mine.named_parameters().Zip(theirs.parameters()))
        {
            var difference = (ours - other).abs().max().item<float>();
            Assert.True(difference <= 1e-6, $"{name} differs by {difference}");
        }
    }
}
