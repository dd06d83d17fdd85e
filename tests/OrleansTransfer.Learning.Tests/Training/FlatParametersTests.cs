using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Training;

public class FlatParametersTests
{
    [Fact]
    public void Parameters_lie_in_the_order_in_which_the_backward_pass_comes_to_them()
    {
        using var model = SmallNetwork.Create();
        using var parameters = new FlatParameters(model, 5);
        Assert.Equal(["fc.1.weight", "fc.1.bias", "conv2.weight", "conv2.bias", "bn2.weight", "bn2.bias", "conv1.weight", "bn1.weight", "bn1.bias"],
            parameters.Slots.Select(slot => slot.Key));
        Assert.Equal([0, 0, 1, 1, 1, 1, 2, 2, 2], parameters.Slots.Select(slot => slot.Section));
        Assert.Equal(
            [(true, true), (true, false), (false, true), (false, false), (false, true), (false, false)],
            parameters.Groups.Select(group => (group.IsHead, group.Decays)));
        Assert.Equal(parameters.Count, parameters.Groups.Sum(group => group.Count));
        Assert.Equal(parameters.Count + 5, parameters.Exchanged.numel());
    }

    [Fact]
    public void A_backward_pass_lands_in_the_flat_gradients()
    {
        using var scope = NewDisposeScope();
        using var model = SmallNetwork.Create();
        using var plain = SmallNetwork.Create();
        using var parameters = new FlatParameters(model, 0);
        var input = randn(4, 3, 8, 8);
        model.call(input).square().sum().backward();
        plain.call(input).square().sum().backward();

        var expected = plain.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!);
        foreach (var slot in parameters.Slots)
            Assert.Equal(0, (FlatParameters.View(parameters.Gradients, slot) - expected[slot.Key]).abs().max().item<float>());
    }

    [Fact]
    public void The_model_keeps_its_values_when_the_layout_is_gone()
    {
        using var model = SmallNetwork.Create();
        var before = Runs.Hashes(model);
        new FlatParameters(model, 0).Dispose();
        Assert.Equal(before, Runs.Hashes(model));
        Assert.All(model.parameters(), parameter => Assert.Null(parameter.grad));
    }
}
