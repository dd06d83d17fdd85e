using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Tests.Models;
using OrleansTransfer.Learning.Weights;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.PyTorch;

public class PyTorchParityTests
{
    [Theory]
    [InlineData("squeezenet1_1")]
    [InlineData("resnet18")]
    public void Weights_of_torchvision_give_its_logits_from_either_layout(string architecture)
    {
        var reference = ParityReference.Read(architecture);
        using var folder = new TemporaryFolder();
        Python.RunFile("torch, torchvision", SharedFolder.Path("tools", "parity_reference.py"), "--weights", "--out", folder.Path, architecture);
        using var truth = WeightFile.Open(folder[$"{architecture}.safetensors"]);
        foreach (var extension in new[] { "pth", "legacy.pth" })
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            using var file = WeightFile.Open(folder[$"{architecture}.{extension}"]);
            using var model = Backbones.Get(architecture).Create(1000);
            var report = StateDict.Load(model, file, new LoadOptions());
            Assert.Equal(reference.Keys.Select(pair => pair.Key).Order(), report.Loaded.Order());
            foreach (var (key, tensor) in model.state_dict())
                Assert.True(tensor.bytes.SequenceEqual(truth.Load(key).bytes), $"{key} differs in {extension}.");
            model.eval();
            Assert.InRange(reference.Deviation(model.call(reference.CreateInput())), 0, 1e-4);
        }
    }
}
