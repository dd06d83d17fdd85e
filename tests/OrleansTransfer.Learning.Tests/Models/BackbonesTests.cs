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

    public static TheoryData<string> All => [.. Backbones.Names];

    [Theory, MemberData(nameof(All))]
    public void Figures_are_those_of_the_network(string name)
    {
        var backbone = Backbones.Get(name);
        using var model = backbone.Create(1000);
        var statistics = ModelStatistics.Of(model, backbone.Preprocessing.Crop);
        Assert.Equal(backbone.Figures, new(statistics.Parameters, statistics.MultiplyAccumulates, model.Stages.Count));
        Assert.True(model.training);
    }

    [Theory]
    [InlineData("resnet18", 11_689_512, 1814)]
    [InlineData("resnet50", 25_557_032, 4089)]
    [InlineData("mobilenet_v2", 3_504_872, 300)]
    [InlineData("mobilenet_v3_large", 5_483_032, 216)]
    [InlineData("squeezenet1_1", 1_235_496, 349)]
    [InlineData("inception_v3", 27_161_264, 5713)]
    [InlineData("vgg16", 138_357_544, 15470)]
    public void Figures_are_those_that_are_published(string name, long parameters, int millionsOfMultiplyAccumulates)
    {
        var figures = Backbones.Get(name).Figures;
        Assert.Equal(parameters, figures.Parameters);
        Assert.Equal(millionsOfMultiplyAccumulates, (int)(figures.MultiplyAccumulates / 1e6));
    }

    [Fact]
    public void Counting_leaves_the_network_as_it_was()
    {
        using var model = Backbones.Get("squeezenet1_1").Create(3);
        model.eval();
        var statistics = ModelStatistics.Of(model, 64);
        Assert.Equal(statistics, ModelStatistics.Of(model, 64)); // the hooks of the first count are gone
        Assert.False(model.training);
    }
}
