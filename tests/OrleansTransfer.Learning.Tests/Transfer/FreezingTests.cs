using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Transfer;

namespace OrleansTransfer.Learning.Tests.Transfer;

public class FreezingTests
{
    [Theory]
    [InlineData(BatchNormPolicy.Frozen, "conv2.weight conv2.bias fc.1.weight fc.1.bias", "")]
    [InlineData(BatchNormPolicy.StatisticsFrozen, "conv2.weight conv2.bias bn2.weight bn2.bias fc.1.weight fc.1.bias", "")]
    [InlineData(BatchNormPolicy.Trainable, "conv2.weight conv2.bias bn2.weight bn2.bias fc.1.weight fc.1.bias", "bn2")]
    public void A_phase_trains_its_stages_and_the_head(BatchNormPolicy policy, string trainable, string following)
    {
        using var model = SmallNetwork.Create();
        Freezing.Apply(model, new Phase("fine-tune", 1, ["layer2"], 1e-3, 0.1), policy);
        Assert.Equal(trainable, string.Join(' ', model.named_parameters().Where(entry => entry.parameter.requires_grad).Select(entry => entry.name)));
        Assert.Equal(following, string.Join(' ', model.named_modules()
            .Where(entry => entry.Item2 is TorchSharp.Modules.BatchNorm && entry.Item2.training).Select(entry => entry.Item1)));
        Assert.True(model.named_modules().Single(entry => entry.Item1 == "fc").Item2.training);
    }
}
