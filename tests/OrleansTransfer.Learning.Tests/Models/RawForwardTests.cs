using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

public class RawForwardTests
{
    [Fact]
    public void Files_in_give_the_reference_logits_out()
    {
        var reference = ParityReference.Read("squeezenet1_1");
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using (var model = Backbones.Get("squeezenet1_1").Create(1000))
        {
            reference.FillWeights(model);
            StateDict.Save(model, folder["weights"]);
        }
        SafetensorsWriter.Write(folder["input"], [("input", reference.CreateInput())]);
        RawForward.Run("squeezenet1_1", folder["weights"], folder["input"], folder["output"]);
        using var output = SafetensorsFile.Open(folder["output"]);
        Assert.InRange(reference.Deviation(output.Load("logits")), 0, 1e-4);
    }

    [Fact]
    public void The_head_of_the_file_decides_the_number_of_classes_and_long_inputs_are_cut()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Backbones.Get("resnet18").Create(3);
        model.Initialize(1);
        model.eval();
        StateDict.Save(model, folder["weights"]);
        var input = randn(19, 3, 32, 32);
        SafetensorsWriter.Write(folder["input"], [("input", input)]);
        RawForward.Run("resnet18", folder["weights"], folder["input"], folder["output"]);
        using var output = SafetensorsFile.Open(folder["output"]);
        Assert.True(output.Load("logits").allclose(model.call(input), 1e-4, 1e-5));
    }

    [Fact]
    public void A_file_without_a_head_is_refused_rather_than_given_a_random_one()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using (var model = Backbones.Get("resnet18").Create(3))
            SafetensorsWriter.Write(folder["weights"], model.state_dict().Where(pair => !model.IsHead(pair.Key)).Select(pair => (pair.Key, pair.Value)));
        SafetensorsWriter.Write(folder["input"], [("input", zeros(1, 3, 32, 32))]);
        var error = Assert.Throws<WeightsMismatchException>(
            () => RawForward.Run("resnet18", folder["weights"], folder["input"], folder["output"]));
        Assert.Equal(["fc.bias", "fc.weight"], error.Missing.Order());
        Assert.False(File.Exists(folder["output"]));
    }

    [Theory]
    [InlineData(new long[] { 1, 1, 32, 32 })]
    [InlineData(new long[] { 3, 32, 32 })]
    [InlineData(new long[] { 1, 3, 31, 32 })]
    [InlineData(new long[] { 0, 3, 32, 32 })]
    public void An_input_of_a_wrong_shape_is_refused_before_anything_is_loaded(long[] shape)
    {
        using var folder = new TemporaryFolder();
        using var input = zeros(shape);
        SafetensorsWriter.Write(folder["input"], [("input", input)]);
        var error = Assert.Throws<LearningException>(() => RawForward.Run("resnet18", "absent", folder["input"], folder["output"]));
        Assert.Contains($"[{string.Join(',', shape)}]", error.Message);
        Assert.Contains("at least 32", error.Message);
    }
}
