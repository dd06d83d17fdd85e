using OrleansTransfer.Learning.Models;

namespace OrleansTransfer.Learning.Tests.Models;

public class BackbonesTests
{
    [Theory]
    [InlineData("resnet5O", "resnet50")]
    [InlineData("ResNet18", "resnet18")]
    [InlineData("mobilenetv2", "mobilenet_v2")]
    [InlineData("squeezenet_1_1", "squeezenet1_1")]
    public void An_unknown_name_is_answered_with_the_nearest(string name, string nearest)
    {
        var error = Assert.Throws<LearningException>(() => Backbones.Get(name));
        Assert.Contains($"'{name}'", error.Message);
        Assert.Contains($"did you mean '{nearest}'?", error.Message);
    }

    [Fact]
    public void A_name_like_no_other_is_answered_with_the_list()
    {
        var error = Assert.Throws<LearningException>(() => Backbones.Get("transformer-xxl"));
        Assert.DoesNotContain("did you mean", error.Message);
        Assert.All(Backbones.Names, name => Assert.Contains(name, error.Message));
    }

    [Theory]
    [InlineData("resnet18", 11_689_512, 1814)]
    [InlineData("resnet50", 25_557_032, 4089)]
    [InlineData("mobilenet_v2", 3_504_872, 300)]
    [InlineData("squeezenet1_1", 1_235_496, 349)]
    public void Statistics_are_those_that_are_published(string name, long parameters, int millionsOfMultiplyAccumulates)
    {
        using var model = Backbones.Get(name).Create(1000);
        var statistics = ModelStatistics.Of(model, 224);
        Assert.Equal(parameters, statistics.Parameters);
        Assert.Equal(millionsOfMultiplyAccumulates, (int)(statistics.MultiplyAccumulates / 1e6));
        Assert.True(model.training);
        Assert.Equal(statistics, ModelStatistics.Of(model, 224)); // the hooks of the first count are gone
    }
}
