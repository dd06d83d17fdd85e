using OrleansTransfer.Learning.Transfer;

namespace OrleansTransfer.Learning.Tests.Transfer;

public class StageSelectorTests
{
    private static readonly string[] Stages = ["features.0", "features.1", "features.2", "features.10", "features.11"];

    [Theory]
    [InlineData("all", "features.0 features.1 features.2 features.10 features.11")]
    [InlineData("none", "")]
    [InlineData("last-1-stage", "features.11")]
    [InlineData("last-2-stages", "features.10 features.11")]
    [InlineData("features.1", "features.1")]
    [InlineData("features.1*", "features.1 features.10 features.11")]
    [InlineData("features.1?", null)]
    [InlineData("featuresX1", null)]
    [InlineData("layer4", null)]
    [InlineData("last-6-stages", null)]
    [InlineData("last-0-stages", null)]
    [InlineData("last-99999999999-stages", null)]
    public void Selections_are_read(string selection, string? expected)
    {
        if (expected is not null)
        {
            Assert.Equal(expected, string.Join(' ', StageSelector.Parse(selection, Stages)));
            return;
        }
        var error = Assert.Throws<LearningException>(() => StageSelector.Parse(selection, Stages));
        Assert.Contains(selection, error.Message, StringComparison.Ordinal);
        Assert.Contains("features.0, features.1", error.Message, StringComparison.Ordinal);
    }
}
