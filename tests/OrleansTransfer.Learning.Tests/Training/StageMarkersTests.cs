using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Training;

public class StageMarkersTests
{
    public static TheoryData<string> Networks => [.. Backbones.All.Select(backbone => backbone.Name)];

    [Theory, MemberData(nameof(Networks))]
    public void What_is_said_to_be_final_is_and_most_is_said_before_the_backward_pass_is_over(string name)
    {
        using var scope = NewDisposeScope();
        var backbone = Backbones.Get(name);
        using var model = backbone.Create(3);
        model.Initialize(1);
        model.train();
        using var parameters = new FlatParameters(model, 0);
        using var markers = new StageMarkers(model);
        var size = Math.Max(64, backbone.MinimumInputSize);

        // Sums of what was final, at the moment when it was said to be.
        var said = new Dictionary<string, double>();
        markers.Arm(section =>
        {
            foreach (var slot in parameters.Slots.Where(slot => slot.Section <= section)) said.TryAdd(slot.Key, Sum(parameters, slot));
        });
        var logits = Joined(model, rand(2, 3, size, size));
        logits.square().sum().backward();
        markers.Disarm();

        foreach (var slot in parameters.Slots.Where(slot => said.ContainsKey(slot.Key)))
            Assert.True(said[slot.Key] == Sum(parameters, slot), $"{slot.Key} of section {slot.Section} was not final.");
        var share = (double)parameters.Slots.Where(slot => said.ContainsKey(slot.Key)).Sum(slot => slot.Count) / parameters.Slots.Sum(slot => slot.Count);
        TestContext.Current.TestOutputHelper?.WriteLine($"{share:P1} final before the end.");
        Assert.True(share > 0.7, $"Only {share:P1} of {name} could be sent before the backward pass was over.");
    }

    [Fact]
    public void Of_several_passes_the_last_makes_gradients_final()
    {
        using var scope = NewDisposeScope();
        using var model = SmallNetwork.Create();
        using var parameters = new FlatParameters(model, 0);
        using var markers = new StageMarkers(model);
        List<int> sections = [];
        markers.Arm(sections.Add);
        (model.call(rand(2, 3, 8, 8)).square().sum() + model.call(rand(3, 3, 8, 8)).square().sum()).backward();
        Assert.Equal([1], sections);
    }

    [Fact]
    public void Without_gradients_nothing_is_marked()
    {
        using var scope = NewDisposeScope();
        using var model = SmallNetwork.Create();
        using var markers = new StageMarkers(model);
        markers.Arm(_ => Assert.Fail("There is no backward pass."));
        using (no_grad()) model.call(rand(2, 3, 8, 8));
    }

    private static Tensor Joined(Classifier model, Tensor input)
    {
        var outputs = model.Outputs(input);
        return outputs.Auxiliary is { } auxiliary ? outputs.Logits + auxiliary : outputs.Logits;
    }

    private static double Sum(FlatParameters parameters, ParameterSlot slot)
    {
        using var part = parameters.Gradients.narrow(0, slot.Offset, slot.Count);
        using var square = part.dot(part);
        return square.item<float>();
    }
}
